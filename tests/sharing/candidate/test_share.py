"""Sharing, from the choice of results to what the organisation sees, and only when the last button was pressed."""

from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts import limits
from accounts.models import Mail, User
from accounts.months import months_later
from organisations.models import Organisation
from results import photos
from results.models import Claim
from rvs.sample_photos import drawn_photo
from sharing.candidate import offer
from sharing.models import OrganisationInvitation, Share
from tests.factories import make_claim, make_organisation, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return make_user(email="zoe@mail.example")


@pytest.fixture
def zoe(owner: User) -> Client:
    client = Client()
    client.force_login(owner)
    return client


@pytest.fixture
def claim(owner: User) -> Claim:
    return make_claim(candidate=owner, photo=photos.store(drawn_photo(1)))


@pytest.fixture
def fenland() -> Organisation:
    return make_organisation("University of Fenland", slug="fenland", city="Ely", website="https://fenland.example")


def form(claim: Claim, **changes: Any) -> dict[str, Any]:
    return {"results": [str(claim.pk)], "photo": "with", "months": "12", "applicant_reference": "A-17", **changes}


def young(year: int) -> date:
    today = timezone.localdate()
    return date(today.year - year, 1, 1)


def test_one_result_needs_no_choice(zoe: Client, claim: Claim) -> None:
    assertRedirects(zoe.get("/candidate/shares/new/"), f"/candidate/shares/new/organisation/?result={claim.pk}")


def test_several_results_are_chosen_and_none_is_ticked(zoe: Client, owner: User, claim: Claim) -> None:
    other = make_claim(candidate=owner, exam="CAE", exam_date=date(2023, 5, 1), label="Pass at Grade B")
    make_claim(candidate=owner, status="pending", exam_date=date(2025, 5, 1), session="Pending session")
    page = zoe.get("/candidate/shares/new/")
    for each in (claim, other):
        assertContains(page, f'value="{each.pk}"')
    assertNotContains(page, "checked")
    assertNotContains(page, "Pending session")
    assertRedirects(zoe.get("/candidate/shares/new/organisation/"), "/candidate/shares/new/?missed")


def test_the_search_works_as_a_page_and_as_a_part_of_it(zoe: Client, claim: Claim, fenland: Organisation) -> None:
    address = f"/candidate/shares/new/organisation/?result={claim.pk}&q=fenl"
    for answer, whole in ((zoe.get(address), True), (zoe.get(address, headers={"HX-Request": "true"}), False)):
        assertContains(answer, f'href="/candidate/share/fenland?result={claim.pk}"')
        assert (b"<html" in answer.content) is whole


def test_similar_names_stand_side_by_side_with_a_warning(zoe: Client, claim: Claim, fenland: Organisation) -> None:
    make_organisation("Fenland University", slug="twin", country="US", website="https://fenland-us.example")
    page = zoe.get(f"/candidate/shares/new/organisation/?result={claim.pk}&q=fenland")
    assertContains(page, "Some names here are alike")
    assertContains(page, "Another one has a similar name", count=2)
    chosen = zoe.get("/candidate/share/fenland")
    assertContains(chosen, "Is this the right one?")
    assertContains(chosen, "fenland-us.example")


def test_nothing_is_shared_before_the_last_button(zoe: Client, claim: Claim, fenland: Organisation) -> None:
    step = zoe.get(f"/candidate/share/fenland?result={claim.pk}")
    assertContains(step, "See what they will see")
    preview = zoe.post("/candidate/share/fenland", form(claim))
    for word in (
        "University of Fenland",
        "24 February 1999",
        "Speaking",
        "A-17",
        "Who knows that it is zoe@mail.example",
        "Goes along",
    ):
        assertContains(preview, word)
    assertContains(preview, f"/candidate/results/{claim.pk}/photo")
    assert not Share.objects.exists()

    answer = zoe.post("/candidate/share/fenland/send/", form(claim))

    share = Share.objects.get()
    assertRedirects(answer, f"/candidate/shares/{share.pk}/")
    assert (share.organisation, share.result, share.with_photo) == (fenland, claim.result, True)
    assert share.applicant_reference == "A-17"
    assert share.expires_at
    assert share.expires_at.date() == months_later(timezone.now(), 12).date()


