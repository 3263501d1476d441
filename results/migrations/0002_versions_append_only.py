from django.db import migrations

from accounts.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("results", "0001_initial"), ("accounts", "0002_audit_append_only")]

    operations = [append_only("results_resultversion")]
