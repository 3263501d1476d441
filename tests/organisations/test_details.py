"""The tab Details: what the Primary User changes alone, and what staff must agree to."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import resolve
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import Action, AuditEvent, Mail
from organisations.models import NameChange, Organisation
from tests.factories import make_member

pytestmark = pytest.mark.django_db

DETAILS, EDIT, NAME = (f"/organisation/{path}" for path in ("", "edit/", "name/"))
TYPED = {
    "address": "1 High Street",
    "city": "Fenland",
    "website": "https://www.example.org/",
    "telephone": "+44 1223 000000",
    "admissions_email": "admissions@example.org",
    "description": "A university.",
    "email_domains": "@Example.org\n\nstaff.example.ac.uk\n",
    "applicant_reference_label": "Applicant number",
    "applicant_reference_pattern": "AA-9999",
}


def test_the_primary_user_changes_them(organisation: Organisation, primary: Client, verifier: Client) -> None:
    assertRedirects(primary.post(EDIT, TYPED), DETAILS)
    page = verifier.get(DETAILS)
    for shown in ("1 High Street", "+44 1223 000000", "A university.", "Applicant number", "for example AB-1234"):
        assertContains(page, shown)
    assertContains(page, "staff.example.ac.uk (not confirmed yet)")
    assertContains(page, "example.org (confirmed)")
    assertNotContains(page, "Edit the details")
    event = AuditEvent.objects.get(action=Action.PROFILE_CHANGED)
    assert event.organisation == str(organisation.pk)
    assert set(event.detail["fields"]) == set(TYPED)


def test_saving_the_same_again_is_no_event(primary: Client) -> None:
    for _time in range(2):
        primary.post(EDIT, TYPED)
    assert AuditEvent.objects.filter(action=Action.PROFILE_CHANGED).count() == 1


def test_what_was_confirmed_stays_confirmed_and_what_is_left_out_goes(
    organisation: Organisation, primary: Client
) -> None:
    organisation.email_domains.create(domain="kept.example.org", confirmed=True)
    organisation.email_domains.create(domain="gone.example.org", confirmed=True)
    primary.post(EDIT, TYPED | {"email_domains": "kept.example.org\nnew.example.org"})
    assert [(row.domain, row.confirmed) for row in organisation.email_domains.all()] == [
        ("kept.example.org", True),
        ("new.example.org", False),
    ]


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("website", "http://www.example.org", "must begin with https://"),
        ("website", "javascript:alert(1)", "Enter the address of a website"),
        ("admissions_email", "nonsense", "Enter an e-mail address in the usual form"),
        ("email_domains", "gmail.com", "gmail.com cannot be the e-mail domain of one organisation"),
        ("email_domains", "ac.uk", "ac.uk cannot be the e-mail domain"),
        ("email_domains", "nodots", "nodots cannot be the e-mail domain"),
        ("email_domains", "two words.org", "two words.org cannot be the e-mail domain"),
        ("email_domains", f"{'a' * 260}.org", "cannot be the e-mail domain"),
        ("applicant_reference_pattern", "BCD", "Use at least one A, 9 or *"),
        ("applicant_reference_pattern", "A\\", "Use at least one A, 9 or *"),
        ("applicant_reference_label", "", "Say what you call it"),
    ],
)
def test_what_cannot_be_is_refused(
    organisation: Organisation, primary: Client, field: str, value: str, problem: str
) -> None:
    assertContains(primary.post(EDIT, TYPED | {field: value}), problem)
    assert not organisation.email_domains.exists()


def test_a_domain_that_users_need_stays_while_others_are_forbidden(organisation: Organisation, primary: Client) -> None:
    organisation.email_domains.create(domain="example.org")
    Organisation.objects.update(own_domains_only=True)
    make_member(organisation, email="ada@example.org")
    assertContains(primary.post(EDIT, TYPED | {"email_domains": "example.com"}), "ada@example.org")
    assert organisation.email_domains.get().domain == "example.org"


def test_name_type_and_country_are_not_the_organisations_to_change(organisation: Organisation, primary: Client) -> None:
    primary.post(EDIT, TYPED | {"name": "Oxford", "type": "government", "country": "FR", "slug": "oxford"})
    after = Organisation.objects.get(pk=organisation.pk)
    same = ("name", "type", "country", "slug", "state")
    assert [getattr(after, field) for field in same] == [getattr(organisation, field) for field in same]


def test_another_name_is_asked_of_staff(organisation: Organisation, primary: Client, verifier: Client) -> None:
    answer = primary.post(NAME, {"new_name": "Example University", "reason": "We merged."}, follow=True)
    assertContains(answer, "The name stays as it is until staff have agreed")
    for client in (primary, verifier):
        assertContains(client.get(DETAILS), "A change of name waits for our staff")
    asked = NameChange.objects.get()
    assert (asked.organisation, asked.new_name, asked.reason) == (organisation, "Example University", "We merged.")
    mail = Mail.objects.get(recipient=settings.HELPDESK_EMAIL)
    assert "University of Example asks to be called Example University" in mail.text
    assert Organisation.objects.get(pk=organisation.pk).name == "University of Example"
    assert AuditEvent.objects.filter(action=Action.NAME_CHANGE_ASKED).count() == 1


def test_one_wish_waits_at_a_time(primary: Client) -> None:
    for name in ("First", "Second"):
        answer = primary.post(NAME, {"new_name": name, "reason": "Because"}, follow=True)
    assertContains(answer, "A change of name waits for its answer already")
    assert NameChange.objects.get().new_name == "First"


@pytest.mark.parametrize("missing", ["new_name", "reason"])
def test_name_and_reason_are_required(primary: Client, missing: str) -> None:
    typed = {"new_name": "A", "reason": "B"} | {missing: ""}
    assertContains(primary.post(NAME, typed), "There is a problem")


def test_the_link_for_candidates_and_its_code(organisation: Organisation, verifier: Client) -> None:
    link = f"{settings.PUBLIC_BASE_URL}/candidate/share/{organisation.slug}"
    assertContains(verifier.get(DETAILS), link)
    assert resolve(link.removeprefix(settings.PUBLIC_BASE_URL)).kwargs == {"slug": organisation.slug}
    code = verifier.get("/organisation/share-code.svg")
    assert code["Content-Type"] == "image/svg+xml"
    assert b"<svg" in code.content
    assert b"style" not in code.content
    assert b"script" not in code.content
