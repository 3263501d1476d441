"""Candidates of the demonstration: whose results are in an account, with whom they share them, and who has looked."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from accounts.audit import user_actor
from accounts.models import User
from accounts.months import months_later
from organisations.models import Organisation
from results import claims
from results.models import Claim, Result
from rvs.sample_data import Row
from sharing import door, shares
from sharing.models import Channel, Seen, Share

FIRST_OF_THE_CANDIDATES: Final = 100
"""Rows before this one belong to the organisations' checks by number."""
SHARERS: Final = 36
APPLY_WITH: Final = {"B2", "C1", "C2"}
BORN: Final = "2003-05-17"
OWN: Final = (("PET", "2017", "2021"), ("FCE", "2019", "2024"), ("CAE", "2021", "2026"))
"""What the candidate who can log in has passed, and between which years."""
FACTS: Final[dict[str, dict[str, Any]]] = {
    "University of Fenland": {
        "slug": "fenland", "type": "university", "city": "Ely", "admissions_email": "admissions@fenland.example",
        "description": "Undergraduate and postgraduate admissions.",
        "applicant_reference_label": "UCAS number", "applicant_reference_pattern": "9999999999",
    },
    "Universidad del Turia": {"slug": "turia", "type": "university", "city": "Valencia"},
    "Nordhavn Shipping": {"slug": "nordhavn-shipping", "type": "employer", "city": "København"},
}  # fmt: skip
"""What candidates see of the organisations."""
ACCEPTED: Final = (("FCE", 173), ("CAE", 176), ("CPE", None))
"""What the first organisation recognises, from which overall score on."""


def dress(organisations: Sequence[Organisation]) -> None:
    """Give the organisations a face for candidates, and their own e-mail domains."""
    for organisation in organisations:
        for name, value in FACTS[organisation.name].items():
            setattr(organisation, name, value)
        organisation.save()
        organisation.email_domains.create(domain=organisation.website.removeprefix("https://www."), confirmed=True)
    for exam, score in ACCEPTED:
        organisations[0].accepted_exams.create(exam=exam, minimum_score=score)


def own_rows(rows: Sequence[Row]) -> list[Row]:
    """Three good results for the candidate who can log in, with a photo where the exam has one."""
    return [next(row for row in rows[FIRST_OF_THE_CANDIDATES:] if _fits(row, *exam)) for exam in OWN]


def _fits(row: Row, exam: str, since: str, until: str) -> bool:
    passed = row["result"].startswith("Pass") and since < row["exam_date"] < until
    return row["exam"] == exam and passed and (exam == "PET" or bool(row["photo"]))


def give_to(rows: Sequence[Row], *, given_name: str, family_name: str) -> None:
    """Make these results one person's."""
    for row in own_rows(rows):
        row |= {"given_names": given_name, "family_name": family_name, "date_of_birth": BORN}


def share_own(user: User, rows: Sequence[Row], organisations: Sequence[Organisation]) -> None:
    """The candidate who can log in: one share that was read, one without the photo, one that was withdrawn."""
    _preliminary, first, advanced = [_claim(user, row) for row in own_rows(rows)]
    now = timezone.now()
    read = _share(advanced, organisations[0], now - timedelta(days=9, hours=3), reference="1409338127")
    _read(read, now - timedelta(days=8, hours=22), Channel.PAGE, Channel.PHOTO, Channel.STATEMENT)
    _share(first, organisations[1], now - timedelta(days=2, hours=5), photo=False)
    withdrawn = _share(first, organisations[0], now - timedelta(days=30))
    _read(withdrawn, now - timedelta(days=29), Channel.PAGE)
    shares.withdraw(share=withdrawn, by=user, now=now - timedelta(days=12))


def share_of_others(rows: Sequence[Row], organisations: Sequence[Organisation]) -> list[Row]:
    """Three dozen further candidates shared in the last weeks; returns the results of the first organisation's."""
    mine = own_rows(rows)
    passed = [row for row in rows[FIRST_OF_THE_CANDIDATES:] if row["cefr"] in APPLY_WITH and row["exam_date"] > "2014"]
    sharers = [row for row in passed if row["status"] == "released" and row["email"] and row not in mine][:SHARERS]
    now = timezone.now()
    for index, row in enumerate(sharers):
        user = User.objects.create_user(
            row["email"].replace("example.org", "mail.example"),
            given_name=row["given_names"] or row["family_name"],
            family_name=row["family_name"],
        )
        at = now - timedelta(days=index * 2 // 3, hours=index % 7 + 1, minutes=index * 11 % 60)
        reference = f"14{index * 7919 % 10**8:08}" if index % 3 else ""
        share = _share(_claim(user, row), organisations[_whose(index)], at, reference=reference, photo=index % 4 > 0)
        if index > 8 and index % 5:  # the latest are not read yet
            _read(share, at + timedelta(hours=5), Channel.PAGE, *([Channel.STATEMENT] if index % 2 else []))
    return [row for index, row in enumerate(sharers) if not _whose(index)]


def _whose(index: int) -> int:
    """Of every six candidates four share with the first organisation."""
    return {2: 1, 5: 2}.get(index % 6, 0)


def _claim(user: User, row: Row) -> Claim:
    (claim,) = claims.claim(user=user, results=Result.objects.filter(reference_number=row["reference_number"]))
    return claim


def _share(claim: Claim, organisation: Organisation, at: datetime, *, reference: str = "", photo: bool = True) -> Share:
    return shares.share(
        claim=claim,
        organisation=organisation,
        by=claim.candidate.user,
        applicant_reference=reference,
        with_photo=photo,
        expires_at=months_later(at, 12),
        now=at,
    )


def _read(share: Share, at: datetime, *channels: Channel) -> None:
    """Somebody of the organisation opens it, and takes what is there."""
    reader = share.organisation.memberships.order_by("created_at")[0].user
    Seen.objects.create(user=reader, share=share, version_first_seen_id=share.version_shared_id, first_seen_at=at)
    for channel in channels:
        try:
            door.open_share(
                organisation=share.organisation, share_id=share.pk, actor=user_actor(reader), channel=channel, now=at
            )
        except door.NotAvailableError:
            continue  # no photo
