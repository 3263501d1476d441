from django.db import migrations

from accounts.triggers import append_only

_old = append_only("results_recordlook")
_columns = "actor, purpose, note, opened_at, until"


class Migration(migrations.Migration):
    """Reasons for looking at a result become reasons for looking at any record (accounts.RecordLook)."""

    dependencies = [
        ("results", "0004_claims"),
        ("accounts", "0004_looks_and_exact_limits"),
    ]

    operations = [
        migrations.RunSQL(_old.reverse_sql, _old.sql),
        migrations.RunSQL(
            f"insert into accounts_recordlook (id, target, {_columns})"  # noqa: S608  (a constant)
            f" select id, 'result:' || result_id, {_columns} from results_recordlook",
            f"insert into results_recordlook (id, result_id, {_columns})"  # noqa: S608
            f" select id, substr(target, 8)::bigint, {_columns} from accounts_recordlook"
            " where target like 'result:%%' and purpose <> 'owner'",
        ),
        migrations.DeleteModel(name="RecordLook"),
    ]
