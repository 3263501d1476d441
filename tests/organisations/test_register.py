"""An organisation applies: the form, the confirmation of the address, and what staff get to see."""

import re
import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import Action, AuditEvent, Mail, User
from organisations import decisions
from organisations.models import Registration, Role
from organisations.registrations import applications
from organisations.registrations.links import Purpose, token
from organisations.tasks import forget_applications
from tests.factories import make_member, make_organisation, make_user
from tests.organisations.applying import APPLICATION, apply, link, received

pytestmark = pytest.mark.django_db
EMAIL = APPLICATION["email"]


# --- The form ---------------------------------------------------------------------------------------------------------


def test_three_ways_in(client: Client) -> None:
    page = client.get("/register/")
    for label in ("Create a new account", "Join an existing account", "I am a student"):
        assertContains(page, label)
    assertContains(page, 'type="radio"', count=3)
    assertContains(page, "five UK working days")
    assert client.get("/register/", {"choice": "create"}).status_code == 200
    assertRedirects(client.get("/register/", {"choice": "join"}), "/register/join/")
    assertRedirects(client.get("/register/", {"choice": "student"}), "/register/student/")
    assert client.get("/register/", {"choice": "x"}).status_code == 200


def test_the_form_asks_what_the_leaflet_says(client: Client) -> None:
    page = client.get("/register/")
    for name in APPLICATION:
        assertContains(page, f'name="{name}"', count=1)
    for label in ("University", "College", "School", "Employer", "Government department", "Professional body"):
        assertContains(page, f">{label}</option>", count=1)
    assertContains(page, "https://")
    assertContains(page, "Preparation Centre")
    assertContains(page, "checked", count=1)  # the way in; no box is ticked beforehand


def test_a_student_is_led_to_the_candidate_site(client: Client) -> None:
    page = client.get("/register/student/")
    assertContains(page, 'href="/candidate/"')
    assertContains(page, "You do not register here")


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"given_name": " "}, "Enter your first name"),
        ({"family_name": ""}, "Enter your last name"),
        ({"job_title": ""}, "Enter your job title"),
        ({"email": ""}, "Enter your e-mail address"),
        ({"email": "nobody"}, "in the usual form"),
        ({"email_again": "bda@merefield.example"}, "The two e-mail addresses are not the same"),
        ({"organisation_name": ""}, "Enter the organisation’s name"),
        ({"organisation_name": "Win at https://evil.example"}, "Leave web addresses out here"),
        ({"organisation_type": ""}, "Select the type of organisation"),
        ({"organisation_type": "bank"}, "Select a valid choice"),
        ({"website": "https://"}, "Enter the address of the organisation’s website"),
        ({"website": "localhost"}, "Enter the address of the organisation’s website"),
        ({"website": "no website"}, "Enter the address of the organisation’s website"),
        ({"website": "https://["}, "Enter the address of the organisation’s website"),
        ({"website": "exa\u2100mple.org"}, "Enter the address of the organisation’s website"),
        ({"website": "fenland.ac.uk@elsewhere.example"}, "Enter the address of the organisation’s website"),
        ({"country": ""}, "Select the country"),
        ({"terms": ""}, "must accept the terms of use"),
    ],
)
def test_what_is_missing_or_wrong_is_said(client: Client, typed: dict[str, str], message: str) -> None:
    page = client.post("/register/", {**APPLICATION, **typed})
    assertContains(page, message)
    assertContains(page, "There is a problem")
    assert not Registration.objects.exists()
    assert not Mail.objects.exists()


@pytest.mark.parametrize(
    ("typed", "website"),
    [
        ("www.merefield.example", "https://www.merefield.example"),
        ("https://https://www.merefield.example/a", "https://www.merefield.example/a"),
        ("HTTP://merefield.example", "https://merefield.example"),
        ("  merefield.example/?q=1 ", "https://merefield.example/?q=1"),
    ],
)
def test_the_website_is_taken_in_any_form(client: Client, typed: str, website: str) -> None:
    apply(client, website=typed)
    assert Registration.objects.get().website == website


