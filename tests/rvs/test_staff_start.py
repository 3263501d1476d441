"""The admin's start page: what waits, for those who may see it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Mail
from organisations.models import Organisation
from results import holds
from results.models import Status
from sharing.models import Pause
from tests.factories import make_import, make_join_request, make_registration, make_result
from tests.rvs.test_staff_groups import NOBODY, client_of, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting_work(organisation: Organisation) -> None:
    now = timezone.now()
    make_import(state="ready")
    make_import(state="failed")
    make_import(state="failed")
    make_import(state="discarded", ended_at=now)
    holds.hold(result=make_result(), status=Status.WITHHELD, reason="Under investigation", by="system:tests")
    make_result()
    pause = {"scope": "organisation", "organisation": organisation, "misses": 30}
    Pause.objects.create(until=now + timedelta(hours=1), **pause)
    Pause.objects.create(until=now - timedelta(hours=1), **pause)
    make_registration()
    make_registration(due_on=now.date() - timedelta(days=1))
    make_registration(state="unconfirmed")
    make_registration(state="more_information", due_on=now.date() - timedelta(days=1))
    make_join_request(organisation, due_on=now.date() + timedelta(days=1))
    make_join_request(organisation, due_on=now.date() - timedelta(days=1))
    organisation.name_changes.create(new_name="New University", reason="Merger", asked_by="system:tests")
    Mail.objects.create(sender="a@example.org", recipient="b@example.org", subject="-", state="failed")


def shown(client: Client) -> dict[str, int]:
    return {str(kind.label): kind.number for kind in client.get("/admin/").context["waiting"]}


def test_a_superuser_sees_everything_that_waits(waiting_work: None, staff: Client) -> None:
    assert shown(staff) == {
        "Applications that wait for a decision": 2,
        "Applications that are overdue": 1,
        "Requests to join that are overdue": 1,
        "Changes of name that wait for an answer": 1,
        "Imports that wait for confirmation": 1,
        "Imports that failed": 2,
        "Results held by staff": 1,
        "Checks that are paused": 1,
        "Mails that could not be delivered": 1,
    }


APPLICATIONS = {
    "Applications that wait for a decision",
    "Applications that are overdue",
    "Requests to join that are overdue",
    "Changes of name that wait for an answer",
}


@pytest.mark.parametrize(
    ("group", "kinds"),
    [
        ("Registrations", {*APPLICATIONS, "Checks that are paused", "Mails that could not be delivered"}),
        ("Results", {"Imports that wait for confirmation", "Imports that failed", "Results held by staff",
                     "Checks that are paused"}),
        ("Helpdesk", {*APPLICATIONS, "Results held by staff", "Checks that are paused",
                      "Mails that could not be delivered"}),
        (NOBODY, set()),
    ],
)  # fmt: skip
def test_a_group_sees_what_it_may_open(waiting_work: None, group: str, kinds: set[str]) -> None:
    client = client_of(make_staff(group))
    waiting = client.get("/admin/").context["waiting"]
    assert {str(kind.label) for kind in waiting} == kinds
    assert {client.get(kind.url).status_code for kind in waiting} <= {200}


def test_each_link_leads_to_as_many_rows_as_it_says(waiting_work: None, staff: Client) -> None:
    for kind in staff.get("/admin/").context["waiting"]:
        context = staff.get(kind.url).context
        hits = context.get("hits", context.get("rows"))
        rows = context["cl"].result_count if hits is None else len(hits)
        assert rows == kind.number, kind.label
