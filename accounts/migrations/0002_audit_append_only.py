from django.db import migrations

from accounts.triggers import CREATE_FUNCTION, DROP_FUNCTION, append_only


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RunSQL(CREATE_FUNCTION, DROP_FUNCTION),
        append_only("accounts_auditevent"),
    ]
