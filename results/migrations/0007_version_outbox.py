import django.db.models.deletion
from django.db import migrations, models

# For a whole statement at once: an import of 200,000 new results pays for one call and writes nothing here.
TO_OUTBOX = """
create function results_version_to_outbox() returns trigger language plpgsql as $$
begin
    insert into results_versionoutbox (version_id) select id from new_versions where number > 1;
    return null;
end $$;
create trigger results_resultversion_to_outbox after insert on results_resultversion
    referencing new table as new_versions for each statement execute function results_version_to_outbox();
"""
NOT_TO_OUTBOX = """
drop trigger results_resultversion_to_outbox on results_resultversion;
drop function results_version_to_outbox();
"""


class Migration(migrations.Migration):
    dependencies = [("results", "0006_candidate_registration")]

    operations = [
        migrations.CreateModel(
            name="VersionOutbox",
            fields=[
                (
                    "version",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="results.resultversion",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.RunSQL(TO_OUTBOX, NOT_TO_OUTBOX),
    ]
