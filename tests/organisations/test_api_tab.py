"""The tab API: the Primary User creates, changes and revokes clients; everybody sees that they exist."""

import re
import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import Action, AuditEvent, Mail, User
from organisations import leaving, supervision
from organisations.api_clients import clients, secrets
from organisations.api_clients.refusals import Refused
from organisations.errors import NotPrimaryError
from organisations.models import ApiClient, Organisation, Role
from organisations.tasks import look_after_api_clients
from tests.accounts.second_step import confirm
from tests.factories import api_secret, basic, make_api_client, make_member, make_user
from tests.organisations.test_api_authentication import ask
from tests.threads import at_once

pytestmark = pytest.mark.django_db

TAB, CREATE = "/organisation/api/", "/organisation/api/create/"
READ, VERIFY = "results:read", "results:verify"


@pytest.fixture
def boss(organisation: Organisation) -> User:
    return make_member(organisation, Role.PRIMARY, email="boss@example.org", given_name="Prima", family_name="Facie")


@pytest.fixture
def page(boss: User) -> Client:
    client = Client()
    client.force_login(boss)
    confirm(client)
    return client


def form(**fields: Any) -> dict[str, Any]:
    return {"client_id": uuid.uuid4(), "name": "Slate", "scopes": [READ], "months": "12", **fields}


def secret_in(answer: Any) -> str:
    (secret,) = set(secrets.find(re.sub(r"<[^>]+>", " ", answer.content.decode())))
    return str(secret)


def test_created_shown_once_and_used(organisation: Organisation, boss: User, page: Client) -> None:
    assertContains(page.get(TAB), "No program is connected yet")
    assertContains(page.get(CREATE), "The next page shows the secret, once")
    answer = page.post(CREATE, form(allowed_addresses="192.0.2.9, 2001:db8::1/48\n192.0.2.9"))

    client = ApiClient.objects.get()
    secret = secret_in(answer)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assertContains(answer, secrets.basic_header(client.client_id, secret))
    assert (client.organisation, client.name, client.scopes) == (organisation, "Slate", [READ])
    assert client.allowed_addresses == ["192.0.2.9/32", "2001:db8::/48"]
    assert bytes(client.secret_digest) == secrets.digest(secret)
    assert ask(basic(client, secret), REMOTE_ADDR="192.0.2.9").client == client
    event = AuditEvent.objects.get(action=Action.API_CLIENT_CREATED)
    assert (event.actor, event.target) == (f"user:{boss.pk}", f"client:{client.pk}")

    for again in (page.get(TAB), page.get(CREATE), page.get(f"{TAB}{client.pk}/")):
        assertNotContains(again, secret)
    assertContains(page.get(TAB), f"curl --user {client.client_id} ")
    stored = " ".join(str(row) for row in page.session.items())
    assert secret not in stored
    assert all(secret not in cookie.value for cookie in page.cookies.values())


