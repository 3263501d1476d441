"""A share that has ended is gone from every page, file, program and mail, at once and without a word about it."""

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.utils import timezone
from pytest_django.asserts import assertRedirects

from accounts.models import Mail
from accounts.months import months_later
from downloads import worker
from downloads.models import Format
from notifications import candidates, digests
from notifications.models import Digest
from organisations.models import Organisation, OrganisationState
from results import photos
from rvs.sample_photos import drawn_photo
from sharing import door, shares
from sharing.models import Access, Channel, Note, Share
from tests.downloads.asking import ask
from tests.factories import basic, make_api_client, make_member, make_result, share_result

pytestmark = pytest.mark.django_db


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """Every address of the verifier's site that names a share."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        elif "share_id" in route and not route.startswith(("candidate/", "api/")):
            yield route


OF_A_SHARE: Final = sorted(set(routes()))
ONLY_POSTED: Final = {route for route in OF_A_SHARE if "notes/" in route or "acknowledge" in route}
LATE: Final = {"text": "Late", "version": 1}


@pytest.fixture
def share(organisation: Organisation) -> Share:
    """Of a released result with a photo, with a note of a colleague's."""
    name = photos.store(drawn_photo(1))
    shared = share_result(organisation, make_result(photo=name), expires_at=months_later(timezone.now(), 1))
    Note.objects.create(share=shared, author="user:tests", author_name="Vera", text="Asked for the original")
    return shared


def withdrawn(share: Share) -> None:
    by = share.result.claim.candidate.user
    shares.withdraw(share=share, by=by, now=timezone.now())


def all_withdrawn(share: Share) -> None:
    candidate = share.result.claim.candidate
    shares.withdraw_all(candidate=candidate, by=candidate.user, now=timezone.now())


def expired_and_not_swept(share: Share) -> None:
    Share.objects.update(shared_at=timezone.now() - timedelta(days=40), expires_at=timezone.now())


def suspended(share: Share) -> None:
    Organisation.objects.filter(pk=share.organisation_id).update(state=OrganisationState.SUSPENDED)


def address(route: str, share: Share) -> str:
    note = Note.objects.get()
    return "/" + route.replace("<uuid:share_id>", str(share.pk)).replace("<uuid:note_id>", str(note.pk))


def test_the_addresses_are_found() -> None:
    assert {"shared-results/<uuid:share_id>/", "shared-results/<uuid:share_id>/photo"} <= set(OF_A_SHARE)
    assert "shared-results/<uuid:share_id>/statement.pdf" in OF_A_SHARE


@pytest.mark.parametrize("route", [route for route in OF_A_SHARE if route not in ONLY_POSTED])
def test_while_it_is_in_force_each_address_answers(verifier: Client, share: Share, route: str) -> None:
    assert verifier.get(address(route, share)).status_code == 200


@pytest.mark.parametrize("end", [withdrawn, all_withdrawn, expired_and_not_swept])
@pytest.mark.parametrize("route", OF_A_SHARE)
def test_afterwards_there_is_no_such_thing(
    verifier: Client, share: Share, route: str, end: Callable[[Share], None]
) -> None:
    where = address(route, share)
    end(share)
    answer = verifier.post(where, LATE) if route in ONLY_POSTED else verifier.get(where)
    unknown = where.replace(str(share.pk), str(uuid.uuid4()))
    nothing = verifier.post(unknown, LATE) if route in ONLY_POSTED else verifier.get(unknown)
    assert (answer.status_code, nothing.status_code) == (404, 404)
    assert len(answer.content) == len(nothing.content), "tokens differ, nothing else"
    assert not Access.objects.exists()
    assert Note.objects.count() == 1


@pytest.mark.parametrize("route", OF_A_SHARE)
def test_a_suspended_organisation_is_shut_out(verifier: Client, share: Share, route: str) -> None:
    suspended(share)
    where = address(route, share)
    answer = verifier.post(where, LATE) if route in ONLY_POSTED else verifier.get(where)
    assert answer.status_code == 403
    assert not Access.objects.exists()


@pytest.mark.parametrize("end", [withdrawn, expired_and_not_swept])
def test_it_is_gone_from_the_list(verifier: Client, share: Share, end: Callable[[Share], None]) -> None:
    assert "Muñoz-Sánchez" in verifier.get("/shared-results/").content.decode()
    end(share)
    assert "Muñoz-Sánchez" not in verifier.get("/shared-results/").content.decode()


# --- Programs, files and mails ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [withdrawn, all_withdrawn, expired_and_not_swept])
def test_it_is_gone_for_programs(share: Share, end: Callable[[Share], None]) -> None:
    program = {"Authorization": basic(make_api_client(share.organisation))}
    where = f"/api/v1/shares/{share.pk}"
    parts = ("", "/statement.pdf", "/photo")
    assert {Client().get(where + part, headers=program).status_code for part in parts} == {200}
    Access.objects.all().delete()
    end(share)
    assert {Client().get(where + part, headers=program).status_code for part in parts} == {410}
    assert Client().get("/api/v1/shares", headers=program).json()["items"] == []
    assert not Access.objects.exists()


@pytest.mark.parametrize("end", [withdrawn, all_withdrawn, expired_and_not_swept])
@pytest.mark.parametrize("format_", [Format.CSV, Format.STATEMENTS])
def test_a_file_that_holds_it_is_given_no_more(
    primary: Client, share: Share, end: Callable[[Share], None], format_: Format
) -> None:
    download = ask(share.organisation, format=format_)
    worker.make_now(download)
    address = f"/downloads/{download.pk}/file"
    assert b"".join(primary.get(address))  # it streams
    end(share)
    assertRedirects(primary.get(address), f"/downloads/{download.pk}/")
    primary.post(f"/downloads/{download.pk}/again/")
    assert not any(row.state == "ready" for row in share.organisation.downloads.all())


@pytest.mark.parametrize("end", [withdrawn, all_withdrawn, expired_and_not_swept])
def test_nobody_is_told_of_it_any_more(share: Share, end: Callable[[Share], None]) -> None:
    make_member(share.organisation)
    digests.run(timezone.now())
    share_result(share.organisation)  # so that there is a digest
    door.open_share(
        organisation=share.organisation, share_id=share.pk, actor="user:x", channel=Channel.PAGE, now=timezone.now()
    )
    end(share)
    candidates.tell_due(timezone.now())
    digests.run(timezone.now() + timedelta(days=2))
    assert not Mail.objects.filter(template="notifications/email/candidate_opened").exists()
    assert set(Digest.objects.values_list("results", flat=True)) <= {1}
