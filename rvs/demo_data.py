"""Demonstration data: three organisations, their users, staff, a candidate, and results over all exams and eras.

Everything is invented, and made again the same from one seed.  It is loaded once; restarts find it there.
"""

import io
import tempfile
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple, TypedDict

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from accounts.audit import system_actor, user_actor
from accounts.models import User
from organisations.models import Membership, Organisation, Role
from results import catalogue, holds
from results.importer import import_results
from results.models import Result, Status
from results.photos import PhotoSource, open_photos
from rvs import (
    demo_api,
    demo_downloads,
    demo_mail,
    demo_notifications,
    demo_registrations,
    demo_sharing,
    demo_templates,
    demo_webhooks,
)
from rvs.sample_data import Row, drawn_photo, sample_rows, write_rows
from sharing import door

SEED: Final = 2026
RESULTS: Final = 500
PASSWORD: Final = "verify-together-2026"  # noqa: S105  (of invented people, in a database that only a demonstration has)
ACTOR: Final = system_actor("demonstration")


class Person(NamedTuple):
    email: str
    given_name: str
    family_name: str
    job_title: str
    time_zone: str = "Europe/London"


class Team(NamedTuple):
    name: str
    country: str
    website: str
    primary: Person
    admins: tuple[Person, ...]


TEAMS: Final = (
    Team(
        "University of Fenland",
        "GB",
        "https://www.fenland.example",
        Person("primary@fenland.example", "Harriet", "Okonkwo", "Head of Admissions"),
        (
            Person("admin@fenland.example", "Tom", "Lindqvist", "Admissions Officer"),
            Person("aisha@fenland.example", "Aisha", "Rahman", "Admissions Assistant"),
        ),
    ),
    Team(
        "Universidad del Turia",
        "ES",
        "https://www.turia.example",
        Person("primary@turia.example", "Lucía", "Ferrer Vidal", "Jefa de Admisiones", "Europe/Madrid"),
        (Person("admin@turia.example", "Jordi", "Puig", "Técnico de Admisiones", "Europe/Madrid"),),
    ),
    Team(
        "Nordhavn Shipping",
        "DK",
        "https://www.nordhavn.example",
        Person("primary@nordhavn.example", "Søren", "Bjerregaard", "Head of Recruitment", "Europe/Copenhagen"),
        (),
    ),
)
STAFF: Final = Person("staff@examboard.example", "Margaret", "Achebe", "Results Services")
GROUP_STAFF: Final = {
    "Registrations": Person("registrations@examboard.example", "Idris", "Vaughan", "Registrations"),
    "Results": Person("results@examboard.example", "Katarzyna", "Nowak", "Results Services"),
    "Helpdesk": Person("helpdesk@examboard.example", "Ben", "Adeyemi", "Helpdesk"),
}
"""One member of staff in each group (rvs/staff_groups.py)."""
CANDIDATE: Final = Person("candidate@mail.example", "Nguyễn Thị", "Hoa", "")


class LogIn(TypedDict, total=False):
    email: str
    password: str
    organisation: str


class Accounts(TypedDict):
    """What `demo_accounts --json` prints."""

    base_url: str
    primary: LogIn
    admin: LogIn
    other_organisation: LogIn
    candidate: LogIn
    staff: LogIn
    api: dict[str, str]
    unshared_result: dict[str, str]
    unclaimed_candidate: dict[str, str]


def accounts() -> Accounts:
    """The demonstration's log-ins, and numbers to try."""
    home, elsewhere = TEAMS[0], TEAMS[1]
    found, unclaimed = _unshared_row(), _unclaimed_row()
    return {
        "base_url": settings.PUBLIC_BASE_URL,
        "primary": _log_in(home.primary, home),
        "admin": _log_in(home.admins[0], home),
        "other_organisation": _log_in(elsewhere.primary, elsewhere),
        "candidate": _log_in(CANDIDATE),
        "staff": _log_in(STAFF),
        "api": demo_api.credentials(),
        "unshared_result": {"reference_number": found["reference_number"], "date_of_birth": found["date_of_birth"]},
        "unclaimed_candidate": {
            "candidate_id": unclaimed["candidate_id"],
            "secret_number": unclaimed["secret_number"],
            "date_of_birth": unclaimed["date_of_birth"],
        },
    }


def _log_in(person: Person, team: Team | None = None) -> LogIn:
    log_in: LogIn = {"email": person.email, "password": PASSWORD}
    if team:
        log_in["organisation"] = team.name
    return log_in


@cache
def _rows() -> tuple[Row, ...]:
    rows = tuple(sample_rows(seed=SEED, count=RESULTS))
    demo_sharing.give_to(rows, given_name=CANDIDATE.given_name, family_name=CANDIDATE.family_name)
    return rows


def _unshared_row() -> Row:
    """A result worth looking at: C1 Advanced on the scale, with a photo; no organisation has it yet."""
    return next(
        row
        for row in reversed(_rows())
        if row["exam"] == "CAE" and row["photo"] and row["status"] == "released" and row["exam_date"] >= "2016"
    )


def _unclaimed_row() -> Row:
    return next(row for row in reversed(_rows()) if row["candidate_id"] and row["status"] == "released")


def _untouched() -> list[Row]:
    """Without the two that stay as they are, for others to try."""
    return [row for row in _rows() if row not in (_unshared_row(), _unclaimed_row())]


