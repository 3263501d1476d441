from django.db import migrations

# Mails that an address could not be given go out when it is reached again (accounts/refused.py): those of somebody who
# is no user any more must not.
CALL_OFF = """
create or replace function notifications_call_off(person uuid) returns void language sql as $$
    update accounts_mail set state = 'failed', failure = 'NoLongerUser', text = '', html = ''
    where {which} and id in (select id from notifications_digest where user_id = person)
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("notifications", "0003_webhooks")]

    operations = [
        migrations.RunSQL(CALL_OFF.format(which="state <> 'sent'"), CALL_OFF.format(which="state = 'queued'")),
    ]
