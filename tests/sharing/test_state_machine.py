"""Two organisations and three candidates do whatever they like; a model in memory says what each may see.

Random steps through the services, against the model: which shares an organisation has, what it can open and what that
shows, what its ledger tells, what candidates learn of who looked.  Every example is rolled back.  With RVS_DRILLS=full
more than 10,000 steps, new ones each time.
"""

import contextlib
import os
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.audit import user_actor
from accounts.models import User
from accounts.months import months_later
from organisations import supervision
from organisations.backends import MemberBackend
from organisations.models import Membership, Organisation, OrganisationState, Role
from organisations.permissions import Permission, may
from results import claims, holds
from results.models import Claim, Result, Status
from sharing import door, expiry, ledger, shares
from sharing.door.listing import Listing
from sharing.models import Access, Change, Channel, Share, Verification
from tests.factories import change_result, make_claim, make_member, make_organisation, make_result, make_user
from tests.results.loading import undone

FULL: Final = os.environ.get("RVS_DRILLS") == "full"
EXAMPLES, STEPS, AT_LEAST = (230, 70, 10_000) if FULL else (36, 70, 2_000)
BEGINNING: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
BORN: Final = date(1999, 2, 24)
MOST_MISSES: Final = 20  # the limits on checks are another test's

organisations = st.integers(0, 1)
people = st.integers(0, 1)
results = st.integers(0, 2)
picks = st.integers(0, 1000)


@dataclass
class Right:
    """A share or a verification, as the model has it."""

    kind: str
    organisation: int
    result: int
    version: int
    until: datetime | None
    with_photo: bool = True
    ended: bool = False

    def in_force(self, now: datetime) -> bool:
        return not self.ended and (self.until is None or self.until > now)


@dataclass
class Achieved:
    """A result, as the model has it: status and score of each version."""

    versions: list[tuple[str, int]] = field(default_factory=lambda: [("released", 170)])
    hidden: bool = False
    held: bool = False

    @property
    def status(self) -> str:
        return self.versions[-1][0]

    @property
    def score(self) -> int:
        return self.versions[-1][1]

    @property
    def number(self) -> int:
        return len(self.versions)


@dataclass
class World:
    """The rows that every example begins with."""

    organisations: list[Organisation]
    users: list[list[User]]
    claims: list[Claim]


def make_world() -> World:
    made = [make_organisation(f"University {name}") for name in "AB"]
    users = [[make_member(each, Role.PRIMARY), make_member(each)] for each in made]
    owned = [make_claim(make_result(photo="a.jpg"), make_user()) for _number in range(3)]
    return World(made, users, owned)


