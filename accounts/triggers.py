"""Database triggers that keep a table append-only, for migrations.

`rvs.allow_truncate` is set for the tests' databases alone: Django's tests empty tables with TRUNCATE.
"""

from django.db import migrations

CREATE_FUNCTION = """
create function rvs_append_only() returns trigger language plpgsql as $$
begin
    if tg_op = 'TRUNCATE' and current_setting('rvs.allow_truncate', true) = 'on' then
        return null;
    end if;
    raise exception 'rows of % are never changed or removed', tg_table_name using errcode = 'restrict_violation';
end $$
"""
DROP_FUNCTION = "drop function rvs_append_only()"


def append_only(table: str) -> migrations.RunSQL:
    """The operation that puts both triggers on `table`."""
    return migrations.RunSQL(
        f"""
        create trigger {table}_append_only before update or delete on {table}
            for each row execute function rvs_append_only();
        create trigger {table}_no_truncate before truncate on {table}
            for each statement execute function rvs_append_only();
        """,
        f"drop trigger {table}_append_only on {table}; drop trigger {table}_no_truncate on {table};",
    )
