"""A month with a moved clock, and somebody who keeps account of it in another way than the product does.

`Month` brings about what happens, and notes for each user what the next digest should tell of; it works out the ends of
windows by watching the clock on the wall tick, and keeps sets of events where the product keeps positions.
"""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import F

from accounts.models import User
from notifications import digests
from notifications.models import Digest, Frequency, Stream
from organisations.models import Membership, Organisation
from results.models import Result
from sharing import expiry, publishing, shares
from sharing.models import Change, Share
from tests.factories import change_result, make_member, make_organisation, make_result, make_user, share_result
from tests.notifications.steps import choose

ZONES: Final = (
    "Pacific/Kiritimati", "Pacific/Honolulu", "Europe/London", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu",
    "Australia/Lord_Howe", "America/Sao_Paulo",
)  # fmt: skip
EXAMS: Final = ("FCE", "CAE", "CPE")
TEN_MINUTES: Final = timedelta(minutes=9)
"""As it happens: what the product allows itself, and beat's half minute, are ten."""
QUARTER: Final = timedelta(minutes=15)
Event = tuple[int, Any]
"""A result, and the share by which the organisation hears of it."""
Expected = dict[tuple[Any, str, datetime], frozenset[Event]]
"""What each digest tells of: by user, stream and the end of its window."""


