"""Staff suspend and reinstate organisations, correct them, answer changes of name and give the Primary role away."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from accounts.models import Action, AuditEvent, Mail, User
from organisations import supervision
from organisations.api_clients.refusals import Refused
from organisations.models import Membership, NameChange, Organisation, Role
from organisations.permissions import Permission, may
from organisations.supervision import SupervisionError
from tests.factories import PASSWORD, basic, make_api_client, make_member, make_organisation, make_user
from tests.organisations.test_api_authentication import ask
from tests.rvs.test_staff_groups import client_of, make_staff

pytestmark = pytest.mark.django_db

LIST = "/admin/organisations/organisation/"
NAMES = "/admin/organisations/namechange/"


@pytest.fixture
def person(db: None) -> User:
    return make_user(is_staff=True, given_name="Idris")


@pytest.fixture
def registrations(db: None) -> Client:
    """A member of staff in the group Registrations."""
    return client_of(make_staff("Registrations"))


def page_of(organisation: Organisation, step: str = "") -> str:
    return f"{LIST}{organisation.pk}/{step}"


def shown_messages(client: Client, address: str, data: dict[str, Any]) -> str:
    return client.post(address, data, follow=True).content.decode()


# --- Programs ---------------------------------------------------------------------------------------------------------


def test_a_client_whose_secret_leaked_is_revoked_and_the_primary_user_told(
    organisation: Organisation, registrations: Client
) -> None:
    primary = make_member(organisation, Role.PRIMARY)
    leaked, other = make_api_client(organisation, name="Slate"), make_api_client(organisation)
    address = page_of(organisation, f"clients/{leaked.pk}/revoke/")
    assertContains(registrations.get(page_of(organisation)), address)
    assertContains(registrations.post(address, {"reason": ""}), "Give the reason")
    assert ask(basic(leaked)).client == leaked

    assert "is revoked" in shown_messages(registrations, address, {"reason": "Found on a public page"})

    with pytest.raises(Refused, match="unauthorised"):
        ask(basic(leaked))
    assert ask(basic(other)).client == other
    mail = Mail.objects.get(recipient=primary.email)
    assert "Found on a public page" in mail.text
    event = AuditEvent.objects.get(action=Action.API_CLIENT_REVOKED)
    assert event.detail == {"reason": "Found on a public page"}
    assertNotContains(registrations.get(page_of(organisation)), address)
    assert "revoked already" in shown_messages(registrations, address, {"reason": "Once more"})
    assert Mail.objects.count() == 1


def test_a_client_of_another_organisation_is_not_found_there(organisation: Organisation, registrations: Client) -> None:
    foreign = make_api_client(make_organisation())
    assert registrations.get(page_of(organisation, f"clients/{foreign.pk}/revoke/")).status_code == 404


# --- Suspend and reinstate --------------------------------------------------------------------------------------------


def test_a_suspended_organisations_users_are_refused_on_their_next_request(
    organisation: Organisation, verifier: Client, registrations: Client
) -> None:
    assert verifier.get("/candidate-search/").status_code == 200
    registrations.post(page_of(organisation, "suspend/"), {"reason": "Impersonates another"})
    for address in ("/candidate-search/", "/shared-results/", "/organisation/", "/downloads/"):
        refused = verifier.get(address)
        assert refused.status_code == 403
        assertContains(refused, "Your organisation is suspended", status_code=403)
        assertContains(refused, "mailto:helpdesk@", status_code=403)
        assertNotContains(refused, "Impersonates another", status_code=403)
    registrations.post(page_of(organisation, "reinstate/"), {"reason": "Cleared up"})
    assert verifier.get("/candidate-search/").status_code == 200


def test_a_user_of_a_suspended_organisation_logs_in_to_the_page_that_says_so(
    organisation: Organisation, person: User, client: Client
) -> None:
    user = make_member(organisation)
    supervision.suspend(organisation=organisation, by=person, reason="Impersonates another")
    page = client.post("/login/", {"login": user.email, "password": PASSWORD}, follow=True)
    assertContains(page, "Your organisation is suspended", status_code=403)
    for own in ("/account/", "/candidate/"):
        assertContains(page, f'href="{own}"', status_code=403)
        assert client.get(own).status_code == 200


@pytest.mark.parametrize("permission", list(Permission))
def test_nobody_of_a_suspended_organisation_may_anything(
    organisation: Organisation, person: User, permission: Permission
) -> None:
    members = [make_member(organisation, role).membership for role in Role]
    supervision.suspend(organisation=organisation, by=person, reason="-")
    fresh = Membership.objects.filter(pk__in=[each.pk for each in members])
    assert [may(each, permission) for each in fresh] == [False, False]


def test_both_are_audited_with_their_reasons(organisation: Organisation, person: User) -> None:
    supervision.suspend(organisation=organisation, by=person, reason=" Impersonates another ")
    supervision.reinstate(organisation=organisation, by=person, reason="Cleared up")
    found = AuditEvent.objects.filter(target=f"organisation:{organisation.pk}").order_by("pk")
    assert [(event.action, event.actor, event.detail) for event in found] == [
        (Action.ORGANISATION_SUSPENDED, f"user:{person.pk}", {"reason": "Impersonates another"}),
        (Action.ORGANISATION_REINSTATED, f"user:{person.pk}", {"reason": "Cleared up"}),
    ]
    assert {event.organisation for event in found} == {str(organisation.pk)}


def test_neither_without_a_reason_nor_twice(organisation: Organisation, person: User) -> None:
    with pytest.raises(SupervisionError, match="Give the reason"):
        supervision.suspend(organisation=organisation, by=person, reason="  ")
    with pytest.raises(SupervisionError, match="is not suspended"):
        supervision.reinstate(organisation=organisation, by=person, reason="-")
    supervision.suspend(organisation=organisation, by=person, reason="-")
    with pytest.raises(SupervisionError, match="suspended already"):
        supervision.suspend(organisation=organisation, by=person, reason="-")
    assert AuditEvent.objects.filter(target=f"organisation:{organisation.pk}").count() == 1


def test_without_a_primary_user_it_cannot_be_reinstated(organisation: Organisation, person: User) -> None:
    supervision.suspend(organisation=organisation, by=person, reason="-")
    organisation.memberships.all().delete()
    with pytest.raises(SupervisionError, match="Primary role"):
        supervision.reinstate(organisation=organisation, by=person, reason="-")


def test_the_form_asks_for_the_reason(organisation: Organisation, registrations: Client) -> None:
    assertContains(registrations.post(page_of(organisation, "suspend/"), {"reason": ""}), "Give the reason")
    organisation.refresh_from_db()
    assert organisation.state == "active"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_suspend_at_once_one_is_told() -> None:
    organisation, people = make_organisation(), [make_user(is_staff=True) for _ in range(2)]
    start = Barrier(2)

    def run(person: User) -> str:
        try:
            start.wait()
            supervision.suspend(organisation=organisation, by=person, reason="-")
        except SupervisionError as error:
            return str(error)
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(run, people))
    assert told == ["", "The organisation is suspended already."]
    assert AuditEvent.objects.filter(action=Action.ORGANISATION_SUSPENDED).count() == 1


# --- Edit -------------------------------------------------------------------------------------------------------------


def details(organisation: Organisation, **changes: str) -> dict[str, str]:
    values = {"name": organisation.name, "type": organisation.type, "country": "GB", "website": organisation.website}
    return {**values, **changes}


def test_staff_correct_an_organisation_and_the_trail_has_what_changed(
    organisation: Organisation, registrations: Client
) -> None:
    organisation.email_domains.create(domain="old.example", confirmed=True)
    organisation.email_domains.create(domain="named.example", confirmed=False)
    changes = {"name": "Example University", "city": "Ely", "domains": "New.example\nnamed.example"}
    text = shown_messages(registrations, page_of(organisation, "edit/"), details(organisation, **changes))
    assert "The changes are saved." in text
    organisation.refresh_from_db()
    assert (organisation.name, organisation.city) == ("Example University", "Ely")
    assert [each.name for each in organisation.former_names.all()] == ["University of Example"]
    assert [(each.domain, each.confirmed) for each in organisation.email_domains.all()] == [
        ("named.example", True),
        ("new.example", True),
    ]
    assert AuditEvent.objects.get(action=Action.ORGANISATION_CHANGED).detail["changes"] == {
        "name": ["University of Example", "Example University"],
        "city": ["", "Ely"],
        "domains": ["old.example", "named.example new.example"],
    }
    assert "Ely" in text  # the page tells the history


def test_what_the_organisation_named_itself_stays_unconfirmed_unless_staff_write_it(
    organisation: Organisation, registrations: Client
) -> None:
    organisation.email_domains.create(domain="named.example", confirmed=False)
    assertContains(registrations.get(page_of(organisation, "edit/")), "not confirmed yet: named.example")
    registrations.post(page_of(organisation, "edit/"), details(organisation, city="Ely"))
    assert [each.confirmed for each in organisation.email_domains.all()] == [False]


def test_saving_without_a_change_leaves_no_trace(organisation: Organisation, registrations: Client) -> None:
    text = shown_messages(registrations, page_of(organisation, "edit/"), details(organisation))
    assert "Nothing was changed." in text
    assert not AuditEvent.objects.filter(action=Action.ORGANISATION_CHANGED).exists()
    assert not organisation.former_names.exists()


def test_a_former_name_that_comes_back_is_none_any_more(organisation: Organisation, person: User) -> None:
    for name in ("B", "University of Example", "B"):
        supervision.edit(organisation=organisation, by=person, values={"name": name}, domains=[])
    assert [each.name for each in organisation.former_names.all()] == ["University of Example"]


@pytest.mark.parametrize("wrong", [{"domains": "no domain!"}, {"website": "not a website"}, {"name": ""}])
def test_what_is_wrong_is_not_saved(organisation: Organisation, registrations: Client, wrong: dict[str, str]) -> None:
    response = registrations.post(page_of(organisation, "edit/"), details(organisation, city="Ely", **wrong))
    assertContains(response, "There is a problem")
    assertContains(response, "<bdi>University of Example</bdi>")
    organisation.refresh_from_db()
    assert organisation.city == ""


# --- The page ---------------------------------------------------------------------------------------------------------


def test_the_page_shows_the_users_with_their_state_and_second_step(organisation: Organisation) -> None:
    primary = make_member(organisation, Role.PRIMARY, given_name="Prima")
    Authenticator.objects.create(user=primary, type=Authenticator.Type.TOTP, data={})
    invited = make_member(organisation, given_name="Ina").membership
    Membership.objects.filter(pk=invited.pk).update(invited_at=timezone.now(), given_name="Ina", family_name="Vited")
    page = client_of(make_staff("Helpdesk")).get(page_of(organisation))
    rows = [(row["member"].shown_name, row["second_step"]) for row in page.context["members"]]
    assert rows == [("Prima Example", True), ("Ina Vited", False)]
    assertContains(page, "Invited")
    assertNotContains(page, "suspend/")  # the helpdesk only reads
    assert AuditEvent.objects.filter(action=Action.RECORD_VIEWED, target=f"organisation:{organisation.pk}").exists()


def test_the_link_to_set_a_password_is_sent_again(organisation: Organisation, registrations: Client) -> None:
    membership = make_member(organisation).membership
    address = page_of(organisation, f"users/{membership.pk}/resend/")
    Membership.objects.filter(pk=membership.pk).update(accepted_at=timezone.now(), invited_at=timezone.now())
    assert "needs no link" in shown_messages(registrations, address, {})
    assert not Mail.objects.exists()
    Membership.objects.filter(pk=membership.pk).update(accepted_at=None)
    assert "sent again" in shown_messages(registrations, address, {})
    assert "/invitation/" in Mail.objects.get(recipient=membership.user.email).text
    foreign = make_member(make_organisation()).membership
    assert registrations.post(page_of(organisation, f"users/{foreign.pk}/resend/")).status_code == 404


# --- The Primary role -------------------------------------------------------------------------------------------------


def hand(organisation: Organisation, to: User, by: User, **options: Any) -> None:
    options = {"keep_former": False, "reason": "Has left", **options}
    supervision.hand_primary(organisation=organisation, to=to.membership, by=by, **options)


@pytest.mark.parametrize("keep", [True, False])
def test_the_primary_role_is_given_to_another_user(organisation: Organisation, person: User, keep: bool) -> None:
    former = make_member(organisation, Role.PRIMARY, given_name="Former")
    taker = make_member(organisation, given_name="Taker")
    hand(organisation, taker, person, keep_former=keep)
    roles = {each.user: each.role for each in organisation.memberships.in_force().select_related("user")}
    assert roles == {taker: Role.PRIMARY} | ({former: Role.ADMIN} if keep else {})
    mails = {mail.recipient: mail.subject for mail in Mail.objects.all()}
    assert mails == {
        taker.email: "You are the Primary User of your organisation now",
        former.email: "You are no longer the Primary User of your organisation",
    }
    event = AuditEvent.objects.get(action=Action.PRIMARY_REPLACED)
    people = {"former": f"user:{former.pk}", "taker": f"user:{taker.pk}"}
    assert event.detail == {"reason": "Has left", "kept": keep, **people}
    assert (event.target, event.organisation) == (f"organisation:{organisation.pk}", str(organisation.pk))
    page = client_of(make_staff("Helpdesk")).get(page_of(organisation))
    (line,) = page.context["history"]
    assert (line.former, line.taker) == (f"Former Example ({former.email})", f"Taker Example ({taker.email})")


def test_who_was_removed_is_refused_on_the_next_request(organisation: Organisation, person: User) -> None:
    former = make_member(organisation, Role.PRIMARY)
    client = client_of(former)
    assert client.get("/organisation/").status_code == 200
    hand(organisation, make_member(organisation), person)
    assert client.get("/organisation/").status_code != 200


def test_only_an_active_user_of_the_organisation_can_take_the_role(organisation: Organisation, person: User) -> None:
    primary = make_member(organisation, Role.PRIMARY)
    foreign, invited, left, barred = make_member(make_organisation()), *(make_member(organisation) for _ in range(3))
    Membership.objects.filter(user=invited).update(invited_at=timezone.now())
    Membership.objects.filter(user=left).update(is_active=False)
    User.objects.filter(pk=barred.pk).update(is_active=False)
    for nobody in (foreign, invited, left, barred):
        with pytest.raises(SupervisionError, match="Only an active user"):
            hand(organisation, nobody, person)
    with pytest.raises(SupervisionError, match="already"):
        hand(organisation, primary, person)
    with pytest.raises(SupervisionError, match="reason"):
        hand(organisation, make_member(organisation), person, reason=" ")
    assert Membership.objects.get(organisation=organisation, role=Role.PRIMARY).user == primary


def test_the_form_offers_those_who_can_take_the_role(organisation: Organisation, registrations: Client) -> None:
    former, taker = make_member(organisation, Role.PRIMARY), make_member(organisation)
    invited = make_member(organisation)
    Membership.objects.filter(user=invited).update(invited_at=timezone.now())
    address = page_of(organisation, "primary/")
    choices = registrations.get(address).context["form"].fields["to"].choices
    assert [key for key, _label in choices] == ["", str(taker.membership.pk)]
    data = {"to": str(invited.membership.pk), "former": "keep", "reason": "Has left"}
    assert registrations.post(address, data).status_code == 200
    data["to"] = str(taker.membership.pk)
    assert "is the Primary User now" in shown_messages(registrations, address, data)
    former.membership.refresh_from_db()
    assert former.membership.role == Role.ADMIN


@pytest.mark.django_db(transaction=True)
def test_of_two_who_give_the_role_away_at_once_there_is_still_one_primary_user() -> None:
    organisation, by = make_organisation(), make_user(is_staff=True)
    takers = [make_member(organisation), make_member(organisation)]
    start = Barrier(2)

    def run(taker: User) -> None:
        try:
            start.wait()
            hand(organisation, taker, by, keep_former=True)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, takers))
    assert organisation.memberships.filter(role=Role.PRIMARY, is_active=True).count() == 1
    assert AuditEvent.objects.filter(action=Action.PRIMARY_REPLACED).count() == 2


# --- Changes of name --------------------------------------------------------------------------------------------------


@pytest.fixture
def change(organisation: Organisation) -> NameChange:
    asker = make_member(organisation, Role.PRIMARY, email="primary@example.org")
    return organisation.name_changes.create(
        new_name="Example Metropolitan University", reason="We have merged", asked_by=f"user:{asker.pk}"
    )


def test_a_new_name_is_granted(change: NameChange, organisation: Organisation, registrations: Client) -> None:
    assertContains(registrations.get(NAMES), "We have merged")
    assert AuditEvent.objects.get(action=Action.LIST_VIEWED).detail["of"] == "namechange"
    assert "The new name is in force" in shown_messages(registrations, f"{NAMES}{change.pk}/grant/", {"reason": "Seen"})
    organisation.refresh_from_db()
    change.refresh_from_db()
    assert (organisation.name, change.granted) == ("Example Metropolitan University", True)
    assert [each.name for each in organisation.former_names.all()] == ["University of Example"]
    mail = Mail.objects.get()
    assert mail.recipient == "primary@example.org"
    assert "Example Metropolitan University" in mail.text
    assert AuditEvent.objects.get(action=Action.NAME_CHANGE_DECIDED).detail == {
        "granted": True,
        "from": "University of Example",
        "to": "Example Metropolitan University",
        "reason": "Seen",
    }
    assertContains(registrations.get(NAMES), "Nobody asks for another name")


def test_a_new_name_is_refused_with_a_reason(
    change: NameChange, organisation: Organisation, registrations: Client
) -> None:
    address = f"{NAMES}{change.pk}/refuse/"
    assertContains(registrations.post(address, {"answer": ""}), "Give the reason")
    assert "The request is refused" in shown_messages(registrations, address, {"answer": "There is no such name"})
    organisation.refresh_from_db()
    assert organisation.name == "University of Example"
    assert "There is no such name" in Mail.objects.get().text


def test_a_change_of_name_is_answered_once(change: NameChange, person: User, registrations: Client) -> None:
    supervision.decide_name_change(change=change, granted=False, by=person, answer="No")
    with pytest.raises(SupervisionError, match="in the meantime"):
        supervision.decide_name_change(change=change, granted=True, by=person)
    assert "in the meantime" in shown_messages(registrations, f"{NAMES}{change.pk}/grant/", {"reason": "Seen"})
    assert Mail.objects.count() == 1


def test_a_refusal_without_a_reason_is_none(change: NameChange, person: User) -> None:
    with pytest.raises(SupervisionError, match="Say why"):
        supervision.decide_name_change(change=change, granted=False, by=person, answer=" ")


# --- Who may ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", ["Helpdesk", "Results"])
def test_who_may_not_supervise_cannot(group: str, organisation: Organisation, change: NameChange) -> None:
    client = client_of(make_staff(group))
    data = {**details(organisation, city="Ely"), "reason": "-", "answer": "-"}
    membership = organisation.memberships.first()
    for address in (
        *(page_of(organisation, f"{step}/") for step in ("edit", "suspend", "reinstate", "primary")),
        page_of(organisation, f"users/{membership and membership.pk}/resend/"),
        f"{NAMES}{change.pk}/grant/",
        f"{NAMES}{change.pk}/refuse/",
    ):
        assert client.post(address, data).status_code == 403
    organisation.refresh_from_db()
    assert (organisation.state, organisation.city) == ("active", "")
    assert not Mail.objects.exists()