def test_without_the_photo_the_preview_shows_none(zoe: Client, claim: Claim, fenland: Organisation) -> None:
    preview = zoe.post("/candidate/share/fenland", form(claim, photo="without"))
    assertNotContains(preview, f"/candidate/results/{claim.pk}/photo")
    assertContains(preview, "Stays here")


def test_until_withdrawn_has_no_end(zoe: Client, claim: Claim, fenland: Organisation) -> None:
    zoe.post("/candidate/share/fenland/send/", form(claim, months="open"))
    assert Share.objects.get().expires_at is None


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"results": []}, "Choose at least one result"),
        ({"photo": ""}, "Choose whether the photo goes along"),
        ({"months": ""}, "Choose how long"),
        ({"months": "25"}, "Select a valid choice"),
        ({"months": "0"}, "Select a valid choice"),
        ({"applicant_reference": "x" * 65}, "at most 64"),
    ],
)
@pytest.mark.parametrize("step", ["/candidate/share/fenland", "/candidate/share/fenland/send/"])
def test_what_is_missing_is_named(
    zoe: Client, claim: Claim, fenland: Organisation, step: str, changes: dict[str, Any], problem: str
) -> None:
    assertContains(zoe.post(step, form(claim, **changes)), problem)
    assert not Share.objects.exists()


def test_the_applicant_number_has_the_form_that_they_use(zoe: Client, claim: Claim, fenland: Organisation) -> None:
    Organisation.objects.filter(pk=fenland.pk).update(
        applicant_reference_label="UCAS number", applicant_reference_pattern="9999999999"
    )
    page = zoe.get("/candidate/share/fenland")
    assertContains(page, "UCAS number")
    assertContains(page, "For example 1234567890")
    assertContains(zoe.post("/candidate/share/fenland", form(claim)), "They write it like 1234567890")
    assertContains(zoe.post("/candidate/share/fenland", form(claim, applicant_reference="1409338127")), "1409338127")
    assertContains(zoe.post("/candidate/share/fenland", form(claim, applicant_reference="")), "Nothing is shared yet")


def test_anothers_result_cannot_be_shared(candidate: Client, claim: Claim, fenland: Organisation) -> None:
    candidate.post("/candidate/share/fenland/send/", form(claim))
    assert not Share.objects.exists()


def test_what_is_shared_already_is_not_offered_again(zoe: Client, claim: Claim, fenland: Organisation) -> None:
    zoe.post("/candidate/share/fenland/send/", form(claim))
    assertContains(zoe.get("/candidate/share/fenland"), "nothing else to share")
    zoe.post("/candidate/share/fenland/send/", form(claim))
    assert Share.objects.count() == 1


def test_several_results_go_together(zoe: Client, owner: User, claim: Claim, fenland: Organisation) -> None:
    other = make_claim(candidate=owner, exam="CAE", exam_date=date(2023, 5, 1), label="Pass at Grade B")
    answer = zoe.post("/candidate/share/fenland/send/", form(claim, results=[str(claim.pk), str(other.pk)]))
    assertRedirects(answer, "/candidate/shares/")
    assert Share.objects.count() == 2


def test_a_suspended_organisation_cannot_be_found(zoe: Client, claim: Claim, fenland: Organisation) -> None:
    Organisation.objects.filter(pk=fenland.pk).update(state="suspended")
    assert zoe.get("/candidate/share/fenland").status_code == 404
    assert zoe.post("/candidate/share/fenland/send/", form(claim)).status_code == 404


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"exam": "FCE", "minimum_score": 160}, "what they ask for"),
        ({"exam": "FCE", "minimum_score": 180}, "not what they ask for"),
        ({"exam": "CAE"}, "not what they ask for"),
        (None, "They have not told us"),
    ],
)
def test_what_they_accept_is_information(
    zoe: Client, claim: Claim, fenland: Organisation, rule: dict[str, Any] | None, words: str
) -> None:
    if rule:
        fenland.accepted_exams.create(**rule)
    page = zoe.get("/candidate/share/fenland")
    assertContains(page, words)
    assertContains(page, "See what they will see")  # it can be shared all the same


