"""Downloads from the pages: Download Options, the page of a download, its file, and the history."""

import io
import json
import zipfile
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from downloads import requests
from downloads.models import Download, Template
from downloads.options import ChosenColumn, Options
from organisations.models import Membership, Organisation, OrganisationState, Role
from sharing import shares
from sharing.models import Access, Share
from tests.downloads.asking import again, shared, work
from tests.factories import change_result, make_member, make_organisation, make_result, make_verification, share_result

pytestmark = pytest.mark.django_db

LIST = {"source": "list"}


@pytest.fixture
def _large() -> Any:
    """Nothing is small enough to come at once."""
    with mock.patch.object(requests, "ROWS_AT_ONCE", 0), mock.patch.object(requests, "AT_ONCE", {"statements": 0}):
        yield


def read(response: Any) -> Any:
    """With the file that it brings, as `body`."""
    response.body = b"".join(response.streaming_content) if response.streaming else b""
    return response


def ask(client: Client, query: str = "", **data: Any) -> Any:
    return read(client.post(f"/downloads/ask/{query}", {**LIST, "scope": "ticked", **data}))


def numbers(response: Any) -> list[str]:
    return [row["reference_number"] for row in json.loads(response.body)]


def withdraw(share: Share) -> None:
    shares.withdraw(share=share, by=share.result.claim.candidate.user, now=timezone.now())


def test_the_menu_is_where_results_are(verifier: Client, organisation: Organisation) -> None:
    share = share_result(organisation)
    verification = make_verification(organisation, make_result())
    pages = ("/shared-results/", f"/shared-results/{share.pk}/", "/candidate-search/")
    for page in (*pages, f"/candidate-search/{verification.pk}/", "/downloads/"):
        text = verifier.get(page).content.decode()
        assert "Download Options" in text, page
        assert all(f'value="{value}"' in text for value in ("statements", "csv", "xlsx", "json", "xml")), page


def test_ticked_ones_come_at_once(verifier: Client, organisation: Organisation) -> None:
    first, second, _third = shared(organisation, 3)
    response = ask(verifier, format="json", share=[first.pk, second.pk])
    assert response["Content-Disposition"].startswith("attachment; filename=")
    assert sorted(numbers(response)) == sorted(share.result.reference_number for share in (first, second))
    download = Download.objects.get()
    assert (download.state, download.asked_for, download.selection) == ("ready", 2, "2 ticked results")
    actions = list(AuditEvent.objects.filter(target=f"download:{download.pk}").values_list("action", flat=True))
    assert sorted(actions) == ["download_asked", "download_fetched", "results_taken"]


def test_all_that_match_and_no_more(verifier: Client, organisation: Organisation) -> None:
    share_result(organisation, make_result(exam="CAE"))
    wanted = share_result(organisation)
    response = ask(verifier, "?exam=FCE", format="json", scope="matching")
    assert numbers(response) == [wanted.result.reference_number]
    assert Download.objects.get().selection == "Exam: B2 First"


def test_what_was_typed_to_find_somebody_is_not_kept(verifier: Client, organisation: Organisation) -> None:
    share_result(organisation)
    found = verifier.post("/shared-results/", {"name": "Muñoz", "place": "CAMBRIDGE"})["Location"]
    ask(verifier, "?" + found.partition("?")[2], format="json", scope="matching")
    assert Download.objects.get().selection == "One person looked for; Place of entry"


def test_the_files_order_is_the_lists(verifier: Client, organisation: Organisation) -> None:
    for name in ("Young", "Adams", "Moore"):
        share_result(organisation, make_result(family_name=name))
    response = ask(verifier, "?sort=family", format="json", scope="matching")
    assert [row["family_name"] for row in json.loads(response.body)] == ["Adams", "Moore", "Young"]


def test_verifications_too(verifier: Client, organisation: Organisation) -> None:
    rows = [make_verification(organisation, make_result()) for _number in range(2)]
    foreign = make_verification(make_organisation(), make_result())
    ids = [row.pk for row in (*rows, foreign)]
    response = ask(verifier, source="verifications", format="json", verification=ids)
    assert len(numbers(response)) == 2
    pdf = ask(verifier, source="verifications", format="statements", verification=ids[:1])
    assert pdf.body.startswith(b"%PDF")


@pytest.mark.parametrize("name", ["csv", "xlsx", "xml", "statements"])
def test_every_format(verifier: Client, organisation: Organisation, name: str) -> None:
    shared(organisation, 2)
    body = ask(verifier, format=name, scope="matching").body
    if name == "statements":
        assert len(zipfile.ZipFile(io.BytesIO(body)).namelist()) == 3
    elif name == "xlsx":
        assert zipfile.ZipFile(io.BytesIO(body)).testzip() is None
    else:
        assert "Muñoz-Sánchez" in body.decode()


