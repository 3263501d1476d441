"""Staff decide on applications: once, by enough people, with a reason, and the applicant is told."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Action, AuditEvent, Mail, User
from organisations import decisions
from organisations.decisions import DecisionError, OvertakenError, mark
from organisations.models import Membership, Organisation, Registration, RegistrationMessage, RegistrationState, Role
from tests.factories import make_member, make_organisation, make_registration, make_user
from tests.rvs.test_staff_groups import client_of, make_staff

pytestmark = pytest.mark.django_db

FLAGS = [{"code": "free_mail", "detail": {"domain": "gmail.com"}}]
PAGE = "/admin/organisations/registration/"


@pytest.fixture
def first(db: None) -> User:
    return make_user(is_staff=True, given_name="Idris")


@pytest.fixture
def second(db: None) -> User:
    return make_user(is_staff=True, given_name="Margaret")


def approve(registration: Registration, by: User, reason: str = "Checked by telephone") -> Organisation | None:
    registration = decisions.look_again(registration)
    return decisions.approve(registration=registration, seen=mark(registration), by=by, reason=reason)


def reject(registration: Registration, by: User, reason: str = "Not found") -> None:
    registration.refresh_from_db()
    decisions.reject(registration=registration, seen=mark(registration), by=by, reason=reason)


def ask(registration: Registration, by: User, question: str = "Who are you?") -> None:
    registration.refresh_from_db()
    decisions.ask_for_more(registration=registration, seen=mark(registration), by=by, question=question)


def events(registration: Registration) -> list[tuple[str, str]]:
    found = AuditEvent.objects.filter(target=f"registration:{registration.pk}").order_by("pk")
    return [(event.action, event.actor) for event in found]


# --- Approve ----------------------------------------------------------------------------------------------------------


def test_an_approval_makes_the_organisation_and_invites_its_primary_user(first: User) -> None:
    registration = make_registration(
        organisation_name="University of Fenland", email="ada@admissions.fenland.ac.uk",
        website="https://www.fenland.ac.uk", organisation_type="college", country="IE",
    )  # fmt: skip
    organisation = approve(registration, first)
    registration.refresh_from_db()
    assert organisation is not None
    assert registration.organisation == organisation
    assert (registration.state, registration.decided_by) == (RegistrationState.APPROVED, f"user:{first.pk}")
    assert (organisation.name, organisation.type, organisation.country.code) == (
        "University of Fenland",
        "college",
        "IE",
    )
    assert (organisation.slug, organisation.website, organisation.city) == (
        "university-of-fenland",
        "https://www.fenland.ac.uk",
        "",
    )
    assert [(each.domain, each.confirmed) for each in organisation.email_domains.all()] == [("fenland.ac.uk", True)]
    member = organisation.memberships.get()
    assert (member.role, member.user.email, member.shown_name) == (Role.PRIMARY, registration.email, "Ada Applicant")
    assert member.is_pending
    mail = Mail.objects.get(recipient=registration.email)  # one for both: it is approved, and here is the link
    assert mail.subject == "Approved: your organisation can verify results now"
    assert f"Your application {registration.reference} is approved" in mail.text
    assert "/invitation/" in mail.text
    assert events(registration) == [(Action.REGISTRATION_APPROVED, f"user:{first.pk}")]
    event = AuditEvent.objects.get(action=Action.REGISTRATION_APPROVED)
    assert event.detail == {"reason": "Checked by telephone", "flags": []}
    assert event.organisation == str(organisation.pk)


@pytest.mark.parametrize("website", ["https://fenland.ac.uk", "https://www.gmail.com"])
def test_another_domain_and_everybodys_domain_are_not_confirmed(first: User, second: User, website: str) -> None:
    registration = make_registration(email="ada@gmail.com", website=website)
    approve(registration, first)
    organisation = approve(registration, second)
    assert organisation is not None
    assert not organisation.email_domains.exists()


@pytest.mark.parametrize(
    ("name", "slugs"),
    [
        ("Universität Übersee", ["universitat-ubersee", "universitat-ubersee-2", "universitat-ubersee-3"]),
        ("A" * 200, ["a" * 50, f"{'a' * 50}-2", f"{'a' * 50}-3"]),
    ],
)
def test_organisations_of_one_name_get_addresses_of_their_own(
    first: User, settings: Settings, name: str, slugs: list[str]
) -> None:
    settings.TWO_PERSON_APPROVAL = "off"
    made = [approve(make_registration(organisation_name=name), first) for _ in slugs]
    assert [each and each.slug for each in made] == slugs


def test_a_name_without_latin_letters_gets_an_address_all_the_same(first: User, settings: Settings) -> None:
    settings.TWO_PERSON_APPROVAL = "off"
    made = [approve(make_registration(organisation_name="東京大学"), first) for _ in range(2)]
    assert len({each.slug for each in made if each and each.slug}) == 2


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_every_decision_needs_a_reason(first: User, reason: str) -> None:
    registration = make_registration()
    for decide in (approve, reject, ask):
        with pytest.raises(DecisionError, match="Say why"):
            decide(registration, first, reason)
    registration.refresh_from_db()
    assert registration.state == RegistrationState.RECEIVED
    assert events(registration) == []
    assert not Mail.objects.exists()


def test_a_user_of_another_organisation_cannot_be_made_primary_user(first: User, settings: Settings) -> None:
    settings.TWO_PERSON_APPROVAL = "off"
    taken = make_member(make_organisation("Elsewhere College"))
    registration = make_registration(email=taken.email)
    before = Organisation.objects.count()
    with pytest.raises(DecisionError, match="another organisation"):
        approve(registration, first)
    registration.refresh_from_db()
    assert registration.state == RegistrationState.RECEIVED
    assert Organisation.objects.count() == before
    assert taken.membership.organisation.name == "Elsewhere College"


def test_a_candidates_account_becomes_the_primary_users_and_keeps_its_password(first: User, settings: Settings) -> None:
    settings.TWO_PERSON_APPROVAL = "off"
    person = make_user("ada@example.org")
    organisation = approve(make_registration(email=person.email), first)
    person.refresh_from_db()
    assert organisation is not None
    assert organisation.memberships.get().user == person
    assert person.has_usable_password()


# --- Two people -------------------------------------------------------------------------------------------------------


def test_a_flagged_application_needs_two_people(first: User, second: User) -> None:
    registration = make_registration(flags=FLAGS)
    assert approve(registration, first) is None
    registration.refresh_from_db()
    assert (registration.state, registration.first_approved_by) == (RegistrationState.RECEIVED, f"user:{first.pk}")
    assert not Mail.objects.exists()
    with pytest.raises(DecisionError, match="another person"):
        approve(registration, first)
    assert not Organisation.objects.exists()
    assert approve(registration, second) is not None
    registration.refresh_from_db()
    assert (registration.first_approved_by, registration.decided_by) == (f"user:{first.pk}", f"user:{second.pk}")
    assert events(registration) == [
        (Action.REGISTRATION_FIRST_APPROVED, f"user:{first.pk}"),
        (Action.REGISTRATION_APPROVED, f"user:{second.pk}"),
    ]


@pytest.mark.parametrize(
    ("setting", "flags", "needed"),
    [
        ("off", FLAGS, 1),
        ("off", [], 1),
        ("flagged", FLAGS, 2),
        ("flagged", [], 1),
        ("always", FLAGS, 2),
        ("always", [], 2),
    ],
)
def test_the_setting_says_which_need_two(
    first: User, settings: Settings, setting: str, flags: list[dict[str, Any]], needed: int
) -> None:
    settings.TWO_PERSON_APPROVAL = setting
    made = approve(make_registration(flags=flags), first)
    assert (made is None) == (needed == 2)


def test_a_first_approval_no_longer_counts_once_more_was_asked(first: User, second: User) -> None:
    registration = make_registration(flags=FLAGS)
    approve(registration, first)
    ask(registration, first)
    registration.refresh_from_db()
    assert registration.first_approved_by == ""
    assert approve(registration, second) is None


def test_the_first_person_may_approve_alone_once_the_setting_is_off(first: User, settings: Settings) -> None:
    registration = make_registration(flags=FLAGS)
    approve(registration, first)
    settings.TWO_PERSON_APPROVAL = "off"
    assert approve(registration, first) is not None


def test_either_person_may_reject_after_a_first_approval(first: User) -> None:
    registration = make_registration(flags=FLAGS)
    approve(registration, first)
    reject(registration, first)
    registration.refresh_from_db()
    assert registration.state == RegistrationState.REJECTED


def test_the_database_itself_refuses_one_person_twice(first: User) -> None:
    registration = make_registration(flags=FLAGS)
    same = {"first_approved_by": f"user:{first.pk}", "decided_by": f"user:{first.pk}", "decided_at": timezone.now()}
    made = {"state": "approved", "organisation": make_organisation()}
    with pytest.raises(IntegrityError, match="registration_second_person_is_another"), transaction.atomic():
        Registration.objects.filter(pk=registration.pk).update(**same, **made)


def test_one_person_cannot_approve_a_flagged_application_by_any_route() -> None:
    """Two tabs, two browsers, the list's form, the service: twenty times."""
    registration = make_registration(flags=FLAGS)
    person = make_staff("Registrations")
    tabs = [client_of(person), client_of(person)]
    seen = [tab.get(f"{PAGE}{registration.pk}/approve/").context["form"].initial["seen"] for tab in tabs]
    for attempt in range(20):
        tab = tabs[attempt % 2]
        data = {"text": "I am sure", "seen": seen[attempt % 2] if attempt < 10 else mark(registration)}
        tab.post(f"{PAGE}{registration.pk}/approve/", data)
        tab.post(PAGE, {"action": "approve", "_selected_action": [str(registration.pk)]})
        with pytest.raises(DecisionError):
            approve(registration, person)
    registration.refresh_from_db()
    assert registration.state == RegistrationState.RECEIVED
    assert not Organisation.objects.exists()


