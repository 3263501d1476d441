"""What one share shows: the result, how it was shared, what has changed, notes, and the way through the list."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine as clock
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from accounts.models import Action, AuditEvent, User
from organisations.models import AcceptedExam, Organisation, Role
from results import photos
from results.models import Candidate, Claim, Result, ResultVersion
from rvs.sample_photos import drawn_photo
from sharing.models import Access, Note, Seen, Share
from tests.factories import change_result, make_member, make_organisation, make_result, make_share, make_user

pytestmark = pytest.mark.django_db

LIST = "/shared-results/"


def shared(organisation: Organisation, result: Result | None = None, *, days_ago: float = 1, **content: Any) -> Share:
    result = result or make_result(**content)
    return make_share(organisation, result, shared_at=timezone.now() - timedelta(days=days_ago))


def page_of(share: Share, part: str = "") -> str:
    return f"{LIST}{share.pk}/{part}"


def withdraw(share: Share) -> None:
    Share.objects.filter(pk=share.pk).update(ended_at=timezone.now(), ending="withdrawn")


@pytest.fixture
def share(organisation: Organisation) -> Share:
    return shared(organisation, photo=photos.store(drawn_photo(1)))


# --- The result -------------------------------------------------------------------------------------------------------


def test_it_shows_the_result_and_how_it_was_shared(verifier: Client, share: Share) -> None:
    Share.objects.filter(pk=share.pk).update(applicant_reference="2027-0815")
    page = verifier.get(page_of(share)).content.decode()
    for text in (
        "Zoë Muñoz-Sánchez", "24 February 1999", "B2 First", "Pass at Grade C", "170", "Use of English", "2027-0815",
        "Shared with you", "Until", "Needs a person",
    ):  # fmt: skip
        assert text in page
    access = Access.objects.get()
    assert (access.share_id, access.channel) == (share.pk, "page")


def test_the_statement_and_the_photo_can_be_had(verifier: Client, share: Share) -> None:
    statement = verifier.get(page_of(share, "statement.pdf"))
    assert statement["Content-Type"] == "application/pdf"
    assert statement["Content-Disposition"].startswith('attachment; filename="statement-')
    assert verifier.get(page_of(share, "photo"))["Content-Type"] == "image/jpeg"
    assert {access.channel for access in Access.objects.all()} == {"statement", "photo"}


def test_a_share_without_an_end_says_so(verifier: Client, share: Share) -> None:
    Share.objects.filter(pk=share.pk).update(expires_at=None)
    assertContains(verifier.get(page_of(share)), "the candidate withdraws it")


def test_what_is_asked_is_compared(verifier: Client, organisation: Organisation, share: Share) -> None:
    AcceptedExam.objects.create(organisation=organisation, exam="FCE", minimum_score=171)
    assertContains(verifier.get(page_of(share)), "Does not meet it")


@pytest.mark.parametrize("status", ["withheld", "pending", "cancelled"])
def test_of_a_result_that_is_not_released_only_the_status_is_shown(verifier: Client, share: Share, status: str) -> None:
    verifier.get(page_of(share))
    change_result(share.result, status=status)
    response = verifier.get(page_of(share))
    assertContains(response, status.capitalize())
    for hidden in ("Pass at Grade C", ">170<", "170 to", "Use of English", "statement.pdf", "/photo"):
        assertNotContains(response, hidden)
    for part in ("statement.pdf", "photo"):
        assert verifier.get(page_of(share, part)).status_code == 404


def test_withdrawn_expired_foreign_and_unknown_look_the_same(
    verifier: Client, organisation: Organisation, share: Share
) -> None:
    expired = shared(organisation)
    Share.objects.filter(pk=expired.pk).update(expires_at=timezone.now())
    withdrawn = shared(organisation)
    withdraw(withdrawn)
    foreign = shared(make_organisation())
    for part in ("", "statement.pdf", "photo"):
        addresses = [page_of(each, part) for each in (expired, withdrawn, foreign)] + [f"{LIST}{uuid.uuid4()}/{part}"]
        answers = [verifier.get(address) for address in addresses]
        assert [answer.status_code for answer in answers] == [404] * 4
        assert all(b"Mu\xc3\xb1oz" not in answer.content for answer in answers)
        assert len({answer.content.count(b"<") for answer in answers}) == 1
    assert not Access.objects.exists()
    assert not Seen.objects.exists()


# --- New, and changed since -------------------------------------------------------------------------------------------


def test_opening_it_makes_it_read_for_this_user_alone(verifier: Client, primary: Client, share: Share) -> None:
    assert verifier.get(LIST).context["page"].lines[0].is_new
    assert b"nav-count" not in verifier.get(page_of(share)).content
    verifier.get(page_of(share))
    assert Seen.objects.get().version_first_seen_id == share.result.current_id
    assert not verifier.get(LIST).context["page"].lines[0].is_new
    assert primary.get(LIST).context["page"].lines[0].is_new


def changes(client: Client, share: Share) -> dict[str, tuple[str, str, str]]:
    differences = client.get(page_of(share)).context["changes"].differences
    return {each.what: (each.before, each.now, f"{each.since:%-d %B}") for each in differences}


def test_what_has_changed_is_told_to_whoever_saw_it_before(verifier: Client, primary: Client, share: Share) -> None:
    verifier.get(page_of(share))
    with clock.travel(datetime(2027, 3, 3, 9, tzinfo=UTC), tick=False):
        change_result(share.result, score=174, label="Pass at Grade B")
    assert changes(verifier, share) == {
        "Result": ("Pass at Grade C", "Pass at Grade B", "3 March"),
        "Overall score": ("170", "174", "3 March"),
    }
    assertContains(verifier.get(page_of(share)), "Changed since you first saw it")
    assert changes(primary, share) == {}, "who sees it for the first time needs no comparison"


def test_a_change_dates_from_when_its_value_came(verifier: Client, share: Share) -> None:
    verifier.get(page_of(share))
    steps: list[tuple[int, dict[str, Any]]] = [
        (1, {"score": 174}), (2, {"status": "withheld"}),
        (3, {"status": "released", "score": 174, "label": "Pass at Grade B", "cefr": "B2"}), (4, {"session": "Other"}),
    ]  # fmt: skip
    result = share.result
    for day, step in steps:
        with clock.travel(datetime(2027, 3, day, 9, tzinfo=UTC), tick=False):
            result = change_result(result, **step)
    told = changes(verifier, share)
    assert told["Overall score"] == ("170", "174", "1 March")
    assert told["Session"] == ("March (FS) 2021", "Other", "4 March")
    assert "Status" not in told, "what went by in between is nobody's business"


def test_the_history_never_tells_what_was_not_shown(verifier: Client, organisation: Organisation) -> None:
    share = shared(organisation, status="cancelled")
    verifier.get(page_of(share))
    change_result(share.result, status="released", score=165)
    assert changes(verifier, share) == {"Status": ("Cancelled", "Released", f"{timezone.now():%-d %B}")}
    change_result(Result.objects.get(), status="withheld")
    assert changes(verifier, share) == {"Status": ("Cancelled", "Withheld", f"{timezone.now():%-d %B}")}


# --- Notes ------------------------------------------------------------------------------------------------------------


def write(client: Client, share: Share, text: str = "Asked for her passport", query: str = "") -> Any:
    return client.post(page_of(share, f"notes/{query}"), {"text": text})


def test_colleagues_read_each_others_notes(verifier: Client, primary: Client, share: Share) -> None:
    response = write(verifier, share, "Line one\nLine <b>two</b>", "?sort=given")
    assert response["Location"] == f"{page_of(share)}?sort=given#notes"
    page = primary.get(page_of(share)).content.decode()
    assert "Line one<br>Line &lt;b&gt;two&lt;/b&gt;" in page
    assert "Pat Example" in page
    event = AuditEvent.objects.get(action=Action.NOTE_ADDED)
    assert (event.target, event.organisation) == (f"share:{share.pk}", str(share.organisation_id))
    assert "Line" not in str(event.detail)


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001])
def test_an_empty_or_endless_note_is_refused(verifier: Client, share: Share, text: str) -> None:
    response = write(verifier, share, text)
    assert response.status_code == 200
    assertContains(response, "There is a problem")
    assert not Note.objects.exists()


def test_only_the_own_note_can_be_deleted(verifier: Client, primary: Client, share: Share) -> None:
    write(verifier, share)
    note = Note.objects.get()
    address = page_of(share, f"notes/{note.pk}/delete/")
    assertNotContains(primary.get(page_of(share)), "/delete/")
    assert primary.post(address).status_code == 404
    assert verifier.get(address).status_code == 405
    assert verifier.post(address).status_code == 302
    assert not Note.objects.exists()
    assert AuditEvent.objects.filter(action=Action.NOTE_DELETED, target=f"share:{share.pk}").count() == 1
    assert verifier.post(address).status_code == 404


def test_outsiders_write_and_delete_nothing(verifier: Client, outsider: Client, share: Share) -> None:
    write(verifier, share)
    note = Note.objects.get()
    assert write(outsider, share).status_code == 404
    assert outsider.post(page_of(share, f"notes/{note.pk}/delete/")).status_code == 404
    own = shared(make_organisation())
    assert verifier.post(page_of(own, f"notes/{note.pk}/delete/")).status_code == 404
    assert Note.objects.count() == 1


def test_a_note_belongs_to_its_own_result(verifier: Client, organisation: Organisation, share: Share) -> None:
    write(verifier, share)
    other = shared(organisation)
    assert verifier.post(page_of(other, f"notes/{Note.objects.get().pk}/delete/")).status_code == 404


def test_notes_are_there_again_when_the_result_is_shared_again(
    verifier: Client, organisation: Organisation, share: Share
) -> None:
    write(verifier, share, "From the first time")
    withdraw(share)
    assert write(verifier, share).status_code == 404
    again = shared(organisation, share.result, days_ago=0)
    assertContains(verifier.get(page_of(again)), "From the first time")
    elsewhere = make_organisation()
    foreign = shared(elsewhere, share.result)
    colleague = Client()
    colleague.force_login(make_member(elsewhere))
    assertNotContains(colleague.get(page_of(foreign)), "From the first time")


# --- Other results, and the list around it ----------------------------------------------------------------------------


def claim(candidate: User, *shares: Share) -> None:
    person, _made = Candidate.objects.get_or_create(user=candidate)
    for share in shares:
        Claim.objects.update_or_create(result=share.result, defaults={"candidate": person})


def test_other_results_of_the_same_candidate(verifier: Client, organisation: Organisation, share: Share) -> None:
    other, ended, strangers = (shared(organisation, exam="CAE", score=180 + number) for number in range(3))
    foreign = shared(make_organisation())
    claim(make_user(), share, other, ended, foreign)
    claim(make_user(), strangers)
    withdraw(ended)
    response = verifier.get(page_of(share))
    assert [line.share_id for line in response.context["others"]] == [other.pk]
    assertContains(response, "Other results that this candidate shared with you")
    assert verifier.get(page_of(strangers)).context["others"] == []


def test_without_an_account_nobody_is_taken_for_the_same(verifier: Client, organisation: Organisation) -> None:
    share, _namesake = shared(organisation), shared(organisation)
    Claim.objects.all().delete()
    assert verifier.get(page_of(share)).context["others"] == []


def test_next_and_previous_keep_to_the_search_and_the_order(verifier: Client, organisation: Organisation) -> None:
    shares = {
        name: shared(organisation, given_names=name, exam=exam, score=score, days_ago=1 + number)
        for number, (name, exam, score) in enumerate(
            [("A", "FCE", 170), ("B", "CAE", 181), ("C", "FCE", 172), ("D", "FCE", 171)]
        )
    }
    location = verifier.post(f"{LIST}?sort=score", {"exam": "FCE"})["Location"]
    query = f"?{urlsplit(location).query}"
    response = verifier.get(page_of(shares["D"]) + query)
    assert (response.context["before"], response.context["after"]) == (shares["A"].pk, shares["C"].pk)
    assertContains(response, f'href="{page_of(shares["C"])}?exam=FCE&amp;sort=score"')
    assertContains(response, f'href="{LIST}?exam=FCE&amp;sort=score"')
    first = verifier.get(page_of(shares["A"]) + query)
    assert (first.context["before"], first.context["after"]) == (None, shares["D"].pk)


def test_the_way_through_the_new_ones_goes_on_although_each_is_read_on_the_way(
    verifier: Client, organisation: Organisation
) -> None:
    newest, middle, oldest = (shared(organisation, days_ago=days) for days in (1, 2, 3))
    query = "?new=on"
    response = verifier.get(page_of(newest) + query)
    assert response.context["after"] == middle.pk
    response = verifier.get(page_of(middle) + query)
    assert (response.context["before"], response.context["after"]) == (None, oldest.pk)


def test_an_organisation_that_was_suspended_sees_nothing(share: Share, organisation: Organisation) -> None:
    colleague = Client()
    colleague.force_login(make_member(organisation, Role.PRIMARY))
    Organisation.objects.filter(pk=organisation.pk).update(state="suspended")
    for part in ("", "statement.pdf", "photo"):
        assert colleague.get(page_of(share, part)).status_code == 403
    assert ResultVersion.objects.count() == 1