class Sharing(RuleBasedStateMachine):
    world: ClassVar[World]
    steps: ClassVar[int] = 0
    opened: ClassVar[int] = 0
    refused: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.stack = contextlib.ExitStack()
        self.stack.enter_context(undone())
        self.now = BEGINNING
        self.rights: dict[uuid.UUID, Right] = {}
        self.achieved = [Achieved() for _claim in self.world.claims]
        self.active = [True, True]
        self.employed = [[True, True], [True, True]]
        self.misses = 0
        self.untold: list[tuple[int, int]] = []
        self.events: list[list[tuple[str, uuid.UUID]]] = [[], []]
        self.changed: list[Counter[tuple[uuid.UUID, int]]] = [Counter(), Counter()]
        self.read_rows: list[list[Change]] = [[], []]
        self.looks: Counter[tuple[int, int, str, str, int, date]] = Counter()

    def teardown(self) -> None:
        try:
            self.everything_agrees()
        finally:
            self.stack.close()

    # --- Help ---------------------------------------------------------------------------------------------------------

    def result(self, number: int) -> Result:
        return Result.objects.select_related("current").get(pk=self.world.claims[number].result_id)

    def owner(self, number: int) -> User:
        return self.world.claims[number].candidate.user

    def held_right(self, organisation: int, result: int, kind: str) -> tuple[uuid.UUID, Right] | None:
        """The share that has not ended, or the verification."""
        for key, right in self.rights.items():
            if (right.kind, right.organisation, right.result, right.ended) == (kind, organisation, result, False):
                return key, right
        return None

    def comes_in(self, organisation: int, person: int) -> Organisation | None:
        """The organisation on whose behalf the person acts now, found as a request finds it; None when shut out."""
        user = MemberBackend().get_user(self.world.users[organisation][person].pk)
        membership: Membership | None = getattr(user, "membership", None)
        admitted = bool(membership and membership.is_in_force and may(membership, Permission.VERIFY))
        assert admitted == (self.active[organisation] and self.employed[organisation][person])
        return membership.organisation if membership and admitted else None

    def end(self, key: uuid.UUID, how: str) -> None:
        right = self.rights[key]
        right.ended = True
        self.events[right.organisation].append((how, key))

    def new_version(self, number: int, status: str, score: int) -> None:
        self.achieved[number].versions.append((status, score))
        self.untold.append((number, self.achieved[number].number))

    @initialize(months=st.sampled_from([None, 1, 12]), with_photo=st.booleans())
    def some_rights(self, months: int | None, with_photo: bool) -> None:
        """Hypothesis leaves out some of the rules in each example; there is always something to look at."""
        for organisation, number in ((0, 0), (0, 1), (1, 1), (1, 2)):
            self.share(organisation, number, months, with_photo)
        self.search(0, 0, 2, right_date=True)
        self.search(1, 0, 1, right_date=True)

    # --- What people do -----------------------------------------------------------------------------------------------

    @rule(days=st.sampled_from([0.02, 0.02, 0.5, 0.5, 10, 31, 170]))
    def time_passes(self, days: float) -> None:
        self.now += timedelta(days=days)

    @rule(
        organisation=organisations, number=results, months=st.sampled_from([None, 1, 1, 12]), with_photo=st.booleans()
    )
    def share(self, organisation: int, number: int, months: int | None, with_photo: bool) -> None:
        until = months_later(self.now, months) if months else None
        earlier = self.held_right(organisation, number, "share")
        taken = earlier is not None and earlier[1].in_force(self.now)
        try:
            made = shares.share(
                claim=self.world.claims[number], organisation=self.world.organisations[organisation],
                by=self.owner(number), with_photo=with_photo, expires_at=until, now=self.now,
            )  # fmt: skip
        except shares.ShareError:
            assert taken or not self.active[organisation]
            return
        assert self.active[organisation]
        assert not taken
        if earlier:
            self.end(earlier[0], "share.expired")
        version = self.achieved[number].number
        self.rights[made.pk] = Right("share", organisation, number, version, until, with_photo)
        self.events[organisation].append(("share.created", made.pk))

    @precondition(lambda self: self.rights)
    @rule(pick=picks, months=st.sampled_from([None, 1, 12]))
    def change_end(self, pick: int, months: int | None) -> None:
        key, right = self.pick(pick)
        until = months_later(self.now, months) if months else None
        if right.kind != "share":
            return
        with self.refused_unless(right.in_force(self.now)):
            shares.change_end(
                share=Share.objects.get(pk=key), by=self.owner(right.result), expires_at=until, now=self.now
            )
            right.until = until
            self.events[right.organisation].append(("share.updated", key))

    @precondition(lambda self: self.rights)
    @rule(pick=picks, everything=st.booleans())
    def withdraw(self, pick: int, everything: bool) -> None:
        key, right = self.pick(pick)
        if everything:
            self.withdraw_all(right.result)
        if right.kind != "share":
            return
        with self.refused_unless(right.in_force(self.now)):
            shares.withdraw(share=Share.objects.get(pk=key), by=self.owner(right.result), now=self.now)
            self.end(key, "share.withdrawn")

    def withdraw_all(self, number: int) -> None:
        person = self.owner(number)
        ended = [key for key, right in self.rights.items()
                 if (right.kind, right.result) == ("share", number) and right.in_force(self.now)]  # fmt: skip
        assert shares.withdraw_all(candidate=person.candidate, by=person, now=self.now) == len(ended)
        for key in sorted(ended):
            self.end(key, "share.withdrawn")

    @rule()
    def sweep(self) -> None:
        due = [key for key, right in self.rights.items()
               if right.kind == "share" and not right.ended and not right.in_force(self.now)]  # fmt: skip
        assert expiry.expire_due(self.now) == len(due)
        for key in sorted(due, key=lambda key: (self.rights[key].until, key)):
            self.end(key, "share.expired")

    @rule(organisation=organisations, person=people, number=results, right_date=st.sampled_from([True, True, False]))
    def search(self, organisation: int, person: int, number: int, right_date: bool) -> None:
        ours, achieved = self.comes_in(organisation, person), self.achieved[number]
        if ours is None or (not right_date and self.misses >= MOST_MISSES):
            return
        found = door.check_by_number(
            organisation=ours, actor=user_actor(self.world.users[organisation][person]),
            number=self.result(number).reference_number,
            date_of_birth=BORN if right_date else BORN + timedelta(days=1), now=self.now,
        )  # fmt: skip
        self.misses += not right_date
        if not right_date or achieved.status == "withheld":
            assert found is None
            return
        assert isinstance(found, uuid.UUID)
        earlier = self.held_right(organisation, number, "verification")
        assert earlier is None or earlier[0] == found
        until = self.now + door.RIGHT_LASTS
        self.rights[found] = Right("verification", organisation, number, achieved.number, until)
        self.looked(self.rights[found], Channel.SEARCH)

    @precondition(lambda self: self.rights)
    @rule(pick=picks, foreign=st.sampled_from([False, False, False, True]), person=people)
    def look(self, pick: int, foreign: bool, person: int) -> None:
        key, right = self.pick(pick)
        organisation = 1 - right.organisation if foreign else right.organisation
        ours = self.comes_in(organisation, person)
        if ours is not None:
            actor = user_actor(self.world.users[organisation][person])
            for channel in (Channel.PAGE, Channel.STATEMENT, Channel.PHOTO):
                self.open(key, right, organisation, ours, actor, channel)

    @precondition(lambda self: self.rights)
    @rule(pick=picks)
    def look_at_ones_own(self, pick: int) -> None:
        """Once more, so that looking is what happens most."""
        self.look(pick, foreign=False, person=0)

    @rule(number=results, score=st.integers(160, 179))
    def results_file_changes_a_result(self, number: int, score: int) -> None:
        if not self.achieved[number].held:
            change_result(self.result(number), score=score)
            self.new_version(number, "released", score)

    @rule(number=results, status=st.sampled_from([Status.WITHHELD, Status.CANCELLED]))
    def staff_hold_or_lift(self, number: int, status: Status) -> None:
        achieved = self.achieved[number]
        if achieved.held:
            holds.lift(result=self.result(number), reason="Cleared", by="user:staff")
            self.new_version(number, "released", achieved.score)
        else:
            holds.hold(result=self.result(number), status=status, reason="Asked", by="user:staff")
            self.new_version(number, status.value, achieved.score)
        achieved.held = not achieved.held

    @rule(number=results, hidden=st.booleans())
    def hide_photo(self, number: int, hidden: bool) -> None:
        claims.hide_photo(claim=self.world.claims[number], hidden=hidden, by=self.owner(number))
        self.achieved[number].hidden = hidden

    @rule(organisation=organisations, whole=st.booleans())
    def staff_or_the_primary_user_shut_out_or_let_in_again(self, organisation: int, whole: bool) -> None:
        if not whole:
            employed = self.employed[organisation][1] = not self.employed[organisation][1]
            Membership.objects.filter(user=self.world.users[organisation][1]).update(is_active=employed)
            return
        change = supervision.suspend if self.active[organisation] else supervision.reinstate
        staff = self.world.users[1 - organisation][0]
        change(organisation=self.world.organisations[organisation], by=staff, reason="Complaint")
        self.active[organisation] = not self.active[organisation]

    @rule(organisation=organisations, person=people)
    def work_with_the_list(self, organisation: int, person: int) -> None:
        """It shows what is in force, and an outcome only where there is one to show.  It is no access."""
        ours = self.comes_in(organisation, person)
        if ours is None:
            return
        lines = Listing(ours, self.world.users[organisation][person], self.now).page().lines
        expected = {}
        for key, right in self.rights.items():
            if (right.kind, right.organisation) == ("share", organisation) and right.in_force(self.now):
                achieved = self.achieved[right.result]
                expected[key] = (achieved.status, str(achieved.score) if achieved.status == "released" else "")
        assert {line.share_id: (line.status, line.score) for line in lines} == expected

    @rule(organisation=organisations, limit=st.integers(1, 5))
    def read_the_ledger(self, organisation: int, limit: int) -> None:
        rows, ours = self.read_rows[organisation], self.world.organisations[organisation]
        after = rows[-1].position or 0 if rows else 0
        self.news_is_told()
        rows += ledger.read(organisation=ours, after=after, limit=limit, now=self.now)

    # --- What must be so ----------------------------------------------------------------------------------------------

    def pick(self, pick: int) -> tuple[uuid.UUID, Right]:
        every = list(self.rights.items())
        return every[pick % len(every)]

    @contextlib.contextmanager
    def refused_unless(self, allowed: bool) -> Iterator[None]:
        try:
            yield
        except shares.ShareError:
            assert not allowed
        else:
            assert allowed

    def news_is_told(self) -> None:
        for number, version in self.untold:
            for key, right in self.rights.items():
                if right.result == number and right.in_force(self.now):
                    self.changed[right.organisation][key, version] += 1
        self.untold = []

    def looked(self, right: Right, channel: Channel) -> None:
        version = self.achieved[right.result].number
        self.looks[right.result, right.organisation, right.kind, channel.value, version, self.now.date()] += 1

    def open(
        self, key: uuid.UUID, right: Right, organisation: int, ours: Organisation, actor: str, channel: Channel
    ) -> None:
        achieved = self.achieved[right.result]
        released = achieved.status == "released"
        photo = released and right.with_photo and not achieved.hidden
        given = {Channel.PAGE: True, Channel.STATEMENT: released, Channel.PHOTO: photo}[channel]
        common: dict[str, Any] = {"organisation": ours, "actor": actor, "channel": channel, "now": self.now}
        try:
            if right.kind == "share":
                opened = door.open_share(share_id=key, **common)
            else:
                opened = door.open_verification(verification_id=key, **common)
        except door.NotAvailableError:
            assert not (right.organisation == organisation and right.in_force(self.now) and given)
            Sharing.refused += 1
            return
        assert right.organisation == organisation, "a foreign read"
        assert right.in_force(self.now), "a right that has ended"
        assert given
        view = opened.view
        assert (view.status, view.score, view.has_photo) == (
            achieved.status,
            achieved.score if released else None,
            photo,
        )
        assert (view.version_number, opened.changed_since_seen) == (achieved.number, achieved.number != right.version)
        self.looked(right, channel)
        Sharing.opened += 1

    @invariant()
    def each_organisation_has_what_the_model_says(self) -> None:
        Sharing.steps += 1
        ids = [organisation.pk for organisation in self.world.organisations]
        expected = {key: ids[right.organisation] for key, right in self.rights.items() if right.in_force(self.now)}
        held = dict(Share.objects.in_force(self.now).values_list("pk", "organisation_id"))
        held |= dict(Verification.objects.in_force(self.now).values_list("pk", "organisation_id"))
        assert held == expected

    def everything_agrees(self) -> None:
        for number, organisation in enumerate(self.world.organisations):
            for key, right in self.rights.items():
                self.open(key, right, number, organisation, "user:end", Channel.PAGE)
            self.work_with_the_list(number, 0)
        self.the_ledgers_agree()
        self.candidates_see_who_looked()

    def the_ledgers_agree(self) -> None:
        for number in range(2):
            count = -1
            while len(self.read_rows[number]) != count:
                count = len(self.read_rows[number])
                self.read_the_ledger(number, 50)
            rows = self.read_rows[number]
            told = [(row.type, row.share_id) for row in rows if row.type != "result.changed"]
            assert told == self.events[number]
            news = Counter((row.share_id or row.verification_id, row.version.number) for row in rows if row.version)
            assert news == self.changed[number]
            assert {row.organisation_id for row in rows} <= {self.world.organisations[number].pk}

    def candidates_see_who_looked(self) -> None:
        ids = [organisation.pk for organisation in self.world.organisations]
        for number, claim in enumerate(self.world.claims):
            seen: Counter[tuple[int, int, str, str, int, date]] = Counter()
            for row in Access.objects.of_candidate(claim.candidate):
                assert row["result_id"] == claim.result_id
                kind = "share" if row["by_share"] else "verification"
                where = (number, ids.index(row["organisation_id"]), kind, row["channel"])
                seen[*where, row["version_number"], row["day"]] += row["times"]
            assert seen == Counter({look: times for look, times in self.looks.items() if look[0] == number})


@pytest.mark.drill
@pytest.mark.django_db
def test_nobody_sees_more_or_less_than_the_model_says() -> None:
    Sharing.world = make_world()
    Sharing.steps = Sharing.opened = Sharing.refused = 0
    run_state_machine_as_test(
        Sharing,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
    print(f"{Sharing.steps} steps, {Sharing.opened} opened, {Sharing.refused} refused")  # noqa: T201
    assert Sharing.steps >= AT_LEAST
    assert min(Sharing.opened, Sharing.refused) > AT_LEAST / 10, "both happen, or this shows nothing"
    assert Organisation.objects.filter(state=OrganisationState.ACTIVE).count() == 2