def test_what_has_become_unusual_must_be_looked_at_before_one_person_approves(first: User) -> None:
    registration = make_registration(organisation_name="University of Fenland")
    seen = mark(registration)
    make_organisation("University of Fenland")
    with pytest.raises(OvertakenError, match="Something unusual"):
        _approve(registration, seen, first)
    page = client_of(make_staff("Registrations")).get(f"{PAGE}{registration.pk}/")
    assert "has the same name and an account already" in page.content.decode()
    assert page.context["needs_two"]
    assert approve(registration, first) is None


def test_the_first_person_is_offered_no_second_approval() -> None:
    registration = make_registration(flags=FLAGS)
    person, other = make_staff("Registrations"), make_staff("Registrations")
    approve(registration, person)
    offered = [
        f"{registration.pk}/approve/" in client_of(each).get(f"{PAGE}{registration.pk}/").content.decode()
        for each in (person, other)
    ]
    assert offered == [False, True]


# --- Reject, ask ------------------------------------------------------------------------------------------------------


def test_a_rejection_is_mailed_with_its_reason(first: User) -> None:
    registration = make_registration()
    reject(registration, first, "We could not reach <anybody> & nobody's there.")
    registration.refresh_from_db()
    assert (registration.state, registration.organisation) == (RegistrationState.REJECTED, None)
    assert registration.reason == "We could not reach <anybody> & nobody's there."
    mail = Mail.objects.get()
    assert mail.recipient == registration.email
    assert registration.reason in mail.text
    assert registration.reference in mail.text
    assert AuditEvent.objects.get(action=Action.REGISTRATION_REJECTED).detail["reason"] == registration.reason


