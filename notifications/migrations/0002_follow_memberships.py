from django.db import migrations

# Whoever becomes a user of an organisation, by whatever way, hears from then on of what happens there.  A Primary User
# cannot be without notices of changes, whoever hands them the role.  What waits in the outbox for somebody who is no
# user any more is not delivered.
FOLLOW_MEMBERSHIP = """
create function notifications_in_force(member organisations_membership) returns boolean language sql stable as $$
    select member.is_active and (member.invited_at is null or member.accepted_at is not null)
$$;
create function notifications_follow(member organisations_membership) returns void language plpgsql as $$
declare
    reached bigint := coalesce((select value from sharing_counter), 0);
begin
    insert into notifications_preference (membership_id, weekday, hour, exams, meets_only)
        values (member.id, 0, 8, '{}', false) on conflict do nothing;
    insert into notifications_subscription (membership_id, stream, frequency, position, unscheduled)
        values (member.id, 'new_results', 'daily', reached, true),
               (member.id, 'changes', 'as_it_happens', reached, true) on conflict do nothing;
end $$;
create function notifications_call_off(person uuid) returns void language sql as $$
    update accounts_mail set state = 'failed', failure = 'NoLongerUser', text = '', html = ''
    where state = 'queued' and id in (select id from notifications_digest where user_id = person)
$$;
create function notifications_membership_changed() returns trigger language plpgsql as $$
declare
    reached bigint := coalesce((select value from sharing_counter), 0);
begin
    if tg_op = 'DELETE' then
        perform notifications_call_off(old.user_id);
        return null;
    end if;
    if tg_op = 'UPDATE' and notifications_in_force(old) and not notifications_in_force(new) then
        perform notifications_call_off(new.user_id);
        update notifications_subscription set due_at = null, unscheduled = false where membership_id = new.id;
        return null;
    end if;
    if not notifications_in_force(new) then
        return null;
    end if;
    if tg_op = 'UPDATE' and not notifications_in_force(old) then
        update notifications_subscription
            set position = greatest(position, reached), due_at = null, unscheduled = true
            where membership_id = new.id;
    end if;
    perform notifications_follow(new);
    if new.role = 'primary' then
        update notifications_subscription set frequency = 'as_it_happens', position = reached, unscheduled = true
            where membership_id = new.id and stream = 'changes' and frequency = 'off';
    end if;
    return null;
end $$;
create trigger notifications_membership_changed
    after insert or delete or update of is_active, invited_at, accepted_at, role on organisations_membership
    for each row execute function notifications_membership_changed();
select notifications_follow(member) from organisations_membership member where notifications_in_force(member);
"""
DO_NOT_FOLLOW = """
drop trigger notifications_membership_changed on organisations_membership;
drop function notifications_membership_changed();
drop function notifications_call_off(uuid);
drop function notifications_follow(organisations_membership);
drop function notifications_in_force(organisations_membership);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0001_preferences_and_digests"),
        ("accounts", "0007_send_mail_again"),
        ("sharing", "0006_notices"),
    ]

    operations = [migrations.RunSQL(FOLLOW_MEMBERSHIP, DO_NOT_FOLLOW)]
