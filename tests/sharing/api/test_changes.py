"""GET /api/v1/changes: the ledger as a feed."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.months import months_later
from organisations.models import Organisation
from sharing import expiry, shares
from sharing.door import check_by_number
from sharing.models import Access, Change
from tests.factories import B2_FIRST, change_result, make_organisation, make_result, share_result
from tests.sharing.api.asking import V1, Program

pytestmark = pytest.mark.django_db


def kinds(page: dict[str, Any]) -> list[str]:
    return [item["type"] for item in page["items"]]


def test_everything_that_happens_to_a_share_comes_in_order(organisation: Organisation, program: Program) -> None:
    result = make_result()
    now = timezone.now()
    share = share_result(organisation, result)
    person = result.claim.candidate.user
    shares.change_end(share=share, by=person, expires_at=months_later(now, 3), now=now)
    change_result(result, score=175)

    page = program.get("/changes")
    assert kinds(page) == ["share.created", "share.updated", "result.changed"]
    for item in page["items"]:
        assert item["share_id"] == str(share.pk)
        assert (item["share"]["result"]["version"], item["share"]["result"]["score"]) == (2, 175)  # as it is now
    assert page["items"][0]["share"] == program.get(f"/shares/{share.pk}")

    nothing = program.get("/changes", cursor=page["next_cursor"])
    assert nothing["items"] == []
    shares.withdraw(share=share, by=person, now=timezone.now())
    later = program.get("/changes", cursor=nothing["next_cursor"])
    assert kinds(later) == ["share.withdrawn"]
    assert later["items"][0]["share"] is None
    assert all(item["share"] is None for item in program.get("/changes")["items"])  # tombstones from the beginning on


def test_an_expiry_is_a_tombstone(organisation: Organisation, program: Program) -> None:
    now = timezone.now()
    share = share_result(organisation, now=now - timedelta(days=60), expires_at=now - timedelta(seconds=1))
    assert [item["share"] for item in program.get("/changes")["items"]] == [None]  # not written down yet
    expiry.expire_due(now)
    last = program.get("/changes")["items"][-1]
    assert (last["type"], last["share_id"], last["share"]) == ("share.expired", str(share.pk), None)


def test_a_changed_result_that_was_checked_by_number(organisation: Organisation, program: Program) -> None:
    result = make_result("213GB5990001")
    found = check_by_number(
        organisation=organisation,
        actor="user:x",
        number="213GB5990001",
        date_of_birth=B2_FIRST["date_of_birth"],
        now=timezone.now(),
    )
    change_result(result, score=171)
    (item,) = program.get("/changes")["items"]
    assert item == {
        "id": str(Change.objects.get().public_id),
        "type": "result.changed",
        "occurred_at": item["occurred_at"],
        "verification_id": str(found),
        "share": None,
    }


def test_pages_go_on_without_a_gap_and_nobody_sees_anothers(
    organisation: Organisation, program: Program, foreign: Program
) -> None:
    made = []
    for turn in range(7):
        made.append(str(share_result(organisation).pk))
        if turn % 2:
            share_result(foreign.client.organisation)
    seen: list[str] = []
    page = program.get("/changes", limit=3)
    while page["items"]:
        seen += [item["share_id"] for item in page["items"]]
        page = program.get("/changes", limit=3, cursor=page["next_cursor"])
    assert seen == made
    assert len(foreign.get("/changes")["items"]) == 3
    cursor = page["next_cursor"]
    assert foreign.problem(f"{V1}/changes", QUERY_STRING=f"cursor={cursor}") == (400, "invalid-cursor")
    assert program.problem(f"{V1}/changes", QUERY_STRING=f"cursor={cursor}x") == (400, "invalid-cursor")


def test_a_cursor_of_long_ago_is_good(organisation: Organisation, program: Program, settings: Any) -> None:
    share_result(organisation)
    cursor = program.get("/changes")["next_cursor"]
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another"
    share_result(organisation)
    assert kinds(program.get("/changes", cursor=cursor)) == ["share.created"]


def test_a_new_organisation_gets_a_cursor_too(program: Program) -> None:
    first = program.get("/changes")
    assert first["items"] == []
    assert program.get("/changes", cursor=first["next_cursor"]) == first
    assert not AuditEvent.objects.filter(action="results_taken").exists()


def test_a_page_takes_each_share_once(organisation: Organisation, program: Program) -> None:
    result = make_result()
    share_result(organisation, result)
    for score in (171, 172):
        result = change_result(result, score=score)
    program.get("/changes")
    assert list(Access.objects.values_list("channel", "actor", "count")) == [("api", program.actor, 1)]
    event = AuditEvent.objects.get(action="results_taken")
    assert (event.target, event.detail) == ("api:changes", {"channel": "api", "results": 1})


def test_limit_and_strangers(program: Program) -> None:
    for query in ("limit=0", "limit=501", "exam=FCE", "since=1", "cursor=a&cursor=b"):
        assert program.problem(f"{V1}/changes", QUERY_STRING=query) == (422, "invalid-request")
    nobody = Program(make_organisation(state="suspended"))
    assert nobody.problem(f"{V1}/changes")[0] == 403
    assert json.loads(program.ask(f"{V1}/changes").content)["items"] == []