def test_a_question_is_mailed_and_waits_for_the_answer(first: User) -> None:
    registration = make_registration()
    ask(registration, first, "Whom can we call?")
    registration.refresh_from_db()
    assert registration.state == RegistrationState.MORE_INFORMATION
    message = registration.messages.get()
    assert (message.text, message.by_staff, message.author) == ("Whom can we call?", True, f"user:{first.pk}")
    assert "Whom can we call?" in Mail.objects.get().text
    assert events(registration) == [(Action.REGISTRATION_ASKED, f"user:{first.pk}")]


def test_while_the_applicant_is_asked_staff_may_still_decide(first: User) -> None:
    registrations = [make_registration(), make_registration()]
    for registration, decide in zip(registrations, (approve, reject), strict=True):
        ask(registration, first)
        decide(registration, first)
        registration.refresh_from_db()
    assert [each.state for each in registrations] == ["approved", "rejected"]


# --- Not twice --------------------------------------------------------------------------------------------------------


def test_what_is_decided_stays_decided(first: User, second: User) -> None:
    rejected, approved = make_registration(), make_registration()
    reject(rejected, first)
    approve(approved, first)
    for registration, word in ((rejected, "rejected"), (approved, "approved")):
        for decide in (approve, reject, ask):
            with pytest.raises(OvertakenError, match=f"Idris Example .* was faster: Application {word}"):
                decide(registration, second)
    assert Organisation.objects.count() == 1


def test_an_unconfirmed_application_cannot_be_decided(first: User) -> None:
    registration = make_registration(state="unconfirmed")
    for decide in (approve, reject, ask):
        with pytest.raises(DecisionError):
            decide(registration, first)