def test_a_template_shapes_the_file_and_the_history_keeps_its_shape(
    verifier: Client, organisation: Organisation
) -> None:
    share = share_result(organisation)
    options = Options(columns=(ChosenColumn("reference_number", "Our number"),))
    template = Template.objects.create(
        organisation=organisation, name="Short", options=options.dump(), shared=True, owner=make_member(organisation)
    )
    text = ask(verifier, format="csv", share=share.pk, template=template.pk).body.decode("utf-8-sig")
    assert text.splitlines() == ['"Our number"', f'"{share.result.reference_number}"']
    template.delete()
    page = verifier.get(f"/downloads/{Download.objects.get().pk}/").content.decode()
    assert ("Short" in page, "Our number" in page) == (True, True)


def test_a_template_of_only_some_exams(verifier: Client, organisation: Organisation) -> None:
    share_result(organisation, make_result(exam="CAE"))
    share = share_result(organisation)
    template = Template.objects.create(
        organisation=organisation, name="First", options=Options(exams=("FCE",)).dump(), shared=True
    )
    assert numbers(ask(verifier, format="json", scope="matching", template=template.pk)) == [
        share.result.reference_number
    ]


def test_a_private_template_of_somebody_else_is_none(verifier: Client, organisation: Organisation) -> None:
    share = share_result(organisation)
    template = Template.objects.create(
        organisation=organisation, name="Mine", options=Options().dump(), owner=make_member(organisation)
    )
    assert ask(verifier, format="csv", share=share.pk, template=template.pk).status_code == 404
    assert ask(verifier, format="csv", share=share.pk, template="nonsense").status_code == 404
    assert not Download.objects.exists()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"format": "docx"},
        {"format": "csv"},
        {"format": "csv", "share": "nonsense"},
        {"format": "csv", "source": "verifications"},
    ],
)
def test_nothing_chosen_is_said(verifier: Client, organisation: Organisation, data: dict[str, str]) -> None:
    shared(organisation, 1)
    response = ask(verifier, **data)
    assert response.status_code == 302
    assert not Download.objects.exists()
    assert "Choose a format" in (text := verifier.get(response["Location"]).content.decode()) or "Nothing was" in text


def test_of_another_organisation_nothing_is_taken(verifier: Client) -> None:
    share = share_result(make_organisation())
    assert ask(verifier, format="csv", share=share.pk).status_code == 302
    assert not Access.objects.exists()


@pytest.mark.usefixtures("_large")
def test_a_large_one_has_a_page_that_leads_to_it(verifier: Client, organisation: Organisation) -> None:
    shared(organisation, 3)
    address = ask(verifier, format="statements", scope="matching")["Location"]
    waiting = verifier.get(address).content.decode()
    assert ("Waits its turn" in waiting, "0 of 3 results" in waiting) == (True, True)
    assert verifier.get(f"{address}file")["Location"] == address
    work()
    assert "Fetch the file" in verifier.get(address).content.decode()
    response = read(verifier.get(f"{address}file"))
    assert response.body[:2] == b"PK"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.usefixtures("_large")
def test_it_can_be_cancelled_and_announced_by_its_owner_and_the_primary_user(
    verifier: Client, primary: Client, organisation: Organisation
) -> None:
    shared(organisation, 1)
    address = ask(verifier, format="csv", scope="matching")["Location"]
    verifier.post(f"{address}mail/")
    assert Download.objects.get().mail_when_ready
    primary.post(f"{address}mail/")
    primary.post(f"{address}cancel/")
    assert Download.objects.get().state == "cancelled"


@pytest.mark.usefixtures("_large")
def test_the_limit_is_said(verifier: Client, organisation: Organisation) -> None:
    shared(organisation, 1)
    for _number in range(requests.MOST_OPEN):
        ask(verifier, format="csv", scope="matching")
    response = ask(verifier, format="csv", scope="matching")
    assert (
        "5 downloads of your organisation are being made already" in verifier.get(response["Location"]).content.decode()
    )


# --- The right of the moment ------------------------------------------------------------------------------------------


def ends_by_withdrawal(share: Share) -> None:
    withdraw(share)


def ends_by_time(share: Share) -> None:
    Share.objects.filter(pk=share.pk).update(
        shared_at=timezone.now() - timedelta(days=40), expires_at=timezone.now() - timedelta(seconds=1)
    )


@pytest.mark.parametrize("end", [ends_by_withdrawal, ends_by_time])
def test_a_file_is_not_served_once_a_right_to_a_row_has_ended(
    verifier: Client, organisation: Organisation, end: Any
) -> None:
    kept, gone, changed = shared(organisation, 3)
    ask(verifier, format="json", scope="matching")
    download = Download.objects.get()
    address = f"/downloads/{download.pk}/"
    assert len(numbers(read(verifier.get(f"{address}file")))) == 3
    change_result(changed.result, score=171)
    end(gone)
    assert verifier.get(f"{address}file")["Location"] == address
    page = verifier.get(address).content.decode()
    assert "The right to 1 of its results has ended, so the file was deleted." in page
    assert again(download).state == "expired"
    made = read(verifier.post(f"{address}again/"))
    assert sorted(numbers(made)) == sorted(share.result.reference_number for share in (kept, changed))
    new = Download.objects.exclude(pk=download.pk).get()
    page = " ".join(verifier.get(f"/downloads/{new.pk}/").content.decode().split())
    assert "the right to it has ended: 1" in page
    assert "In a later version: 1" in page
    assert "it is released now: 0" in page


