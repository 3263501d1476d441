"""Staff see of each changed result whom it concerns, who was told when, and who acknowledged; and take it away."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.asserts import assertContains

from accounts.models import Mail, User
from notifications import digests
from notifications.changed_results import told_of
from notifications.windows import BUNDLE
from organisations.models import Organisation
from sharing import door, publishing, shares
from sharing.door import RightId, RightKind
from sharing.models import OrganisationNotice, Share
from tests.factories import change_result, make_member, share_result

pytestmark = pytest.mark.django_db

LIST = "/admin/sharing/organisationnotice/"


@pytest.fixture
def user(organisation: Organisation) -> User:
    person = make_member(organisation, given_name="Vera", family_name="Verifier")
    digests.run(timezone.now())
    return person


@pytest.fixture
def share(user: User, organisation: Organisation) -> Share:
    made = share_result(organisation)
    digests.run(timezone.now() + timedelta(hours=1))
    change_result(made.result, score=175)
    publishing.publish(timezone.now())
    return made


def page_of(notice: OrganisationNotice) -> str:
    return f"{LIST}{notice.pk}/change/"


def test_nobody_told_yet_then_told_then_acknowledged(staff: Client, share: Share, user: User) -> None:
    notice = OrganisationNotice.objects.get()
    assertContains(staff.get(LIST), "Nobody yet")
    assertContains(staff.get(page_of(notice)), "Re-marked")

    begin = timezone.now() + timedelta(hours=2)
    digests.run(begin)
    digests.run(begin + BUNDLE)
    assertContains(staff.get(LIST), "On its way")
    assertContains(staff.get(page_of(notice)), "Vera Verifier (queued, –)")
    Mail.objects.filter(template="notifications/email/changes").update(
        state="sent", text="", html="", sent_at="2026-05-09T14:30:00Z"
    )
    assertContains(staff.get(page_of(notice)), "Vera Verifier (sent, 2026-05-09 14:30)")

    door.acknowledge(
        organisation=share.organisation, right=RightId(RightKind.SHARE, share.pk), up_to=2, by=user, now=timezone.now()
    )
    assertContains(staff.get(f"{LIST}?acknowledged=yes"), user.email)
    assert user.email not in staff.get(f"{LIST}?acknowledged=no").content.decode()


def test_a_digest_does_not_tell_of_a_share_that_had_been_withdrawn(share: Share, organisation: Organisation) -> None:
    other = share_result(organisation)
    change_result(other.result, score=175)
    publishing.publish(timezone.now())
    shares.withdraw(share=share, by=share.result.claim.candidate.user, now=timezone.now())
    begin = timezone.now() + timedelta(hours=2)
    digests.run(begin)
    digests.run(begin + BUNDLE)
    told = told_of(OrganisationNotice.objects.all())
    assert len(told[OrganisationNotice.objects.get(result=other.result).pk]) == 1
    assert told[OrganisationNotice.objects.get(result=share.result).pk] == []


def test_it_can_be_taken_away_as_a_file(staff: Client, share: Share, organisation: Organisation) -> None:
    Organisation.objects.filter(pk=organisation.pk).update(name="=University")
    notice = OrganisationNotice.objects.get()
    answer = staff.post(LIST, {"action": "export", "_selected_action": [notice.pk]})
    headings, row = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert len(headings) == len(row) == 7
    assert row[1] == "Re-marked"
    assert row[3] == "'=University"


def test_it_names_no_candidate(staff: Client, share: Share) -> None:
    for address in (LIST, page_of(OrganisationNotice.objects.get())):
        assert "Muñoz" not in staff.get(address).content.decode()


def test_a_longer_list_takes_no_more_queries(
    staff: Client, share: Share, organisation: Organisation, django_assert_max_num_queries: Any
) -> None:
    with CaptureQueriesContext(connection) as few:
        staff.get(LIST)
    for _ in range(5):
        change_result(share_result(organisation).result, score=171)
    publishing.publish(timezone.now())
    assert OrganisationNotice.objects.count() == 6
    with django_assert_max_num_queries(len(few)):
        staff.get(LIST)