def test_an_answer_that_came_meanwhile_must_be_read_first(first: User) -> None:
    registration = make_registration(state="more_information")
    seen = mark(registration)
    RegistrationMessage.objects.create(registration=registration, by_staff=False, author="applicant", text="Here")
    with pytest.raises(OvertakenError, match="applicant has written"):
        decisions.reject(registration=registration, seen=seen, by=first, reason="No answer")


Decide = Callable[[Registration, str, User], object]


def _approve(registration: Registration, seen: str, by: User) -> object:
    return decisions.approve(registration=registration, seen=seen, by=by, reason="Checked")


def _reject(registration: Registration, seen: str, by: User) -> object:
    return decisions.reject(registration=registration, seen=seen, by=by, reason="Not found")


def _ask(registration: Registration, seen: str, by: User) -> object:
    return decisions.ask_for_more(registration=registration, seen=seen, by=by, question="Who?")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("flags", [[], FLAGS])
@pytest.mark.parametrize(
    "pair", [(_approve, _reject), (_approve, _approve), (_reject, _reject), (_approve, _ask), (_ask, _reject)]
)
def test_of_two_people_who_decide_at_once_one_wins_and_the_other_is_told(
    pair: tuple[Decide, Decide], flags: list[dict[str, Any]]
) -> None:
    people = [make_user(is_staff=True, given_name=name) for name in ("Idris", "Margaret")]
    for _round in range(3):
        registration = make_registration(flags=flags)
        told = _at_once(registration, pair, people)
        registration.refresh_from_db()
        losers = [number for number, text in enumerate(told) if text]
        assert len(losers) == 1, told
        winner = people[1 - losers[0]]
        assert f"{winner.get_full_name()} ({winner.email}) was faster" in told[losers[0]]
        assert events(registration)[0][1] == f"user:{winner.pk}"
        assert len(events(registration)) == 1
        organisations = Organisation.objects.filter(registration=registration).count()
        assert organisations == (registration.state == "approved")
        assert Mail.objects.filter(recipient=registration.email).count() == (0 if registration.first_approved_by else 1)


def _at_once(registration: Registration, pair: tuple[Decide, Decide], people: list[User]) -> list[str]:
    """What each was told: "" for the one whose decision was taken."""
    seen, start = mark(registration), Barrier(2)

    def run(number: int) -> str:
        try:
            start.wait()
            pair[number](registration, seen, people[number])
        except OvertakenError as error:
            return str(error)
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, range(2)))


@pytest.mark.django_db(transaction=True)
def test_two_of_one_name_approved_at_once_get_addresses_of_their_own_or_are_looked_at_again(settings: Settings) -> None:
    settings.TWO_PERSON_APPROVAL = "off"
    people = [make_user(is_staff=True), make_user(is_staff=True)]
    registrations = [make_registration(organisation_name="University of Twins") for _ in people]
    seen = [mark(decisions.look_again(registration)) for registration in registrations]
    start = Barrier(2)

    def run(number: int) -> str:
        try:
            start.wait()
            made = _approve(registrations[number], seen[number], people[number])
            return made.slug if isinstance(made, Organisation) else ""
        except OvertakenError as error:
            return str(error)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        told = set(pool.map(run, range(2)))
    assert "university-of-twins" in told
    assert len(told) == 2
    assert (
        Organisation.objects.count()
        == Membership.objects.filter(role=Role.PRIMARY).count()
        == len([text for text in told if text.startswith("university")])
    )


# --- Pages ------------------------------------------------------------------------------------------------------------


def test_the_queue_shows_what_is_due_first_on_top_and_nothing_unconfirmed() -> None:
    today = timezone.localdate()
    late = make_registration(due_on=today - timedelta(days=2), flags=FLAGS)
    soon = make_registration(due_on=today)
    later = make_registration()
    hidden = make_registration(state="unconfirmed", organisation_name="Hidden University")
    asked = make_registration(state="more_information", due_on=today - timedelta(days=9))
    client = client_of(make_staff("Registrations"))
    page = client.get(PAGE)
    assert [row["registration"] for row in page.context["rows"]] == [late, soon, later]
    text = page.content.decode()
    assert text.count("Overdue") >= 2
    assert "Due today" in text
    assert "Free mailbox" in text
    assert "gmail.com gives mailboxes to everybody" in text
    assert "Hidden University" not in text
    assert client.get(f"{PAGE}{hidden.pk}/").status_code == 404
    assert [row["registration"] for row in client.get(f"{PAGE}?list=applicant").context["rows"]] == [asked]
    assert [row["registration"] for row in client.get(f"{PAGE}?list=overdue").context["rows"]] == [late]
    assert client.get(f"{PAGE}?list=everything").status_code == 404


