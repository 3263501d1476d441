"""Staff open a person's account after a reason; whoever looks at people, alone or in a list, leaves a trace."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.audit import user_actor
from accounts.models import Action, AuditEvent, Mail, RecordLook, User
from organisations.models import Organisation
from tests.factories import make_import, make_look, make_result, make_user

pytestmark = pytest.mark.django_db

WHY = {"purpose": "owner", "note": "Enquiry 4711"}


@pytest.fixture
def helper() -> User:
    return make_user(is_staff=True, is_superuser=True, given_name="Margaret")


@pytest.fixture
def staff(helper: User) -> Client:
    client = Client()
    client.force_login(helper)
    return client


@pytest.fixture
def person() -> User:
    return make_user("mia@example.org", given_name="Mia", family_name="Featherstone", job_title="Registrar")


def record(person: User) -> str:
    return f"/admin/accounts/user/{str(person.pk).replace('_', '_5F')}/"


def open_record(client: Client, person: User, **why: str) -> Any:
    return client.post(f"{record(person)}open/", why or WHY)


@pytest.mark.parametrize("page", ["change/", "history/"])
def test_an_account_opens_only_after_a_reason(staff: Client, helper: User, person: User, page: str) -> None:
    asked = staff.get(record(person) + page)
    assert "Why do you open this record?" in asked.content.decode()
    assert "Featherstone" not in asked.content.decode()
    assert not AuditEvent.objects.filter(action=Action.RECORD_VIEWED).exists()

    opened = open_record(staff, person)

    look = RecordLook.objects.get()
    assert (look.actor, look.target) == (user_actor(helper), f"user:{person.pk}")
    assert (look.purpose, look.note) == ("owner", "Enquiry 4711")
    assert opened["Location"] == f"{record(person)}change/"
    assert "Featherstone" in staff.get(record(person) + page).content.decode()
    event = AuditEvent.objects.get(action=Action.RECORD_VIEWED)
    assert (event.actor, event.target) == (user_actor(helper), f"user:{person.pk}")
    assert event.detail == {"look": str(look.pk), "reason": "owner"}


@pytest.mark.parametrize(
    ("why", "message"),
    [
        ({"purpose": ""}, "Choose a reason"),
        ({"purpose": "curiosity"}, "is not one of the available choices"),
        ({"purpose": "other", "note": "  "}, "Say what the reason is"),
    ],
)
def test_without_a_proper_reason_it_stays_closed(
    staff: Client, person: User, why: dict[str, str], message: str
) -> None:
    answer = open_record(staff, person, **why)
    assert message in answer.content.decode()
    assert not RecordLook.objects.exists()
    assert "Featherstone" not in staff.get(f"{record(person)}change/").content.decode()


def test_a_reason_counts_for_this_account_this_helper_and_half_an_hour(
    staff: Client, helper: User, person: User
) -> None:
    open_record(staff, person)
    assert "Why do you open" in staff.get(f"{record(make_user())}change/").content.decode()
    other = Client()
    other.force_login(make_user(is_staff=True, is_superuser=True))
    assert "Featherstone" not in other.get(f"{record(person)}change/").content.decode()
    for minutes, shown in ((29, True), (31, False)):
        with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
            staff.force_login(helper)
            assert ("Featherstone" in staff.get(f"{record(person)}change/").content.decode()) is shown


def test_a_reason_for_an_account_opens_no_result(staff: Client, helper: User, person: User) -> None:
    open_record(staff, person)
    assert staff.get(f"/admin/results/result/{RecordLook.objects.get().pk}/").status_code == 302
    result = make_result()
    assert result.pk
    make_look(result, helper)
    assert RecordLook.objects.at(f"result:{result.pk}").count() == 1


def test_who_is_not_there_is_not_found(staff: Client) -> None:
    nobody = "/admin/accounts/user/00000000-0000-4000-8000-000000000000/"
    assert staff.post(f"{nobody}open/", WHY).status_code == 404
    assert staff.get(f"{nobody}change/").status_code == 302
    assert not RecordLook.objects.exists()


@pytest.mark.parametrize("group", ["Results"])
def test_who_may_not_see_accounts_cannot_give_a_reason(person: User, group: str) -> None:
    results = make_user(is_staff=True)
    results.groups.set(results.groups.model.objects.filter(name=group))
    client = Client()
    client.force_login(results)
    assert open_record(client, person).status_code == 403
    assert client.get(f"{record(person)}change/").status_code == 403
    assert not RecordLook.objects.exists()


def test_a_mail_an_organisation_and_a_preview_open_without_a_reason_and_leave_a_trace(
    staff: Client, helper: User, organisation: Organisation
) -> None:
    mail = Mail.objects.create(sender="a@example.org", recipient="b@example.org", subject="-")
    job = make_import(state="ready", counts={"rows": 1}, samples={"added": []})
    for address, target in (
        (f"/admin/accounts/mail/{mail.pk}/change/", f"mail:{mail.pk}"),
        (f"/admin/organisations/organisation/{organisation.pk}/", f"organisation:{organisation.pk}"),
        (f"/admin/results/importjob/{job.pk}/", f"importjob:{job.pk}"),
    ):
        assert staff.get(address).status_code == 200
        event = AuditEvent.objects.get(action=Action.RECORD_VIEWED, target=target)
        assert event.actor == user_actor(helper)


def test_a_list_of_people_leaves_a_trace_without_what_was_typed(staff: Client, helper: User, person: User) -> None:
    assert "Featherstone" in staff.get("/admin/accounts/user/?q=mia@example.org").content.decode()
    event = AuditEvent.objects.get(action=Action.LIST_VIEWED)
    assert (event.actor, event.detail) == (user_actor(helper), {"of": "user", "searched": True})