def test_names_become_one_line(client: Client) -> None:
    apply(client, organisation_name="Merefield\r\n\r\nCollege  ", email="ADA@Merefield.example")
    registration = Registration.objects.get()
    assert (registration.organisation_name, registration.email) == ("Merefield College", EMAIL)


# --- The confirmation -------------------------------------------------------------------------------------------------


def test_nothing_reaches_staff_before_the_address_is_confirmed(client: Client) -> None:
    response = client.post("/register/", APPLICATION)

    assertRedirects(response, "/register/sent/")
    registration = Registration.objects.get()
    assert (registration.state, registration.confirmed_at, registration.due_on) == ("unconfirmed", None, None)
    assert registration.terms_accepted_at == registration.made_at
    mail = Mail.objects.get(recipient=EMAIL)
    assert "Nothing happens until you have pressed the button" in mail.text
    assert not AuditEvent.objects.filter(action=Action.REGISTRATION_RECEIVED).exists()


def test_the_button_hands_it_to_staff_with_a_due_date(client: Client) -> None:
    with time_machine.travel(datetime(2026, 12, 22, 9, tzinfo=UTC), tick=False):
        apply(client)
        address = link(EMAIL)
    with time_machine.travel(datetime(2026, 12, 23, 23, 30, tzinfo=UTC), tick=False):
        assertContains(client.get(address), "Confirm and send the application")
        page = client.post(address, follow=True)

    registration = Registration.objects.get()
    assert registration.state == "received"
    assert registration.due_on == date(2027, 1, 4), "counted from the confirmation, without bank holidays"
    assertContains(page, registration.reference)
    assertContains(page, "4 January 2027")
    assertContains(page, "We have your application")
    mail = Mail.objects.get(recipient=EMAIL, subject=f"We have your application {registration.reference}")
    assert "4 January 2027" in mail.text
    event = AuditEvent.objects.get(action=Action.REGISTRATION_RECEIVED)
    assert (event.actor, event.target) == ("system:registration", f"registration:{registration.pk}")


def test_flags_are_computed_with_the_confirmation(client: Client) -> None:
    apply(client, email="ada@gmail.com")
    assert Registration.objects.get().flags == []
    client.post(link("ada@gmail.com"))
    assert [flag["code"] for flag in Registration.objects.get().flags] == ["other_domain", "free_mail"]


def test_a_scanner_changes_nothing(client: Client) -> None:
    apply(client)
    address = link(EMAIL)
    for number in range(5):
        scanner = Client(REMOTE_ADDR=f"192.0.2.{number + 1}", headers={"User-Agent": "SafeLinks"})
        scanner.head(address)
        page = scanner.get(address)
        assert page.content.count(b"<script") == page.content.count(b"<script src=")
    assert Registration.objects.get().state == "unconfirmed"
    client.post(address)
    assert Registration.objects.get().state == "received"


