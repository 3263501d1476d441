from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organisations", "0006_api_clients")]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="join_request_mails",
            field=models.BooleanField(db_default=True, default=True, editable=False, verbose_name="requests to join"),
        ),
    ]
