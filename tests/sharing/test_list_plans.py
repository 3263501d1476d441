"""How the database answers each search of the list: by which index, and never by reading a whole table.

What leads to one person is found by an index of its own.  Everything else is looked for among the organisation's own
shares, in the list's order, so that no organisation's search reads the shares of others.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from organisations.models import AcceptedExam, Organisation
from sharing import reading
from sharing.door import Criteria, Listing, Order, Position
from sharing.models import Share
from tests.factories import make_member, make_organisation

pytestmark = pytest.mark.django_db

RESULTS = 20_000
OWN = re.compile(r"using share_\w+ on sharing_share.*\n\s*Index Cond: \(+organisation_id = ")
"""Reads the organisation's own shares: an index that begins with the organisation."""
IN_ORDER: set[str] = {"share_list"}
SCOPE: set[str] = set()
SEARCHES = [
    (Criteria(), IN_ORDER),
    (Criteria(new_only=True), IN_ORDER),
    (Criteria(shared_from=datetime.now(UTC) - timedelta(days=7)), IN_ORDER),
    (Criteria(name="family123 given15123"), {"version_name_words"}),
    (Criteria(number="p-150"), {"result_reference_number_unique", "result_verification_number_unique"}),
    (Criteria(candidate_id="C00000123"), {"result_candidate_id"}),
    (Criteria(applicant_reference="a-10"), {"share_by_applicant_reference"}),
    (Criteria(date_of_birth=date(1991, 2, 3)), SCOPE),
    (Criteria(email="p10@example.org"), SCOPE),
    (Criteria(exam="CAE"), IN_ORDER),
    (Criteria(place="castell"), IN_ORDER),
    (Criteria(centre="ES4"), IN_ORDER),
    (Criteria(cefr="C1"), IN_ORDER),
    (Criteria(score_from=172, score_to=175), IN_ORDER),
    (Criteria(status="withheld"), IN_ORDER),
    (Criteria(meets="yes"), IN_ORDER),
    (Criteria(meets="person"), IN_ORDER),
]
LOAD = """
with others as (select array_agg(id) ids from organisations_organisation where id <> %(organisation)s),
results as (
    insert into results_result (
        id, reference_number, verification_number, candidate_id, secret_digest, current_id, photo_hidden)
    select -n, 'P' || n, 'V' || n, 'C' || lpad(n::text, 8, '0'), '\\x00', -n, false from generate_series(1, %(n)s) n),
versions as (
    insert into results_resultversion (
        id, result_id, number, created_at, reason, note, status, issued_status, held, given_names, family_name,
        date_of_birth, email, exam, session, exam_date, centre_number, centre_name, place_of_entry, country, label,
        score, cefr, reading, use_of_english, writing, listening, speaking, reading_and_writing, exempt,
        certificate_number, photo)
    select -n, -n, 1, now(), 'imported', '', 'released', 'released', false, 'Given' || n, 'Family' || mod(n, 500),
           date '1990-01-01' + mod(n, 5000), 'p' || n || '@example.org', 'FCE', 'June', date '2021-06-01', 'GB599',
           'Centre', 'Place', 'GB', 'Pass at Grade C', 160 + mod(n, 13), 'B2', '', '', '', '', '', '', false, '', ''
    from generate_series(1, %(n)s) n)
insert into sharing_share (id, organisation_id, result_id, version_shared_id, shared_by, shared_at, expires_at,
                           applicant_reference, with_photo, ending)
select gen_random_uuid(), case when mod(n, 50) = 0 then %(organisation)s else ids[1 + mod(n, cardinality(ids))] end,
       -n, -n, 'system:tests',
       now() - make_interval(mins => n), now() + interval '1 year', 'A-' || n, true, ''
from generate_series(1, %(n)s) n, others
"""


@pytest.fixture
def listing(organisation: Organisation) -> Listing:
    for _number in range(2):
        make_organisation()
    AcceptedExam.objects.create(organisation=organisation, exam="FCE", minimum_score=172)
    with connection.cursor() as cursor:
        cursor.execute("set constraints all deferred")
        cursor.execute(LOAD, {"n": RESULTS, "organisation": organisation.pk})
        for table in ("results_result", "results_resultversion", "sharing_share", "sharing_seen", "accounts_user"):
            cursor.execute(f"analyze {table}")
        cursor.execute("set local enable_seqscan = off")  # tables of a test are small, and some are empty
        cursor.execute("set local random_page_cost = 1.1")  # as for solid-state disks
    return Listing(organisation, make_member(organisation), timezone.now())


def plan_of(listing: Listing, criteria: Criteria, at: Position | None = None, order: Order | None = None) -> str:
    """What the database does for a page of this list."""
    with CaptureQueriesContext(connection) as queries:
        Listing(listing.organisation, listing.user, listing.now, criteria, order or listing.order).page(at)
    (statement,) = [query["sql"] for query in queries if 'FROM "sharing_share"' in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"explain (costs off) {statement}")
        return "\n".join(row[0] for row in cursor.fetchall())


def indexes(plan: str) -> set[str]:
    return set(re.findall(r"Index (?:Only )?Scan (?:Backward )?(?:using|on) (\w+)", plan))


def test_each_search_is_answered_by_its_index(listing: Listing) -> None:
    for criteria, expected in SEARCHES:
        plan = plan_of(listing, criteria)
        assert expected <= indexes(plan), f"{criteria}\n{plan}"
        assert expected or OWN.search(plan), f"{criteria}\n{plan}"
        assert "Seq Scan" not in plan, f"{criteria}\n{plan}"


def test_a_page_far_down_begins_where_it_is(listing: Listing) -> None:
    shares = listing.shares.order_by("-shared_at", "pk")
    row = shares[300]
    plan = plan_of(listing, Criteria(), Position(row.shared_at, row.pk))
    assert "share_list" in indexes(plan), plan
    assert re.search(r"Index Cond: .*shared_at <=", plan), plan
    assert "Sort" not in plan, plan
    back = plan_of(listing, Criteria(), Position(row.shared_at, row.pk, before=True))
    assert re.search(r"Index Cond: .*shared_at >=", back), back
    assert "Sort" not in back, back


def test_the_count_in_the_navigation_reads_a_bounded_part_of_the_list(listing: Listing, user: User) -> None:
    values: dict[str, Any] = {
        "organisation": listing.organisation.pk,
        "user": user.pk,
        "now": listing.now,
        "recent": reading.RECENT,
    }
    with connection.cursor() as cursor:
        cursor.execute(f"explain (costs off) {reading.COUNT_NEW}", values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert {"share_list", "seen_once"} <= indexes(plan), plan
    assert "Limit" in plan
    assert "Seq Scan" not in plan, plan
    assert Share.objects.count() == RESULTS


@pytest.fixture
def user(organisation: Organisation) -> User:
    return make_member(organisation)