def test_under_eighteen_the_time_is_shorter_and_the_photo_stays(
    zoe: Client, owner: User, fenland: Organisation
) -> None:
    make_claim(candidate=owner, date_of_birth=young(17), exam_date=date(2025, 6, 1), photo=photos.store(drawn_photo(1)))
    page = zoe.get("/candidate/share/fenland")
    assertContains(page, "You are under 18")
    assertContains(page, '<option value="6" selected>', html=False)
    assertContains(page, 'value="without" class="form-check-input" id="id_photo_0" checked')


def test_from_eighteen_on_nothing_is_chosen_for_the_photo(zoe: Client, claim: Claim, fenland: Organisation) -> None:
    page = zoe.get("/candidate/share/fenland")
    assertNotContains(page, "checked")
    assertNotContains(page, "You are under 18")
    assertContains(page, '<option value="12" selected>', html=False)


@pytest.mark.parametrize(
    ("born", "today", "under_age"),
    [
        (date(2008, 2, 29), date(2026, 2, 28), True),
        (date(2008, 2, 29), date(2026, 3, 1), False),
        (date(2008, 11, 25), date(2026, 11, 24), True),
        (date(2008, 11, 25), date(2026, 11, 25), False),
    ],
)
def test_one_comes_of_age_on_the_birthday(owner: User, born: date, today: date, *, under_age: bool) -> None:
    make_claim(candidate=owner, date_of_birth=born, exam_date=date(2025, 6, 1))
    assert offer.is_under_age(offer.shareable(owner), today) is under_age


def test_the_end_of_a_month_stays_its_end() -> None:
    assert offer.end_after("6", datetime(2026, 8, 31, 12, tzinfo=timezone.get_current_timezone())) == datetime(
        2027, 2, 28, 12, tzinfo=timezone.get_current_timezone()
    )


def test_an_organisations_own_link_survives_the_log_in(
    client: Client, owner: User, claim: Claim, fenland: Organisation
) -> None:
    page = client.get("/candidate/share/fenland")
    assertContains(page, "University of Fenland")
    assertContains(page, "/login/?next=%2Fcandidate%2Fshare%2Ffenland")
    assertContains(page, "/candidate/register/?next=%2Fcandidate%2Fshare%2Ffenland")
    assertRedirects(client.post("/candidate/share/fenland", form(claim)), "/login/?next=/candidate/share/fenland")


def test_no_address_holds_what_was_typed(zoe: Client, claim: Claim, fenland: Organisation) -> None:
    pages = [
        zoe.get(f"/candidate/shares/new/organisation/?result={claim.pk}&q=fen"),
        zoe.get("/candidate/share/fenland"),
    ]
    for page in pages:
        assert claim.result.reference_number not in page.content.decode()


INVITE = {"organisation_name": "Oxbow College", "website": "www.oxbow.example", "email": "Admissions@Oxbow.example"}


def test_an_organisation_that_is_not_here_is_invited(zoe: Client, claim: Claim) -> None:
    assertRedirects(zoe.post("/candidate/shares/new/invite/", INVITE), "/candidate/shares/")
    invitation = OrganisationInvitation.objects.get()
    assert (invitation.email, invitation.website) == ("admissions@oxbow.example", "https://www.oxbow.example")
    mail = Mail.objects.get()
    assert mail.recipient == "admissions@oxbow.example"
    assert not [word for word in ("Oxbow", "Zoë", "Muñoz", "zoe@mail.example") if word in mail.text + mail.subject]


def test_an_organisation_gets_one_mail_however_many_invite_it(zoe: Client, candidate: Client, claim: Claim) -> None:
    for client in (zoe, candidate, zoe):
        client.post("/candidate/shares/new/invite/", INVITE)
    assert (OrganisationInvitation.objects.count(), Mail.objects.count()) == (3, 1)


def test_invitations_are_limited(zoe: Client, claim: Claim) -> None:
    for number in range(limits.INVITATION.count):
        zoe.post("/candidate/shares/new/invite/", {**INVITE, "email": f"a{number}@oxbow.example"})
    assert zoe.post("/candidate/shares/new/invite/", INVITE).status_code == 429
    assert OrganisationInvitation.objects.count() == limits.INVITATION.count


def test_whoever_is_listed_is_shown_and_not_invited(zoe: Client, claim: Claim, fenland: Organisation) -> None:
    answer = zoe.post("/candidate/shares/new/invite/", {**INVITE, "website": "https://fenland.example/apply"})
    assertContains(answer, "It is here already")
    assert not OrganisationInvitation.objects.exists()