def test_the_same_form_sent_twice_makes_one(page: Client) -> None:
    sent = form()
    page.post(CREATE, sent)
    again = page.post(CREATE, sent, follow=True)
    assertRedirects(again, TAB)
    assertContains(again, "has been created already")
    assert ApiClient.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name": ""}, "Enter a name"),
        ({"scopes": []}, "Choose at least one thing"),
        ({"scopes": ["users:write"]}, "Select a valid choice"),
        ({"months": "24"}, "Select a valid choice"),
        ({"months": "0"}, "Select a valid choice"),
        ({"allowed_addresses": "everywhere"}, "is not a network address"),
        ({"allowed_addresses": "192.0.2.300"}, "is not a network address"),
        ({"allowed_addresses": " ".join(f"192.0.2.{host}" for host in range(21))}, "at most 20"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(page: Client, wrong: dict[str, Any], told: str) -> None:
    answer = page.post(CREATE, form(**wrong))
    assertContains(answer, "There is a problem")
    assertContains(answer, told)
    assert not ApiClient.objects.exists()


@pytest.mark.parametrize("client_id", ["", "x", "00000000"])
def test_a_form_without_its_id_makes_nothing(page: Client, client_id: str) -> None:
    assert page.post(CREATE, form(client_id=client_id)).status_code == 200
    assert not ApiClient.objects.exists()


def test_twelve_months_are_the_most(organisation: Organisation, boss: User, page: Client) -> None:
    with time_machine.travel(datetime(2028, 2, 29, 12, tzinfo=UTC), tick=False):
        page.force_login(boss)
        confirm(page)
        page.post(CREATE, form())
        assert ApiClient.objects.get().expires_at == datetime(2029, 2, 28, 12, tzinfo=UTC)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_api_client(organisation, expires_at=datetime.now(UTC) + timedelta(days=367))


def test_ten_at_once_and_a_name_once(organisation: Organisation, page: Client) -> None:
    make_api_client(organisation, name="slate")
    assertContains(page.post(CREATE, form()), "Another client has this name")
    for _each in range(9):
        make_api_client(organisation)
    assertContains(page.post(CREATE, form(name="Eleventh")), "at most ten clients")
    now = datetime.now(UTC)
    ApiClient.objects.filter(name="slate").update(revoked_at=now)
    page.post(CREATE, form())
    assert organisation.api_clients.filter(name="Slate").exists()


@pytest.mark.django_db(transaction=True)
def test_many_at_the_same_moment_make_no_more_than_ten(organisation: Organisation, boss: User) -> None:
    def one(number: int) -> None:
        with suppress(clients.TooManyClientsError):
            clients.create(
                organisation=organisation, by=boss, client_id=uuid.uuid4(), name=f"Program {number}", scopes=[READ],
                allowed_addresses=[], expires_at=datetime.now(UTC) + timedelta(days=30),
            )  # fmt: skip

    at_once(*(partial(one, number) for number in range(16)))
    assert organisation.api_clients.count() == clients.LIVE_AT_ONCE


def test_two_work_at_once_so_that_renewing_needs_no_outage(organisation: Organisation, page: Client) -> None:
    old = make_api_client(organisation, name="Slate", scopes=[VERIFY], allowed_addresses=["127.0.0.1/32"])
    begun = page.get(f"{CREATE}?like={old.pk}")
    assertContains(begun, 'value="Slate 2"')
    assertContains(begun, "127.0.0.1</textarea>")
    assertNotContains(page.get(f"{CREATE}?like=x"), "Slate 2")

    answer = page.post(CREATE, form(name="Slate 2", scopes=[READ, VERIFY]))
    new = ApiClient.objects.get(name="Slate 2")
    assert ask(basic(old), VERIFY).client == old
    assert ask(basic(new, secret_in(answer))).client == new

    assertRedirects(page.post(f"{TAB}{old.pk}/revoke/"), TAB)
    with pytest.raises(Refused):
        ask(basic(old), VERIFY)
    assert ask(basic(new, secret_in(answer))).client == new


def test_changed_for_its_next_request(organisation: Organisation, page: Client) -> None:
    program = make_api_client(organisation, name="Slate", allowed_addresses=["192.0.2.0/24"])
    assertContains(page.get(f"{TAB}{program.pk}/"), "192.0.2.0/24")
    wanted = {"name": "Slate of Admissions", "scopes": [READ], "allowed_addresses": "127.0.0.1"}
    answer = page.post(f"{TAB}{program.pk}/", wanted, follow=True)
    assertContains(answer, "Slate of Admissions")
    program.refresh_from_db()
    assert (program.scopes, program.allowed_addresses) == ([READ], ["127.0.0.1/32"])
    assert bytes(program.secret_digest) == secrets.digest(api_secret(program))
    make_api_client(organisation, name="Other")
    assertContains(page.post(f"{TAB}{program.pk}/", wanted | {"name": "other"}), "Another client has this name")


def test_revoked_is_asked_about_and_final(organisation: Organisation, page: Client) -> None:
    program = make_api_client(organisation, name="Slate")
    assertContains(page.get(f"{TAB}{program.pk}/revoke/"), "Revoke “Slate”?")
    assertContains(page.post(f"{TAB}{program.pk}/revoke/", follow=True), "has been revoked")
    for path in ("", "revoke/"):
        assert page.get(f"{TAB}{program.pk}/{path}").status_code == 404
        assert page.post(f"{TAB}{program.pk}/{path}").status_code == 404
    assertContains(page.get(TAB), "Revoked")
    with time_machine.travel(datetime.now(UTC) + timedelta(days=91)):
        page.force_login(User.objects.get(email="boss@example.org"))
        assertNotContains(page.get(TAB), program.client_id)


def test_an_admin_user_sees_that_clients_exist(organisation: Organisation, verifier: Client) -> None:
    assertContains(verifier.get(TAB), "The Primary User can create a client")
    program = make_api_client(organisation, name="Slate")
    shown = verifier.get(TAB)
    assertContains(shown, "Slate")
    assertNotContains(shown, "Revoke")
    for path in ("create/", f"{program.pk}/", f"{program.pk}/revoke/"):
        assert verifier.get(f"{TAB}{path}").status_code == 403
        assert verifier.post(f"{TAB}{path}", form()).status_code == 403


def test_another_organisations_client_is_not_there(page: Client, outsider: Client) -> None:
    theirs = make_api_client(Organisation.objects.get(name="Another Organisation"), name="Theirs")
    assertNotContains(page.get(TAB), "Theirs")
    assertNotContains(page.get(f"{CREATE}?like={theirs.pk}"), "Theirs")
    for path in ("", "revoke/"):
        assert page.get(f"{TAB}{theirs.pk}/{path}").status_code == 404
        assert page.post(f"{TAB}{theirs.pk}/{path}").status_code == 404
    assert page.post(CREATE, form(client_id=theirs.pk)).status_code == 302
    assert ApiClient.objects.get() == theirs


def test_who_is_there_is_proved_once_more(organisation: Organisation, boss: User) -> None:
    program = make_api_client(organisation)
    client = Client()
    client.force_login(boss)
    for path in (CREATE, f"{TAB}{program.pk}/"):
        assert client.get(path)["Location"].startswith("/account/confirm/")
        assert client.post(path, form())["Location"].startswith("/account/confirm/")
    assert client.get(f"{TAB}{program.pk}/revoke/").status_code == 200, "who is in a hurry is not asked"


def test_who_is_no_longer_the_primary_user_changes_nothing(organisation: Organisation, boss: User) -> None:
    program = make_api_client(organisation)
    heir, staff = make_member(organisation), make_user(is_staff=True)
    supervision.hand_primary(organisation=organisation, to=heir.membership, keep_former=True, by=staff, reason="-")
    with pytest.raises(NotPrimaryError):
        clients.revoke(client=program, by=boss)
    with pytest.raises(NotPrimaryError):
        clients.change(client=program, by=boss, name="x", scopes=[READ], allowed_addresses=[])
    program.refresh_from_db()
    assert program.revoked_at is None


# --- Warnings ---------------------------------------------------------------------------------------------------------


def warned() -> list[str]:
    """Subjects of the mails since the last call."""
    mails = Mail.objects.filter(template="organisations/email/api_client_expires")
    subjects = [mail.subject.rpartition("expires ")[2] for mail in mails]
    mails.delete()
    return subjects


def test_sixty_thirty_and_seven_days_before_exactly_once(organisation: Organisation, boss: User) -> None:
    made = datetime(2027, 1, 1, 12, tzinfo=UTC)
    with time_machine.travel(made, tick=False):
        program = make_api_client(organisation, expires_at=made + timedelta(days=365))
    told: dict[int, list[str]] = {}
    for day in range(366):
        for hour in (0, 1):
            with time_machine.travel(made + timedelta(days=day, hours=hour), tick=False):
                look_after_api_clients()
        if subjects := warned():
            told[365 - day] = subjects
    assert told == {60: ["in 60 days"], 30: ["in 30 days"], 7: ["in 7 days"]}
    assert program.name


def test_the_nearest_alone_after_the_worker_stood_still(organisation: Organisation, boss: User) -> None:
    now = datetime.now(UTC)
    make_api_client(organisation, expires_at=now + timedelta(days=20))
    look_after_api_clients()
    look_after_api_clients()
    assert warned() == ["in 20 days"]
    ApiClient.objects.update(expires_at=now + timedelta(hours=20))
    look_after_api_clients()
    assert warned() == ["in 1 day"]


def test_nobody_is_warned_of_what_was_made_short_revoked_or_suspended(organisation: Organisation, boss: User) -> None:
    soon = datetime.now(UTC) + timedelta(days=31)
    clients.create(
        organisation=organisation, by=boss, client_id=uuid.uuid4(), name="Short", scopes=[READ],
        allowed_addresses=[], expires_at=soon,
    )  # fmt: skip
    make_api_client(organisation, expires_at=soon, revoked_at=datetime.now(UTC))
    look_after_api_clients()
    assert warned() == []
    make_api_client(organisation, expires_at=soon)
    Organisation.objects.filter(pk=organisation.pk).update(state="suspended")
    look_after_api_clients()
    assert warned() == []
    Organisation.objects.filter(pk=organisation.pk).update(state="active")
    look_after_api_clients()
    assert len(warned()) == 1


def test_the_tab_warns_too(organisation: Organisation, page: Client) -> None:
    now = datetime.now(UTC)
    make_api_client(organisation, name="Ends", expires_at=now + timedelta(days=9))
    make_api_client(organisation, name="Leaky", exposed_at=now)
    make_api_client(organisation, name="Over", created_at=now - timedelta(days=9), expires_at=now - timedelta(days=1))
    shown = page.get(TAB)
    assertContains(shown, "“Ends” expires in 9 days")
    assertContains(shown, "The secret of “Leaky” must be replaced")
    assertNotContains(shown, "“Over” expires")
    assertContains(shown, "Expired")


# --- Who leaves, and what the trail says ------------------------------------------------------------------------------


@pytest.mark.parametrize("leave", [leaving.deactivate, leaving.delete])
def test_who_leaves_leaves_clients_behind_and_the_primary_user_is_told(
    organisation: Organisation, boss: User, page: Client, leave: Any
) -> None:
    former = make_member(organisation, given_name="Lea", family_name="Ver")
    program = make_api_client(organisation, name="Slate", created_by=f"user:{former.pk}")
    make_api_client(organisation, name="Gone", created_by=f"user:{former.pk}", revoked_at=datetime.now(UTC))
    assertNotContains(page.get(TAB), "has left")

    leave(membership=former.membership, by=boss)

    (mail,) = Mail.objects.filter(template="organisations/email/api_clients_left")
    assert mail.recipient == boss.email
    assert "- Slate\n" in mail.text
    assert "Gone" not in mail.text
    assert ask(basic(program)).client == program
    assertContains(page.get(TAB), "Who created “Slate” has left")


def test_deactivated_then_deleted_is_told_once(organisation: Organisation, boss: User) -> None:
    former = make_member(organisation)
    make_api_client(organisation, created_by=f"user:{former.pk}")
    leaving.deactivate(membership=former.membership, by=boss)
    leaving.delete(membership=former.membership, by=boss)
    assert Mail.objects.filter(template="organisations/email/api_clients_left").count() == 1


def test_a_primary_user_who_is_replaced_and_removed(organisation: Organisation, boss: User) -> None:
    heir = make_member(organisation)
    program = make_api_client(organisation, created_by=f"user:{boss.pk}")
    supervision.hand_primary(
        organisation=organisation, to=heir.membership, keep_former=False, by=make_user(is_staff=True), reason="-"
    )
    (mail,) = Mail.objects.filter(template="organisations/email/api_clients_left")
    assert mail.recipient == heir.email
    assert ask(basic(program)).client == program


def test_the_activity_names_clients(organisation: Organisation, page: Client) -> None:
    page.post(CREATE, form(name="Slate of Admissions"))
    program = ApiClient.objects.get()
    AuditEvent.objects.create(
        actor=f"client:{program.pk}", action=Action.RESULT_VIEWED, organisation=str(organisation.pk)
    )
    shown = page.get("/organisation/activity/")
    assertContains(shown, "Client of the API created")
    assert shown.content.decode().count("Slate of Admissions") == 3, "who was created, who acted, and in the filter"
    only = page.get("/organisation/activity/", {"user": f"client:{program.pk}"})
    assertContains(only, "Result viewed")
    assertNotContains(only, "Client of the API created")


def test_a_client_may_not_act_for_people(organisation: Organisation) -> None:
    """Pages do not know programs: a key can never manage users or keys."""
    program = make_api_client(organisation)
    for path in ("/shared-results/", TAB, CREATE, "/organisation/users/", "/account/"):
        answer = Client().get(path, headers={"Authorization": basic(program)})
        assert answer["Location"].startswith("/login/")
