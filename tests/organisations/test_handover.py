"""The Primary User's role passes to another user, and at every moment exactly one has it."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import Action, AuditEvent, Mail, User
from organisations import handover, leaving, users
from organisations.errors import NotActiveError, UserError
from organisations.models import Handover, Membership, Organisation, Role
from tests.accounts.second_step import confirm
from tests.factories import make_member, make_organisation

pytestmark = pytest.mark.django_db

OFFER, ACCEPT, END = (f"/organisation/users/hand-over/{path}" for path in ("", "accept/", "end/"))
LIST = "/organisation/users/"


@pytest.fixture
def boss(organisation: Organisation) -> User:
    return make_member(organisation, Role.PRIMARY, email="boss@example.org", given_name="Prima")


@pytest.fixture
def heir(organisation: Organisation) -> User:
    return make_member(organisation, email="heir@example.org", given_name="Hera")


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    confirm(client)
    return client


def roles(organisation: Organisation) -> dict[str, str]:
    return {row.user.given_name: row.role for row in organisation.memberships.select_related("user")}


def test_it_passes_when_it_is_accepted(organisation: Organisation, boss: User, heir: User) -> None:
    giver, taker = client_of(boss), client_of(heir)
    assertContains(giver.get(OFFER), "Hera Example")
    assertContains(giver.post(OFFER, {"taker": heir.membership.pk}, follow=True), "You stay Primary User until")
    assert roles(organisation) == {"Prima": "primary", "Hera": "admin"}
    assert f"{ACCEPT}\n" in Mail.objects.get(recipient=heir.email, subject__startswith="You are offered").text
    assertContains(taker.get(LIST), "You are offered the role of Primary User")
    assertContains(taker.get(ACCEPT), "Prima Example")

    assertContains(taker.post(ACCEPT, follow=True), "You are the Primary User from now on")

    assert roles(organisation) == {"Prima": "admin", "Hera": "primary"}
    assert not Handover.objects.exists()
    assert giver.get(f"{LIST}add/").status_code == 403
    assert taker.get(f"{LIST}add/").status_code == 200
    told = Mail.objects.filter(subject="University of Example has a new Primary User")
    assert {mail.recipient for mail in told} == {boss.email, heir.email}
    events = AuditEvent.objects.filter(organisation=str(organisation.pk)).order_by("id")
    assert [(event.action, event.actor, event.target) for event in events] == [
        (Action.HANDOVER_OFFERED, f"user:{boss.pk}", f"user:{heir.pk}"),
        (Action.HANDOVER_ACCEPTED, f"user:{heir.pk}", f"user:{boss.pk}"),
    ]


def test_both_prove_once_more_who_they_are(organisation: Organisation, boss: User, heir: User) -> None:
    for person, path in ((boss, OFFER), (heir, ACCEPT)):
        client = Client()
        client.force_login(person)
        assert client.get(path)["Location"].startswith("/account/confirm/")
        assert client.post(path, {"taker": heir.membership.pk})["Location"].startswith("/account/confirm/")
    assert not Handover.objects.exists()


def test_it_is_declined_or_withdrawn(organisation: Organisation, boss: User, heir: User) -> None:
    giver, taker = client_of(boss), client_of(heir)
    for who, told in ((giver, heir), (taker, boss)):
        giver.post(OFFER, {"taker": heir.membership.pk})
        assertContains(giver.get(LIST), "Hera Example</bdi> has not answered yet")
        assertContains(who.post(END, follow=True), "The offer has ended")
        assert Mail.objects.filter(recipient=told.email, subject__endswith="has ended").count() == 1
        assertContains(taker.post(ACCEPT, follow=True), "The offer no longer stands")
    assert roles(organisation) == {"Prima": "primary", "Hera": "admin"}


def test_a_bystander_sees_and_ends_no_offer(organisation: Organisation, boss: User, heir: User) -> None:
    client_of(boss).post(OFFER, {"taker": heir.membership.pk})
    bystander = client_of(make_member(organisation))
    assertNotContains(bystander.get(LIST), "offered")
    for path in (ACCEPT, END):
        assertContains(bystander.post(path, follow=True), "The offer no longer stands")
    assert Handover.objects.get().taker == heir.membership
    assert client_of(make_member(make_organisation())).get(ACCEPT, follow=True).status_code == 200


def test_a_newer_offer_replaces_the_older(organisation: Organisation, boss: User, heir: User) -> None:
    other, giver = make_member(organisation), client_of(boss)
    giver.post(OFFER, {"taker": heir.membership.pk})
    giver.post(OFFER, {"taker": other.membership.pk})
    assertContains(client_of(heir).post(ACCEPT, follow=True), "The offer no longer stands")
    assertContains(client_of(other).post(ACCEPT, follow=True), "You are the Primary User")


def test_only_an_active_user_of_the_organisation_can_take_it(organisation: Organisation, boss: User) -> None:
    giver = client_of(boss)
    assertContains(giver.get(OFFER), "Nobody can take the role yet")
    invited = users.add_user(
        organisation=organisation, by="system:tests", given_name="A", family_name="B", job_title="C", email="a@b.org"
    )
    sleeping = make_member(organisation).membership
    Membership.objects.filter(pk=sleeping.pk).update(is_active=False)
    for taker in (invited, sleeping, boss.membership, make_member(make_organisation()).membership):
        assertContains(giver.post(OFFER, {"taker": taker.pk}), "Choose an active user of your organisation")
    for taker in (invited, sleeping, boss.membership):
        with pytest.raises(NotActiveError):
            handover.offer(taker=taker, by=boss)
    assert not Handover.objects.exists()


def test_who_is_removed_cannot_accept(organisation: Organisation, boss: User, heir: User) -> None:
    for way in (leaving.deactivate, leaving.delete):
        handover.offer(taker=heir.membership, by=boss)
        way(membership=heir.membership, by=boss)
        with pytest.raises(UserError):
            handover.accept(organisation=organisation, by=heir)
        if way is leaving.deactivate:
            leaving.reactivate(membership=heir.membership, by=boss)
    assert roles(organisation) == {"Prima": "primary"}


def test_after_it_the_former_primary_user_can_do_no_more(organisation: Organisation, boss: User, heir: User) -> None:
    other = make_member(organisation)
    handover.offer(taker=heir.membership, by=boss)
    handover.accept(organisation=organisation, by=heir)
    for action in (leaving.deactivate, leaving.delete, leaving.reactivate):
        with pytest.raises(UserError):
            action(membership=other.membership, by=boss)
    assertRedirects(client_of(heir).post(f"{LIST}{boss.membership.pk}/delete/"), LIST)
    assert roles(organisation) == {"Hera": "primary", other.given_name: "admin"}


# --- Two at once ------------------------------------------------------------------------------------------------------


def at_once(*actions: Callable[[], object]) -> list[str]:
    """Run them in threads that start together; returns what each came to."""
    barrier, outcomes = threading.Barrier(len(actions)), [""] * len(actions)

    def run(number: int, action: Callable[[], object]) -> None:
        barrier.wait()
        try:
            action()
            outcomes[number] = "done"
        except UserError as refusal:
            outcomes[number] = type(refusal).__name__
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(outcomes)
    return outcomes


def primaries(organisation: Organisation) -> int:
    return organisation.memberships.filter(role=Role.PRIMARY, is_active=True).count()


@pytest.fixture
def team(transactional_db: None) -> tuple[Organisation, User, list[User]]:
    organisation = make_organisation("University of Example")
    return organisation, make_member(organisation, Role.PRIMARY), [make_member(organisation) for _number in range(4)]


@pytest.mark.parametrize("_round", range(5))
def test_accepting_and_deleting_at_once(team: tuple[Organisation, User, list[User]], _round: int) -> None:
    organisation, boss, (heir, *_others) = team
    handover.offer(taker=heir.membership, by=boss)
    accepted, deleted = at_once(
        lambda: handover.accept(organisation=organisation, by=heir),
        lambda: leaving.delete(membership=heir.membership, by=boss),
    )
    assert (accepted == "done") != (deleted == "done"), (accepted, deleted)
    assert organisation.memberships.get(role=Role.PRIMARY).user == (heir if accepted == "done" else boss)
    assert Membership.objects.filter(user=heir).exists() == (accepted == "done")


@pytest.mark.parametrize("_round", range(5))
def test_accepting_and_offering_to_another_at_once(team: tuple[Organisation, User, list[User]], _round: int) -> None:
    organisation, boss, (heir, other, *_others) = team
    handover.offer(taker=heir.membership, by=boss)
    accepted, offered = at_once(
        lambda: handover.accept(organisation=organisation, by=heir),
        lambda: handover.offer(taker=other.membership, by=boss),
    )
    assert (accepted == "done") != (offered == "done"), (accepted, offered)
    assert primaries(organisation) == 1
    assert AuditEvent.objects.filter(action=Action.HANDOVER_ACCEPTED).count() == (accepted == "done")


def test_one_offer_is_accepted_once(team: tuple[Organisation, User, list[User]]) -> None:
    organisation, boss, (heir, *_others) = team
    handover.offer(taker=heir.membership, by=boss)
    outcomes = at_once(*[lambda: handover.accept(organisation=organisation, by=heir)] * 8)
    assert outcomes.count("done") == 1
    assert primaries(organisation) == 1
    assert AuditEvent.objects.filter(action=Action.HANDOVER_ACCEPTED).count() == 1


def test_of_a_hundred_who_want_the_role_at_once_exactly_one_has_it(
    team: tuple[Organisation, User, list[User]],
) -> None:
    organisation, boss, heirs = team

    def make_primary(heir: User) -> None:
        handover.offer(taker=heir.membership, by=boss)
        handover.accept(organisation=organisation, by=heir)

    outcomes = at_once(*[lambda heir=heirs[number % 4]: make_primary(heir) for number in range(100)])

    assert outcomes.count("done") == 1
    assert primaries(organisation) == 1
    assert organisation.memberships.get(role=Role.PRIMARY).user in heirs
    assert AuditEvent.objects.filter(action=Action.HANDOVER_ACCEPTED).count() == 1
