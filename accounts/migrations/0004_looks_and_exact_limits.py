import uuid

import django.contrib.postgres.fields
import django.utils.timezone
from django.db import migrations, models

from accounts.triggers import append_only


class Migration(migrations.Migration):
    """Reasons for looking at any record, moved here from results; limits that keep the moments they count."""

    dependencies = [
        ("accounts", "0003_sessions_and_email_change"),
    ]

    operations = [
        migrations.RunSQL("delete from accounts_throttle", "delete from accounts_throttle"),
        migrations.RemoveConstraint(model_name="throttle", name="throttle_window"),
        migrations.RemoveField(model_name="throttle", name="count"),
        migrations.AddField(
            model_name="throttle",
            name="uses",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.DateTimeField(), default=list, size=None),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="throttle",
            name="key",
            field=models.BinaryField(max_length=32, unique=True),
        ),
        migrations.CreateModel(
            name="RecordLook",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("target", models.CharField(max_length=100)),
                ("actor", models.CharField(max_length=100)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("candidate", "The candidate asked"),
                            ("organisation", "An organisation asked"),
                            ("centre", "The centre asked"),
                            ("owner", "The owner of the account asked"),
                            ("question", "The result is in question"),
                            ("incident", "Security or data protection"),
                            ("other", "Another reason"),
                        ],
                        max_length=20,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300)),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("until", models.DateTimeField()),
            ],
            options={
                "ordering": ["-opened_at"],
                "default_permissions": (),
                "indexes": [models.Index(fields=["target", "-opened_at"], name="look_by_target")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("purpose", "other"), _negated=True),
                            models.Q(("note", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="look_says_why",
                    )
                ],
            },
        ),
        append_only("accounts_recordlook"),
    ]