def test_a_result_that_is_released_later_is_added(verifier: Client, organisation: Organisation) -> None:
    share_result(organisation)
    late = share_result(organisation, make_result(status="pending"))
    ask(verifier, format="statements", scope="matching")
    download = Download.objects.get()
    change_result(late.result, status="released", score=170, label="Pass at Grade C", cefr="B2")
    read(verifier.post(f"/downloads/{download.pk}/again/"))
    new = Download.objects.exclude(pk=download.pk).get()
    assert "it is released now: 1" in " ".join(verifier.get(f"/downloads/{new.pk}/").content.decode().split())


def test_it_is_gone_for_another_organisation_for_a_suspended_one_and_for_removed_users(
    verifier: Client, outsider: Client, organisation: Organisation
) -> None:
    shared(organisation, 1)
    ask(verifier, format="csv", scope="matching")
    address = f"/downloads/{Download.objects.get().pk}/file"
    assert outsider.get(address).status_code == 404
    Organisation.objects.filter(pk=organisation.pk).update(state=OrganisationState.SUSPENDED)
    assert verifier.get(address).status_code == 403
    Organisation.objects.filter(pk=organisation.pk).update(state=OrganisationState.ACTIVE)
    Membership.objects.filter(organisation=organisation, role=Role.ADMIN).update(is_active=False)
    assert verifier.get(address).status_code == 403


def test_a_file_that_is_not_there_any_more_is_said(verifier: Client, organisation: Organisation) -> None:
    shared(organisation, 1)
    ask(verifier, format="csv", scope="matching")
    download = Download.objects.get()
    download.file.storage.delete(str(download.file.name))
    verifier.get(f"/downloads/{download.pk}/file")
    assert "The file is not there any more" in verifier.get(f"/downloads/{download.pk}/").content.decode()


# --- New or changed ---------------------------------------------------------------------------------------------------


def test_new_or_changed_since_the_last_download(verifier: Client, organisation: Organisation) -> None:
    _first, second = shared(organisation, 2)
    fresh = {"source": "fresh", "format": "json"}
    assert len(numbers(ask(verifier, **fresh))) == 2
    nothing = ask(verifier, **fresh)
    assert "Nothing was chosen" in verifier.get(nothing["Location"]).content.decode()
    change_result(second.result, score=171)
    third = share_result(organisation)
    new = ask(verifier, **fresh)
    assert sorted(numbers(new)) == sorted(share.result.reference_number for share in (second, third))
    pdf = ask(verifier, **{**fresh, "format": "statements"})
    assert len(zipfile.ZipFile(io.BytesIO(pdf.body)).namelist()) == 4, "each kind of file for itself"


# --- The history ------------------------------------------------------------------------------------------------------


def test_the_history_tells_who_when_what(verifier: Client, organisation: Organisation) -> None:
    assert "Nothing has been downloaded yet" in verifier.get("/downloads/").content.decode()
    shared(organisation, 2)
    ask(verifier, format="csv", scope="matching")
    page = verifier.get("/downloads/").content.decode()
    for told in ("Pat Example", "The whole list of Shared Results", "CSV", "\xa0KB", "Ready", "Fetch"):
        assert told in page, told


def test_an_admin_user_sees_their_own_and_what_colleagues_let_see(
    verifier: Client, primary: Client, organisation: Organisation
) -> None:
    colleague = Client()
    colleague.force_login(make_member(organisation))
    shared(organisation, 1)
    ask(colleague, format="csv", scope="matching")
    address = reverse("downloads:download", args=[Download.objects.get().pk])
    assert [client.get(address).status_code for client in (colleague, primary, verifier)] == [200, 200, 404]
    assert address not in verifier.get("/downloads/").content.decode()
    assert verifier.post(f"{address}colleagues/", {"see": "1"}).status_code == 404
    colleague.post(f"{address}colleagues/", {"see": "1"})
    assert read(verifier.get(f"{address}file")).status_code == 200
    assert address in verifier.get("/downloads/").content.decode()
    assert verifier.post(f"{address}cancel/").status_code == 404, "seen, and not theirs"
    colleague.post(f"{address}colleagues/")
    assert verifier.get(address).status_code == 404


def test_the_history_has_pages(verifier: Client, organisation: Organisation) -> None:
    user = Membership.objects.get(organisation=organisation, role=Role.ADMIN).user
    now = timezone.now()
    values = {"format": "csv", "asked_for": 1, "state": "cancelled", "ended_at": now, "asked_by_name": "-"}
    Download.objects.bulk_create(
        Download(
            organisation=organisation,
            asked_by=user,
            selection=f"Number {number}.",
            asked_at=now - timedelta(days=number),
            **values,
        )
        for number in range(30)
    )
    first, second = (verifier.get(f"/downloads/{query}").content.decode() for query in ("", "?page=2"))
    assert ("Number 24." in first, "Number 25." in first) == (True, False)
    assert ("Number 24." in second, "Number 25." in second) == (False, True)