def wall_clock_end(frequency: str, weekday: int, hour: int, zone: str, after: datetime) -> datetime:
    """Watch the clock on the wall by quarters of an hour, until it first shows the hour, or more, of a day."""
    wall = ZoneInfo(zone)
    at = after.replace(minute=after.minute // 15 * 15, second=0, microsecond=0)
    reached = {at.astimezone(wall).date()} if at.astimezone(wall).hour >= hour else set()
    while True:
        at += QUARTER
        shown = at.astimezone(wall)
        if shown.hour >= hour and shown.date() not in reached:
            reached.add(shown.date())
            if frequency == Frequency.DAILY or shown.weekday() == weekday:
                return at


@dataclass
class Reader:
    """One user's stream, as the oracle knows it."""

    user: User
    stream: Stream
    frequency: str
    weekday: int = 0
    hour: int = 8
    exams: tuple[str, ...] = ()
    unscheduled: bool = True
    window: datetime | None = None
    here: bool = True
    news: bool = False
    pending: set[Event] = field(default_factory=set)

    def hear(self, event: Event) -> None:
        if self.here and self.frequency != Frequency.OFF:
            self.pending.add(event)
            self.news = True

    def forget(self) -> None:
        self.pending, self.news = set(), False

    def choose(self, frequency: str, *, moved: bool) -> None:
        if frequency == self.frequency and not (moved and frequency in {Frequency.DAILY, Frequency.WEEKLY}):
            return
        if self.frequency == Frequency.OFF:
            self.forget()
        self.frequency, self.window, self.unscheduled = frequency, None, frequency != Frequency.OFF

    def end_after(self, now: datetime) -> datetime:
        if self.frequency == Frequency.AS_IT_HAPPENS:
            return now + TEN_MINUTES
        return wall_clock_end(self.frequency, self.weekday, self.hour, self.user.time_zone, now)


class Month:
    def __init__(self, *, seed: int, start: datetime, users: int, organisations: int) -> None:
        self.random = random.Random(seed)
        self.now = start
        self.expected: Expected = {}
        self.organisations = [make_organisation() for _number in range(organisations)]
        self.shares: list[Share] = []
        self.somebody = make_user()
        self.readers: dict[Organisation, list[Reader]] = {each: [] for each in self.organisations}
        for number in range(users):
            organisation = self.organisations[number % organisations]
            user = make_member(organisation, time_zone=ZONES[number % len(ZONES)])
            self.readers[organisation] += [
                Reader(user, Stream.NEW_RESULTS, Frequency.DAILY), Reader(user, Stream.CHANGES, Frequency.AS_IT_HAPPENS)
            ]  # fmt: skip

    # --- What happens

    def live(self, until: datetime) -> None:
        """Let the clock run, unevenly, with the worker now and then away for hours."""
        while self.now < until:
            for _number in range(self.random.choice((0, 0, 0, 1, 1, 2))):
                self.now += timedelta(seconds=self.random.randint(1, 120))
                self._something()
            away = self.random.random() < 0.01
            self.now += timedelta(minutes=self.random.randint(120, 600) if away else self.random.randint(2, 25))
            self.tick()

    def _something(self) -> None:
        actions = (self._share, self._share, self._share, self._withdraw, self._shorten, self._change_result,
                   self._choose, self._choose, self._come_or_go)  # fmt: skip
        self.random.choice(actions)()

    def _share(self) -> None:
        organisation = self.random.choice(self.organisations)
        result = make_result(exam=self.random.choice(EXAMS))
        share = share_result(organisation, result, now=self.now)
        self.shares.append(share)
        self._tell(share, Stream.NEW_RESULTS)

    def _withdraw(self) -> None:
        if running := self._running():
            shares.withdraw(share=self.random.choice(running), by=self.somebody, now=self.now)

    def _shorten(self) -> None:
        """A share runs out in some hours: as if it had been made a year ago."""
        if running := self._running():
            ends = self.now + timedelta(minutes=self.random.randint(1, 3000))
            Share.objects.filter(pk=self.random.choice(running).pk).update(expires_at=ends)

    def _change_result(self) -> None:
        if not (running := self._running()):
            return
        share = self.random.choice(running)
        result = Result.objects.select_related("current").get(pk=share.result_id)
        released = result.current.status == "released"
        content = {"status": "withheld"} if released and self.random.random() < 0.5 else {"status": "released"}
        change_result(result, **content, **({} if content["status"] == "withheld" else {"label": "Pass at Grade C"}))
        publishing.publish(self.now)
        for each in self._running():
            if each.result_id == result.pk:
                self._tell(each, Stream.CHANGES)

    def _choose(self) -> None:
        organisation = self.random.choice(self.organisations)
        reader = self.random.choice(self.readers[organisation])
        both = [each for each in self.readers[organisation] if each.user == reader.user]
        if not reader.here:
            return
        frequency = self.random.choice(list(Frequency))
        hour, weekday = self.random.choice((0, 1, 2, 3, 8, 17, 23)), self.random.randrange(7)
        exams = self.random.choice(((), (), ("FCE",), ("CAE", "CPE")))
        moved = (reader.hour, reader.weekday) != (hour, weekday)
        choose(reader.user, now=self.now, hour=hour, weekday=weekday, exams=exams, **{reader.stream.value: frequency})
        for each in both:
            each.hour, each.weekday, each.exams = hour, weekday, exams
            each.choose(frequency if each is reader else each.frequency, moved=moved)

    def _come_or_go(self) -> None:
        organisation = self.random.choice(self.organisations)
        reader = self.random.choice(self.readers[organisation])
        publishing.publish(self.now)
        membership = Membership.objects.get(user=reader.user)
        membership.is_active = not membership.is_active
        membership.save(update_fields=["is_active"])
        for each in self.readers[organisation]:
            if each.user == reader.user:
                each.here, each.window, each.unscheduled = membership.is_active, None, membership.is_active
                each.forget()

    def _running(self) -> list[Share]:
        return list(Share.objects.in_force(self.now).order_by("shared_at", "pk"))

    def _tell(self, share: Share, stream: Stream) -> None:
        for reader in self.readers[share.organisation]:
            if reader.stream == stream:
                reader.hear((share.result_id, share.pk))

    # --- The worker, and what it should have told

    def tick(self) -> None:
        expiry.expire_due(self.now)
        self._expect()
        digests.run(self.now)

    def _expect(self) -> None:
        in_force = set(Share.objects.in_force(self.now).values_list("pk", flat=True))
        exams = dict(Result.objects.filter(current__status="released").values_list("pk", "current__exam"))
        for readers in self.readers.values():
            for reader in readers:
                self._window(reader)
                if reader.here and reader.window and reader.window <= self.now:
                    self._close(reader, in_force, exams)

    def _window(self, reader: Reader) -> None:
        if not reader.here or reader.frequency == Frequency.OFF:
            return
        opened = reader.frequency == Frequency.AS_IT_HAPPENS and reader.window is None and reader.news
        if reader.unscheduled or opened:
            reader.window, reader.unscheduled = reader.end_after(self.now), False

    def _close(self, reader: Reader, in_force: set[Any], exams: dict[int, str]) -> None:
        told = {event for event in reader.pending if event[1] in in_force}
        if reader.stream == Stream.NEW_RESULTS:
            told = {event for event in told if event[0] in exams}
            told = {event for event in told if not reader.exams or exams[event[0]] in reader.exams}
        if told and reader.window:
            self.expected[reader.user.pk, reader.stream.value, reader.window] = frozenset(told)
        reader.forget()
        by_the_clock = reader.frequency in {Frequency.DAILY, Frequency.WEEKLY}
        reader.window = reader.end_after(self.now) if by_the_clock else None


def made() -> dict[tuple[Any, str, datetime], int]:
    """Every digest there is: how many results it tells of."""
    rows = Digest.objects.annotate(end=F("window")).values_list("user", "stream", "end", "results")
    return {(user, stream, end.astimezone(UTC)): results for user, stream, end, results in rows}


def outside(expected: Expected) -> list[tuple[Any, str, datetime]]:
    """Digests whose stretch of the ledger does not hold the events that they should tell of."""
    positions: dict[tuple[str, Any], list[int]] = {}
    for change in Change.objects.filter(share__isnull=False, position__isnull=False):
        positions.setdefault((change.type, change.share_id), []).append(change.position or 0)
    kinds = {Stream.NEW_RESULTS.value: "share.created", Stream.CHANGES.value: "result.changed"}
    stretches = {
        (row.user_id, row.stream, row.window.astimezone(UTC)): (row.position_from, row.position_to)
        for row in Digest.objects.all()
    }
    return [
        key
        for key, events in expected.items()
        for low, high in [stretches[key]]
        for _result, share in events
        if not any(low < position <= high for position in positions[kinds[key[1]], share])
    ]