def test_used_again_the_link_shows_how_things_stand(client: Client) -> None:
    apply(client)
    address = link(EMAIL)
    client.post(address)
    due, mails = Registration.objects.get().due_on, Mail.objects.count()
    for response in (client.get(address, follow=True), client.post(address, follow=True)):
        assertContains(response, "We have your application")
    assert (Registration.objects.get().due_on, Mail.objects.count()) == (due, mails)
    assert AuditEvent.objects.filter(action=Action.REGISTRATION_RECEIVED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_confirmations_at_once_make_one(client: Client) -> None:
    apply(client)
    registration = Registration.objects.get()
    together = threading.Barrier(4)

    def confirm() -> None:
        together.wait(10)
        applications.confirm(registration)
        connection.close()

    threads = [threading.Thread(target=confirm) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert Registration.objects.get().state == "received"
    assert AuditEvent.objects.filter(action=Action.REGISTRATION_RECEIVED).count() == 1
    assert Mail.objects.filter(subject__startswith="We have your application").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_applications_of_one_address_confirmed_at_once_leave_one(client: Client) -> None:
    for _number in range(3):
        apply(client)
    applied = list(Registration.objects.all())

    def confirm(registration: Registration) -> None:
        applications.confirm(registration)
        connection.close()

    threads = [threading.Thread(target=confirm, args=[registration]) for registration in applied]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert Registration.objects.get().state == "received"
    assert AuditEvent.objects.filter(action=Action.REGISTRATION_RECEIVED).count() == 1


def test_the_link_of_one_purpose_is_worth_nothing_for_another(client: Client) -> None:
    apply(client)
    registration = Registration.objects.get()
    for purpose, path in ((Purpose.CONFIRM, "application"), (Purpose.APPLICATION, "confirm")):
        for method in (client.get, client.post):
            assert method(f"/register/{path}/{token(purpose, registration.pk)}/").status_code in {404, 405}
    assert client.get(f"/register/application/{token(Purpose.APPLICATION, registration.pk)}/").status_code == 404
    assert Registration.objects.get().state == "unconfirmed"


@pytest.mark.parametrize("made_up", ["x", "WyIxIiwib2xkIl0:1tZ:forged", "a" * 3000, "%00"])
def test_a_link_made_up_leads_nowhere(client: Client, made_up: str) -> None:
    for path in ("confirm", "application", "join/confirm"):
        assertContains(client.get(f"/register/{path}/{made_up}/"), "This link no longer works", status_code=404)


# --- An address that is in use ----------------------------------------------------------------------------------------


@pytest.fixture
def known(db: None) -> User:
    return make_user(EMAIL)


def test_an_address_in_use_gets_the_same_page_and_a_mail_that_helps(client: Client, known: User) -> None:
    answers = [
        client.post("/register/", {**APPLICATION, "email": email, "email_again": email})
        for email in (EMAIL, "bda@merefield.example")
    ]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(302, "/register/sent/")] * 2
    assert [registration.email for registration in Registration.objects.all()] == ["bda@merefield.example"]
    mail = Mail.objects.get(recipient=EMAIL)
    assert mail.subject == "You have an account with the Results Verification Service already"
    assert "/login/" in mail.text
    assert "/password/reset/" in mail.text
    assert "Merefield" not in mail.text, "nothing that a stranger typed"


@pytest.mark.parametrize("state", ["received", "more_information"])
def test_an_address_with_an_open_application_is_sent_there(client: Client, state: str) -> None:
    registration = received(client)
    Registration.objects.update(state=state)
    apply(client, organisation_name="Another College")
    assert Registration.objects.get() == registration
    assert client.get(link(EMAIL, "already")).status_code == 200


def test_after_a_rejection_one_may_apply_again(client: Client) -> None:
    received(client)
    Registration.objects.update(state="rejected", reason="No.", decided_by="x", decided_at=timezone.now())
    apply(client)
    assert sorted(Registration.objects.values_list("state", flat=True)) == ["rejected", "unconfirmed"]


def test_a_closed_account_does_not_stand_in_the_way(client: Client) -> None:
    make_user(EMAIL, is_active=False)
    apply(client)
    assert Registration.objects.exists()
    member = make_member(make_organisation(), Role.ADMIN, email="ida@merefield.example", is_active=False)
    apply(client, email=member.email)
    assert Registration.objects.count() == 1


def test_the_confirmed_application_is_the_one_that_counts(client: Client) -> None:
    apply(client, organisation_name="Wrong Name")
    earlier = link(EMAIL)
    apply(client)
    client.post(link(EMAIL))
    assert Registration.objects.get().organisation_name == "Merefield College"
    assertContains(client.post(earlier), "This link no longer works", status_code=404)


# --- The application's page -------------------------------------------------------------------------------------------


def page_of(registration: Registration) -> str:
    return f"/register/application/{token(Purpose.APPLICATION, registration.pk)}/"


def ask(registration: Registration, text: str = "Please send a link to the page that names you.") -> None:
    registration.messages.create(by_staff=True, author="user:x", text=text)
    Registration.objects.filter(pk=registration.pk).update(state="more_information")


def test_the_applicant_answers_and_the_clock_starts_anew(client: Client) -> None:
    with time_machine.travel(datetime(2026, 6, 1, 9, tzinfo=UTC), tick=False):
        registration = received(client)
    ask(registration)
    page = client.get(page_of(registration))
    assertContains(page, "We need more information")
    assertContains(page, "Please send a link to the page that names you.")

    with time_machine.travel(datetime(2026, 6, 5, 9, tzinfo=UTC), tick=False):
        page = client.post(f"{page_of(registration)}answer/", {"text": "<b>It is</b>\nthis page."}, follow=True)

    registration.refresh_from_db()
    assert (registration.state, registration.due_on) == ("received", date(2026, 6, 12))
    assertContains(page, "&lt;b&gt;It is&lt;/b&gt;<br>this page.")
    assertContains(page, "12 June 2026")
    message = registration.messages.get(by_staff=False)
    assert message.author == "system:registration"
    assert AuditEvent.objects.filter(action=Action.REGISTRATION_ANSWERED).count() == 1
    assert Mail.objects.filter(recipient=EMAIL, subject__contains="your answer").count() == 1


def test_the_mail_with_a_question_leads_to_the_page_where_it_is_answered(client: Client) -> None:
    registration = received(client)
    staff = make_user(is_staff=True)
    decisions.ask_for_more(registration=registration, seen=decisions.mark(registration), by=staff, question="Who?")
    page = client.get(link(EMAIL, "A question"))
    assertContains(page, "Who?")
    assertContains(page, "Send the answer")


def test_flags_are_computed_again_with_the_answer(client: Client) -> None:
    registration = received(client)
    ask(registration)
    make_organisation("Merefield College", website="https://merefield.example")
    client.post(f"{page_of(registration)}answer/", {"text": "Here."})
    registration.refresh_from_db()
    assert [flag["code"] for flag in registration.flags] == ["domain_known", "same_name"]


@pytest.mark.parametrize("text", ["", "  ", "x" * 4001])
def test_an_empty_or_endless_answer_is_no_answer(client: Client, text: str) -> None:
    registration = received(client)
    ask(registration)
    assertContains(client.post(f"{page_of(registration)}answer/", {"text": text}), "There is a problem")
    assert registration.messages.count() == 1


@pytest.mark.parametrize("state", ["received", "approved", "rejected"])
def test_nobody_answers_what_nobody_asks(client: Client, state: str) -> None:
    registration = received(client)
    decide(registration, state)
    page = client.post(f"{page_of(registration)}answer/", {"text": "More."}, follow=True)
    assertNotContains(page, "Your answer")
    assertContains(page, "What you wrote just now was not sent")
    registration.refresh_from_db()
    assert (registration.state, registration.messages.count()) == (state, 0)


def decide(registration: Registration, state: str) -> None:
    fields: dict[str, Any] = {"state": state}
    if state != "received":
        fields |= {"decided_by": "user:x", "decided_at": timezone.now(), "reason": "The website does not name you."}
    if state == "approved":
        fields["organisation"] = make_organisation("Merefield College")
    Registration.objects.filter(pk=registration.pk).update(**fields)


def test_a_decision_is_explained(client: Client) -> None:
    registration = received(client)
    decide(registration, "rejected")
    page = client.get(page_of(registration))
    assertContains(page, "We could not accept the application")
    assertContains(page, "The website does not name you.")
    other = received(client, email="bda@other.example")
    decide(other, "approved")
    page = client.get(page_of(other))
    assertContains(page, "Your organisation has its account")
    assertNotContains(page, "The website does not name you.")


def test_answer_refuses_get(client: Client) -> None:
    registration = received(client)
    assert client.get(f"{page_of(registration)}answer/").status_code == 405


@pytest.mark.django_db(transaction=True)
def test_two_answers_at_once_are_one(client: Client) -> None:
    registration = received(client)
    ask(registration)
    outcomes: list[bool] = []

    def answer() -> None:
        outcomes.append(applications.answer(registration=registration, text="Here."))
        connection.close()

    threads = [threading.Thread(target=answer) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(outcomes) == [False, False, True]
    assert registration.messages.count() == 2


# --- The link again ---------------------------------------------------------------------------------------------------


def test_who_lost_the_mail_gets_the_link_again(client: Client) -> None:
    registration = received(client)
    Mail.objects.all().delete()
    assertRedirects(client.post("/register/link/", {"email": EMAIL.upper()}), "/register/sent/")
    assert link(EMAIL) == page_of(registration)
    assert registration.reference in Mail.objects.get().text


def test_before_the_confirmation_the_link_again_is_the_one_to_confirm(client: Client) -> None:
    apply(client)
    client.post("/register/link/", {"email": EMAIL})
    assertContains(client.get(link(EMAIL, "The link to")), "Confirm and send the application")


def test_the_link_again_tells_nobody_who_applied(client: Client) -> None:
    received(client)
    answers = [client.post("/register/link/", {"email": email}) for email in (EMAIL, "bda@merefield.example")]
    assert len({(answer.status_code, answer["Location"]) for answer in answers}) == 1
    assert "We have none" in Mail.objects.get(recipient="bda@merefield.example").text
    assertContains(client.post("/register/link/", {"email": "x"}), "in the usual form")


# --- Limits and forgetting --------------------------------------------------------------------------------------------


def test_mails_to_one_address_are_limited() -> None:
    answers = [
        Client(REMOTE_ADDR=f"192.0.2.{number}").post("/register/", APPLICATION).status_code for number in range(6)
    ]
    assert answers == [302] * 5 + [429]
    assert Client().post("/register/link/", {"email": EMAIL}).status_code == 429


def test_applications_from_one_network_are_limited(client: Client) -> None:
    answers = []
    for number in range(21):
        email = f"n{number}@merefield.example"
        answers.append(client.post("/register/", {**APPLICATION, "email": email, "email_again": email}).status_code)
    assert answers == [302] * 20 + [429]


def test_old_applications_are_forgotten(client: Client) -> None:
    now = timezone.now()
    ages = {
        "new@a.example": ("unconfirmed", timedelta(days=13)),
        "old@a.example": ("unconfirmed", timedelta(days=15)),
        "waits@a.example": ("received", timedelta(days=400)),
        "no@a.example": ("rejected", timedelta(days=100)),
        "past@a.example": ("rejected", timedelta(days=190)),
    }
    for email, (state, age) in ages.items():
        registration = received(client, email=email)
        decide(registration, state if state == "rejected" else "received")
        fields: dict[str, Any] = {"made_at": now - age}
        if state == "unconfirmed":
            fields |= {"state": state, "confirmed_at": None, "due_on": None}
        if state == "rejected":
            fields["decided_at"] = now - age
        Registration.objects.filter(pk=registration.pk).update(**fields)
    forget_applications()
    left = set(Registration.objects.values_list("email", flat=True))
    assert left == {"new@a.example", "waits@a.example", "no@a.example"}


def test_mails_name_no_result_and_only_our_own_pages(client: Client) -> None:
    received(client)
    apply(client)
    client.post("/register/link/", {"email": EMAIL})
    assert Mail.objects.count() == 4
    for mail in Mail.objects.all():
        assert re.findall(r"https?://(?!testserver/)\S+", mail.text) == []
