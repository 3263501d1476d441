"""Digests: who hears of what and when, each thing once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Mail, User
from notifications import digests
from notifications.models import Digest, Frequency, NamedDigests, Stream, Subscription
from organisations import handover, invitations, leaving, users
from organisations.models import Membership, Organisation, OrganisationState, Role
from results import holds
from results.models import Status
from sharing import shares
from tests.factories import (
    PASSWORD,
    change_result,
    make_member,
    make_organisation,
    make_result,
    make_user,
    share_result,
)
from tests.notifications.steps import bundle_over, choose, mails_to, of, told

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
"""A Tuesday at noon; in London the next digest is at 8 on Wednesday."""
MORNING = datetime(2026, 3, 11, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.fixture
def user(organisation: Organisation) -> User:
    """An Admin User who has not chosen anything."""
    found = make_member(organisation)
    digests.run(NOW)
    return found


def test_whoever_has_chosen_nothing_gets_a_daily_digest_in_the_morning(organisation: Organisation, user: User) -> None:
    share_result(organisation, now=NOW)
    share_result(organisation, now=NOW + MINUTE)

    digests.run(MORNING - MINUTE)
    assert told(user) == []
    digests.run(MORNING)
    assert told(user) == [2]
    digests.run(MORNING + DAY)
    assert told(user) == [2]


def test_eight_in_the_morning_is_where_the_user_is(organisation: Organisation) -> None:
    user = make_member(organisation, time_zone="Pacific/Kiritimati")  # 14 hours ahead: eight is at 18 UTC
    digests.run(NOW)
    share_result(organisation, now=NOW)
    digests.run(datetime(2026, 3, 10, 17, 59, tzinfo=UTC))
    assert told(user) == []
    digests.run(datetime(2026, 3, 10, 18, tzinfo=UTC))
    assert told(user) == [1]


def test_nobody_hears_of_another_organisation(organisation: Organisation, user: User) -> None:
    share_result(make_organisation(), now=NOW)
    digests.run(MORNING)
    assert told(user) == []


def test_who_joins_today_does_not_hear_of_last_year(organisation: Organisation) -> None:
    share_result(organisation, now=NOW - 300 * DAY)
    digests.run(NOW - 299 * DAY)
    user = make_member(organisation)
    digests.run(NOW)
    digests.run(MORNING)
    assert told(user) == []


def test_a_mail_says_how_many_of_which_exams_and_nothing_of_anybody(organisation: Organisation, user: User) -> None:
    for exam in ("FCE", "FCE", "CAE"):
        share_result(organisation, make_result(exam=exam), now=NOW)
    digests.run(MORNING)

    (mail,) = mails_to(user)
    assert mail.subject == "3 new results were shared with your organisation"
    assert f"3 new results were shared with {organisation.name}:\n\n- B2 First: 2\n- C1 Advanced: 1\n" in mail.text
    assert "/shared-results/?new=on" in mail.text
    assert "/email-notifications/" in mail.text
    for secret in ("Zoë", "Muñoz", "zoe@", "170", "1999", "213GB", "Grade"):
        assert secret not in mail.text + mail.html


def test_names_stand_in_it_once_the_organisation_wants_them(organisation: Organisation, user: User) -> None:
    NamedDigests.objects.create(organisation=organisation, chosen_by="user:x")
    for number in range(22):
        share_result(organisation, make_result(given_names=f"Ada {'x' * number}"), now=NOW)
    digests.run(MORNING)

    (mail,) = mails_to(user)
    assert "- Ada xx Muñoz-Sánchez\n" in mail.text
    assert mail.text.count("Muñoz-Sánchez") == digests.MOST_NAMES
    assert "- and 2 more\n" in mail.text
    for secret in ("zoe@", "170", "1999", "213GB"):
        assert secret not in mail.text


def test_what_has_ended_or_is_hidden_is_not_told_of(organisation: Organisation, user: User) -> None:
    withdrawn = share_result(organisation, now=NOW)
    share_result(organisation, expires_at=NOW + 31 * DAY, now=NOW)
    hidden = share_result(organisation, now=NOW)
    share_result(organisation, now=NOW)
    digests.run(NOW + MINUTE)

    shares.withdraw(share=withdrawn, by=make_user(), now=NOW + MINUTE)
    change_result(hidden.result, status="withheld")
    digests.run(NOW + 40 * DAY)

    assert told(user) == [1]


def test_filters_by_exam_and_by_our_requirement(organisation: Organisation, user: User) -> None:
    organisation.accepted_exams.create(exam="FCE", minimum_score=173)
    organisation.accepted_exams.create(exam="CAE")
    choose(user, now=NOW, exams=["FCE"])
    picky, colleague = make_member(organisation), make_member(organisation)
    choose(picky, now=NOW, meets_only=True)
    digests.run(NOW)
    for content in ({"score": 170}, {"score": 175}, {"exam": "CAE", "label": "Pass at Grade C"}, {"exam": "CPE"}):
        share_result(organisation, make_result(**content), now=NOW)
    digests.run(MORNING)

    assert (told(user), told(picky), told(colleague)) == ([2], [2], [4])


def test_as_it_happens_is_one_mail_within_ten_minutes(organisation: Organisation, user: User) -> None:
    choose(user, now=NOW, new_results=Frequency.AS_IT_HAPPENS)
    digests.run(NOW)
    digests.run(NOW + 30 * MINUTE)  # the first window is empty
    first = NOW + 60 * MINUTE
    share_result(organisation, now=first)
    digests.run(first)
    share_result(organisation, now=first + 5 * MINUTE)
    digests.run(first + 5 * MINUTE)
    assert told(user) == []
    digests.run(bundle_over(first))
    assert told(user) == [2]

    share_result(organisation, now=first + DAY)
    digests.run(first + DAY)
    digests.run(bundle_over(first + DAY))
    assert told(user) == [2, 1]
    assert bundle_over(first) - first < timedelta(minutes=10)


def test_weekly_is_on_the_chosen_day(organisation: Organisation, user: User) -> None:
    choose(user, now=NOW, new_results=Frequency.WEEKLY, weekday=4, hour=17)  # Fridays
    digests.run(NOW)
    share_result(organisation, now=NOW)
    digests.run(datetime(2026, 3, 13, 16, 59, tzinfo=UTC))
    assert told(user) == []
    digests.run(datetime(2026, 3, 13, 17, tzinfo=UTC))
    assert told(user) == [1]
    assert of(user).due_at == datetime(2026, 3, 20, 17, tzinfo=UTC)


# --- Changes to results that the organisation holds -------------------------------------------------------------------


def test_changes_come_as_they_happen(organisation: Organisation, user: User) -> None:
    held = share_result(organisation, now=NOW)
    digests.run(NOW + 20 * MINUTE)
    change_result(held.result, score=175)
    digests.run(NOW + 30 * MINUTE)
    digests.run(bundle_over(NOW + 30 * MINUTE))

    assert told(user, Stream.CHANGES) == [1]
    mail = Mail.objects.get(pk=Digest.objects.get(stream=Stream.CHANGES, user=user).pk)
    assert mail.subject == "1 result that you hold has changed"
    assert "175" not in mail.text


def test_a_result_that_changed_twice_is_one_result(organisation: Organisation, user: User) -> None:
    held = share_result(organisation, now=NOW)
    digests.run(NOW + 20 * MINUTE)
    holds.hold(result=held.result, status=Status.WITHHELD, reason="?", by="user:staff")
    holds.lift(result=held.result, reason="!", by="user:staff")
    digests.run(NOW + 30 * MINUTE)
    digests.run(bundle_over(NOW + 30 * MINUTE))
    assert told(user, Stream.CHANGES) == [1]


# --- Choosing anew loses nothing and repeats nothing ------------------------------------------------------------------


def test_another_frequency_takes_along_what_waits(organisation: Organisation, user: User) -> None:
    share_result(organisation, now=NOW)
    digests.run(NOW)
    choose(user, now=NOW + MINUTE, new_results=Frequency.AS_IT_HAPPENS)
    digests.run(NOW + 2 * MINUTE)
    digests.run(bundle_over(NOW + 2 * MINUTE))
    assert told(user) == [1]
    choose(user, now=NOW + 30 * MINUTE, new_results=Frequency.DAILY)
    digests.run(MORNING)
    assert told(user) == [1]


def test_off_and_on_again_begins_anew(organisation: Organisation, user: User) -> None:
    choose(user, now=NOW, new_results=Frequency.OFF)
    share_result(organisation, now=NOW)
    digests.run(MORNING)
    choose(user, now=MORNING, new_results=Frequency.DAILY)
    digests.run(MORNING)
    digests.run(MORNING + DAY)
    assert told(user) == []
    share_result(organisation, now=MORNING + DAY)
    digests.run(MORNING + 2 * DAY)
    assert told(user) == [1]


def test_an_hour_changed_back_gives_no_second_digest(organisation: Organisation, user: User) -> None:
    share_result(organisation, now=NOW)
    digests.run(MORNING)
    choose(user, now=MORNING + MINUTE, hour=9)
    choose(user, now=MORNING + MINUTE, hour=8)
    share_result(organisation, now=MORNING + MINUTE)
    digests.run(MORNING + 2 * MINUTE)
    digests.run(MORNING + 120 * MINUTE)
    assert told(user) == [1]
    digests.run(MORNING + DAY)
    assert told(user) == [1, 1]


# --- People who come and go -------------------------------------------------------------------------------------------


@pytest.fixture
def primary_user(organisation: Organisation) -> User:
    return make_member(organisation, Role.PRIMARY)


def test_an_invited_user_hears_nothing_until_they_have_accepted(organisation: Organisation) -> None:
    words = {"given_name": "Ina", "family_name": "Vited", "job_title": "", "email": "ina@example.org"}
    membership = users.add_user(organisation=organisation, by="system:tests", role=Role.ADMIN, **words)
    share_result(organisation, now=NOW)
    digests.run(MORNING)
    assert not Subscription.objects.filter(membership=membership).exists()

    token = Mail.objects.latest("created_at").text.partition("/invitation/")[2].split("/")[0]
    assert invitations.accept(token, password=PASSWORD)
    digests.run(MORNING)
    share_result(organisation, now=MORNING)
    digests.run(MORNING + DAY)
    assert told(membership.user) == [1]


def test_a_deactivated_user_hears_nothing_and_goes_on_from_their_return(
    organisation: Organisation, user: User, primary_user: User
) -> None:
    membership = user.membership
    leaving.deactivate(membership=membership, by=primary_user)
    share_result(organisation, now=NOW)
    digests.run(MORNING)
    assert told(user) == []
    leaving.reactivate(membership=Membership.objects.get(pk=membership.pk), by=primary_user)
    digests.run(MORNING)
    digests.run(MORNING + DAY)
    assert told(user) == []
    share_result(organisation, now=MORNING + DAY)
    digests.run(MORNING + 2 * DAY)
    assert told(user) == [1]


@pytest.mark.parametrize("state", ["queued", "held", "failed"])
@pytest.mark.parametrize("go", [leaving.deactivate, leaving.delete])
def test_what_waits_in_the_outbox_for_somebody_who_was_removed_is_not_sent(
    organisation: Organisation, user: User, primary_user: User, go: object, state: str
) -> None:
    share_result(organisation, now=NOW)
    digests.run(MORNING)
    Mail.objects.update(state=state)
    go(membership=user.membership, by=primary_user)  # type: ignore[operator]
    (mail,) = mails_to(user)
    assert (mail.state, mail.text) == ("failed", "")


def test_a_suspended_organisation_hears_nothing_and_loses_nothing(organisation: Organisation, user: User) -> None:
    share_result(organisation, now=NOW)
    Organisation.objects.update(state=OrganisationState.SUSPENDED)
    digests.run(MORNING)
    assert told(user) == []
    Organisation.objects.update(state=OrganisationState.ACTIVE)
    digests.run(MORNING + MINUTE)
    assert told(user) == [1]


def test_somebody_who_becomes_the_primary_user_hears_of_changes(
    organisation: Organisation, user: User, primary_user: User
) -> None:
    choose(user, now=NOW, changes=Frequency.OFF)
    handover.offer(taker=user.membership, by=primary_user)
    handover.accept(organisation=organisation, by=user)
    assert of(user, Stream.CHANGES).frequency == Frequency.AS_IT_HAPPENS


# --- The clock --------------------------------------------------------------------------------------------------------


def test_a_clock_that_goes_back_gives_no_second_digest(organisation: Organisation, user: User) -> None:
    share_result(organisation, now=NOW)
    digests.run(MORNING)
    share_result(organisation, now=MORNING)
    back = MORNING - 120 * MINUTE
    choose(user, now=back, hour=9)
    choose(user, now=back, hour=8)
    for minutes in range(0, 300, 10):
        digests.run(back + minutes * MINUTE)
    assert told(user) == [1]
    digests.run(MORNING + DAY)
    assert told(user) == [1, 1]


def test_a_clock_that_was_a_year_ahead_loses_nothing(organisation: Organisation, user: User) -> None:
    share_result(organisation, now=NOW)
    digests.run(NOW + 365 * DAY)
    assert told(user) == [1]
    share_result(organisation, now=NOW)
    digests.run(NOW)
    digests.run(MORNING)  # of this window the user was told when the clock was wrong
    digests.run(MORNING + DAY)
    assert told(user) == [1, 1]


def test_a_second_digest_or_mail_of_a_window_cannot_be(organisation: Organisation, user: User) -> None:
    share_result(organisation, now=NOW)
    digests.run(MORNING)
    digest = Digest.objects.get(user=user)
    assert Mail.objects.get(pk=digest.pk).recipient == user.email
    again = {"user": user, "organisation": organisation, "stream": digest.stream, "window": digest.window}
    with pytest.raises(IntegrityError), transaction.atomic():
        Digest.objects.create(position_from=0, position_to=1, results=1, **again)


def test_a_time_zone_that_is_none_stops_nobody(organisation: Organisation, user: User) -> None:
    lost = make_member(organisation, time_zone="Atlantis/Capital")
    digests.run(NOW)
    share_result(organisation, now=NOW)
    digests.run(MORNING)
    assert (told(user), told(lost)) == ([1], [1])