def load() -> bool:
    """Load everything once; returns False where it was loaded before.  What a killed load left is completed."""
    if User.objects.filter(email=STAFF.email).exists():
        return False
    with tempfile.TemporaryDirectory() as folder:
        for seed, row in enumerate(_rows()):
            if row["photo"]:
                (Path(folder) / row["photo"]).write_bytes(drawn_photo(seed))
        with open_photos(Path(folder)) as photos:
            _import(_rows(), "results.csv", photos)
    with transaction.atomic():
        teams = [_make_team(team) for team in TEAMS]
        demo_sharing.dress(teams)
        demo_sharing.share_own(_make_user(CANDIDATE), _rows(), teams)
        _make_user(STAFF, is_staff=True, is_superuser=True)
        for group, person in GROUP_STAFF.items():
            _make_user(person, is_staff=True).groups.add(Group.objects.get(name=group))
        _change_some(_verify_some(teams)[::3])
        _change_some(demo_sharing.share_of_others(_untouched(), teams))
        demo_registrations.load()
        demo_api.load(teams[0])
        demo_webhooks.load(teams[0])
        demo_templates.load(teams[0])
        demo_downloads.load(teams[0], _listed())
        demo_notifications.load(teams[0])
        demo_mail.load(User.objects.get(email=TEAMS[0].admins[1].email))
    return True


def _listed() -> list[Row]:
    """Some results of the sample file for a list of applicants: released ones, and one that was cancelled."""
    released = [row for row in _rows() if row["status"] == "released"]
    cancelled = [row for row in _rows() if row["status"] == "cancelled"]
    return [*released[200:206], *cancelled[:1]]


def _import(rows: Iterable[Row], file_name: str, photos: PhotoSource | None = None) -> None:
    text = io.StringIO(newline="")
    write_rows(text, rows)
    source = io.BytesIO(text.getvalue().encode())
    report = import_results(source=source, file_name=file_name, actor=ACTOR, photos=photos)
    if not report.accepted:
        raise RuntimeError(f"The demonstration's results were refused: {report.problems[0]}")


def _make_team(team: Team) -> Organisation:
    organisation = Organisation.objects.create(name=team.name, country=team.country, website=team.website)
    Membership.objects.create(organisation=organisation, user=_make_user(team.primary), role=Role.PRIMARY)
    for person in team.admins:
        Membership.objects.create(organisation=organisation, user=_make_user(person), role=Role.ADMIN)
    return organisation


def _make_user(person: Person, **rights: bool) -> User:
    return User.objects.create_user(
        person.email,
        PASSWORD,
        given_name=person.given_name,
        family_name=person.family_name,
        job_title=person.job_title,
        time_zone=person.time_zone,
        **rights,
    )


def _verify_some(teams: list[Organisation]) -> list[Row]:
    """Each organisation has verified a dozen results in the last weeks, of every exam and era; returns these rows."""
    released = [row for row in _rows() if row["status"] in {"released", "cancelled"} and row != _unshared_row()]
    verified = released[:36]
    now = timezone.now()
    for index, row in enumerate(verified):
        team = teams[index % len(teams)]
        door.check_by_number(
            organisation=team,
            actor=user_actor(team.memberships.order_by("created_at")[0].user),
            number=row["reference_number"],
            date_of_birth=date.fromisoformat(row["date_of_birth"]),
            applicant_reference=f"2027-{1000 + index}" if index % 2 else "",
            now=now - timedelta(days=index // 3, hours=index, minutes=index * 7),
        )
    return verified


def _change_some(known: list[Row]) -> None:
    """Of what the first organisation verified, or was shared with it, one result was re-marked since, one withheld."""
    re_marked, withheld = [row for row in known if _may_rise(row)][:2]
    risen = {"writing": str(int(re_marked["writing"]) + 5), "score": str(int(re_marked["score"]) + 1)}
    _import([{**re_marked, **risen}], "re-marked.csv")
    holds.hold(
        result=Result.objects.get(reference_number=withheld["reference_number"]),
        status=Status.WITHHELD,
        reason="Under investigation (demonstration).",
        by=ACTOR,
    )


def _may_rise(row: Row) -> bool:
    """Whether five points more in Writing, of five components, give the same label with one point more overall."""
    if row["status"] != "released" or not (row["use_of_english"].isdecimal() and row["writing"].isdecimal()):
        return False
    scheme = catalogue.get(row["exam"]).scheme_on(date.fromisoformat(row["exam_date"]))
    band = scheme.band_for(int(row["score"]) + 1) if scheme else None
    return band is not None and band.label == row["result"]


def table() -> str:
    """The log-ins for a person at a terminal."""
    known = accounts()
    people = {
        "Primary User": known["primary"],
        "Admin User": known["admin"],
        "Other organisation": known["other_organisation"],
        "Candidate": known["candidate"],
        "Staff (/admin/)": known["staff"],
    }
    people |= {f"  {group}": _log_in(person) for group, person in GROUP_STAFF.items()}
    lines = [f"{who:<20}{person['email']:<34}{person['password']}" for who, person in people.items()]
    found = known["unshared_result"]
    lines += [
        "",
        "To try Candidate Search:",
        f"{'Reference number':<20}{found['reference_number']}",
        f"{'Date of birth':<20}{date.fromisoformat(found['date_of_birth']):%-d %B %Y}",
        "",
        "To try the API (curl --user ID:SECRET):",
        *(f"{name.replace('_', ' ').capitalize():<20}{value}" for name, value in known["api"].items()),
    ]
    return "\n".join(lines)
