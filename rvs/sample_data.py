"""Invented results over all exams and eras of the catalogue: for the demonstration, the tests and the benchmarks.

The same seed gives the same rows.  Every row is valid: overall scores follow from the components, labels and CEFR
levels from the catalogue.  Nobody in it exists.
"""

import csv
from calendar import month_name
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from random import Random
from typing import TextIO

from results.catalogue import EXAMS, FAIL, NARROW_FAIL, PROFILE_WORDS, Band, Exam, Scheme, SchemeKind
from results.catalogue import overall_from_components as overall_of
from results.importer.columns import COLUMNS
from rvs.sample_people import CENTRES, LONG_NAMES, MONONYMS, NAMES, Centre
from rvs.sample_photos import drawn_photo

__all__ = ["Row", "drawn_photo", "sample_rows", "write_rows", "write_sample"]

LAST_EXAM_DATE = date(2025, 12, 31)
PERIODS = [(exam, scheme) for exam in EXAMS.values() for scheme in exam.schemes]
_NOT_RELEASED = ("pending", "withheld", "cancelled", "absent")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CLEAR_CHARACTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without those that are taken for each other
# The first photos on the day of the test [domain 4.6].
_FIRST_PHOTOS = date(2012, 1, 1)

Row = dict[str, str]


def sample_rows(*, seed: int, count: int) -> Iterator[Row]:
    """`count` valid rows of a results file.  The first ones show every exam in every era, the others mix them."""
    random = Random(seed)  # noqa: S311  (invented people need no secret)
    candidates: dict[str, int] = defaultdict(int)
    verification_numbers: set[str] = set()
    for index in range(count):
        exam, scheme = PERIODS[index] if index < len(PERIODS) else random.choice(PERIODS)
        centre = random.choice(CENTRES)
        row = dict.fromkeys(COLUMNS, "")
        day = _exam_date(random, scheme)
        row |= _place(random, exam, day, centre)
        session = f"{day:%y}{day.month:X}{centre.number}"
        candidates[session] += 1
        row["reference_number"] = f"{session}{candidates[session]:04}"
        row |= _person(random, exam, day, index)
        if random.random() < 0.35:
            row["verification_number"] = _new_verification_number(random, verification_numbers)
        released = index < len(PERIODS) or random.random() < 0.96
        row["status"] = "released" if released else random.choice(_NOT_RELEASED)
        if row["status"] in {"released", "cancelled"}:
            row |= _achievement(random, exam, scheme, day)
        if exam.has_photo and day >= _FIRST_PHOTOS and random.random() < 0.9:
            row["photo"] = f"{row['reference_number']}.jpg"
        yield row


def write_sample(file: TextIO, *, seed: int, count: int) -> None:
    """A results file of sample rows.  Open `file` with newline=""."""
    write_rows(file, sample_rows(seed=seed, count=count))


def write_rows(file: TextIO, rows: Iterable[Row]) -> None:
    """A results file of these rows.  Open `file` with newline=""."""
    writer = csv.DictWriter(file, list(COLUMNS))
    writer.writeheader()
    writer.writerows(rows)


def _exam_date(random: Random, scheme: Scheme) -> date:
    last = scheme.exam_to or LAST_EXAM_DATE
    return scheme.exam_from + timedelta(days=random.randint(0, (last - scheme.exam_from).days))


def _place(random: Random, exam: Exam, day: date, centre: Centre) -> Row:
    session_code = random.choice(("", "", " (FS)", " (F2)", " (S)"))
    return {
        "exam": exam.code,
        "exam_date": day.isoformat(),
        "session": f"{month_name[day.month]}{session_code} {day.year}",
        "centre_number": centre.number,
        "centre_name": centre.name,
        "place_of_entry": centre.city,
        "country": centre.country,
    }


def _person(random: Random, exam: Exam, day: date, index: int) -> Row:
    given, family = _name(random)
    youngest, oldest = (11, 17) if exam.code.endswith("FS") else (15, 45)
    born = day - timedelta(days=random.randint(youngest * 366, oldest * 365))
    return {
        "candidate_id": "".join(random.choices(_LETTERS, k=3)) + f"{random.randrange(10**6):06}",
        "secret_number": f"{random.randrange(10**4):04}",
        "given_names": given,
        "family_name": family,
        "date_of_birth": born.isoformat(),
        "email": f"candidate{index}@example.org" if random.random() < 0.85 else "",
    }


def _name(random: Random) -> tuple[str, str]:
    kind = random.random()
    if kind < 0.02:
        return "", random.choice(MONONYMS)
    if kind < 0.03:
        return random.choice(MONONYMS), ""
    if kind < 0.035:
        return random.choice(LONG_NAMES)
    given, family = random.choice(NAMES)
    return random.choice(given), random.choice(family)


def _new_verification_number(random: Random, taken: set[str]) -> str:
    while (number := "V" + "".join(random.choices(_CLEAR_CHARACTERS, k=9))) in taken:
        pass
    taken.add(number)
    return number


def _achievement(random: Random, exam: Exam, scheme: Scheme, day: date) -> Row:
    if scheme.kind is SchemeKind.SCALE:
        row, band = _scale(random, exam, scheme)
    elif scheme.kind is SchemeKind.STANDARDISED:
        row, band = _standardised(random, exam, scheme)
    else:
        row, band = {}, random.choice(scheme.bands)
    row["result"] = band.label
    row["cefr"] = _cefr(exam, band)
    passed = band.label not in {FAIL, NARROW_FAIL}
    if passed and random.random() < 0.6:
        row["certificate_number"] = f"00{random.randrange(10**8):08}"
        row["certificate_date"] = (day + timedelta(days=60)).isoformat()
    if passed and random.random() < 0.015:
        row["exempt"] = "yes"
    return row


def _scale(random: Random, exam: Exam, scheme: Scheme) -> tuple[Row, Band]:
    lowest, highest = scheme.score_range or (0, 0)
    ability = random.randint(lowest, highest)
    scores = {part.code: min(highest, max(lowest, ability + random.randint(-14, 14))) for part in exam.components}
    overall = overall_of(exam, scores)
    band = scheme.band_for(overall)
    assert band is not None  # noqa: S101  (a mean lies between its parts)
    return {"score": str(overall), **{code: str(score) for code, score in scores.items()}}, band


def _standardised(random: Random, exam: Exam, scheme: Scheme) -> tuple[Row, Band]:
    score = random.randint(20, 100)
    # Where the cut-offs are not known, better scores still get better labels.
    position = min(len(scheme.bands) - 1, (100 - score) * len(scheme.bands) // 80)
    band = scheme.band_for(score) or scheme.bands[position]
    usual = (100 - score) * len(PROFILE_WORDS) // 81
    profile = {
        part.code: PROFILE_WORDS[min(3, max(0, usual + random.choice((-1, 0, 0, 1))))] for part in exam.components
    }
    return {"score": str(score), **profile}, band


def _cefr(exam: Exam, band: Band) -> str:
    if band.cefr is not None:
        return band.cefr
    if band.label in {FAIL, NARROW_FAIL}:
        return ""
    return band.label.removeprefix("Level ") if band.label.startswith("Level ") else exam.target_cefr