def test_the_queue_is_searched_by_name_and_reference() -> None:
    found = make_registration(organisation_name="University of Fenland")
    make_registration()
    client = client_of(make_staff("Helpdesk"))
    for words in ("fenland", found.reference, f" {found.reference.lower()} "):
        assert [row["registration"] for row in client.get(PAGE, {"q": words}).context["rows"]] == [found]
    assert client.get(PAGE, {"q": "nowhere\0"}).context["rows"] == []


def test_an_application_is_shown_with_what_staff_need() -> None:
    registration = make_registration(
        organisation_name="University of <b>Fenland</b>", website="https://www.fenland.ac.uk", email="ada@fenland.ac.uk"
    )
    twin = make_organisation("Fenland University", website="https://fenland.ac.uk", country="GB")
    make_organisation("Universidad del Turia", website="https://turia.es")
    earlier = make_registration(email=registration.email)
    page = client_of(make_staff("Helpdesk")).get(f"{PAGE}{registration.pk}/")
    text = page.content.decode()
    assert 'href="https://www.fenland.ac.uk" rel="noopener noreferrer nofollow"' in text
    assert "&lt;b&gt;Fenland" in text
    (side,) = page.context["similar"]
    assert (side.organisation, side.users, side.same_domain, side.same_country) == (twin, 1, True, True)
    assert list(page.context["other"]) == [earlier]
    assert "approve/" not in text  # the helpdesk only reads
    assert AuditEvent.objects.filter(action=Action.RECORD_VIEWED, target=f"registration:{registration.pk}").exists()


@pytest.mark.parametrize(
    ("step", "state"), [("approve", "approved"), ("reject", "rejected"), ("ask", "more_information")]
)
def test_each_decision_is_a_page_that_asks_and_then_does_it(step: str, state: str) -> None:
    registration = make_registration()
    client = client_of(make_staff("Registrations"))
    form = client.get(f"{PAGE}{registration.pk}/{step}/").context["form"]
    assert registration.state == "received"
    assert AuditEvent.objects.filter(action=Action.RECORD_VIEWED, target=f"registration:{registration.pk}").count() == 1
    response = client.post(f"{PAGE}{registration.pk}/{step}/", {"text": "A reason", "seen": form.initial["seen"]})
    assert response["Location"] == f"{PAGE}{registration.pk}/"
    registration.refresh_from_db()
    assert registration.state == state


@pytest.mark.parametrize("step", ["approve", "reject", "ask"])
def test_without_a_text_nothing_is_decided(step: str) -> None:
    registration = make_registration()
    client = client_of(make_staff("Registrations"))
    response = client.post(f"{PAGE}{registration.pk}/{step}/", {"text": " ", "seen": mark(registration)})
    assert "Write the text" in response.content.decode()
    registration.refresh_from_db()
    assert registration.state == "received"


def test_the_second_of_two_people_at_their_pages_is_told_who_was_faster() -> None:
    registration = make_registration()
    faster, slower = client_of(make_staff("Registrations")), client_of(make_staff("Registrations"))
    data = {"text": "A reason", "seen": mark(registration)}
    faster.post(f"{PAGE}{registration.pk}/reject/", data)
    page = slower.post(f"{PAGE}{registration.pk}/approve/", data, follow=True)
    assert "was faster: Application rejected" in page.content.decode()
    assert not Organisation.objects.exists()


@pytest.mark.parametrize("step", ["approve", "reject", "ask"])
@pytest.mark.parametrize("group", ["Helpdesk", "Results"])
def test_who_may_not_decide_cannot(group: str, step: str) -> None:
    registration = make_registration()
    data = {"text": "A reason", "seen": mark(registration)}
    assert client_of(make_staff(group)).post(f"{PAGE}{registration.pk}/{step}/", data).status_code == 403
    registration.refresh_from_db()
    assert registration.state == "received"


def test_a_decided_application_shows_the_decision_and_offers_no_other(first: User) -> None:
    registration = make_registration()
    reject(registration, first)
    client = client_of(make_staff("Registrations"))
    text = client.get(f"{PAGE}{registration.pk}/").content.decode()
    assert "Not found" in text
    assert "Idris Example" in text
    assert "approve/" not in text
    assert client.get(f"{PAGE}{registration.pk}/approve/").status_code == 302


def test_an_outsider_sees_nothing(verifier: Client) -> None:
    registration = make_registration()
    assert verifier.get(f"{PAGE}{registration.pk}/").status_code == 302
