"""From an uploaded file to the rows that are checked: what each column is, and what each row asks."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final, Self

from django.core.files.base import File
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads.batch.dates import DateOrder, UnreadableDateError, guess_order, looks_like_dates, read_date
from downloads.batch.table import ERROR, FORMULA, LONGEST_CELL, LOST_DIGITS, Table, UnusableFileError
from downloads.batch.text_files import read_text
from downloads.batch.workbooks import read_workbook
from results.numbers import normalise
from sharing.forms import LONGEST_NUMBER

MOST_BYTES: Final = 5 * 1024 * 1024
LONGEST: Final = {"number": 60, "date_of_birth": 60, "name": LONGEST_CELL, "applicant_reference": 64}


class Part(StrEnum):
    """What a column can hold that a check needs."""

    REFERENCE_NUMBER = "reference_number"
    VERIFICATION_NUMBER = "verification_number"
    DATE_OF_BIRTH = "date_of_birth"
    NAME = "name"
    GIVEN_NAMES = "given_names"
    FAMILY_NAME = "family_name"
    APPLICANT_REFERENCE = "applicant_reference"


LABELS: Final[dict[Part, Promise]] = {
    Part.REFERENCE_NUMBER: gettext_lazy("Reference number"),
    Part.VERIFICATION_NUMBER: gettext_lazy("Verification number"),
    Part.DATE_OF_BIRTH: gettext_lazy("Date of birth"),
    Part.NAME: gettext_lazy("Name, in one column"),
    Part.GIVEN_NAMES: gettext_lazy("Given names"),
    Part.FAMILY_NAME: gettext_lazy("Family name"),
    Part.APPLICANT_REFERENCE: gettext_lazy("Your applicant reference"),
}
SPELLINGS: Final[dict[Part, str]] = {
    Part.REFERENCE_NUMBER: "referencenumber reference refno refnumber referenceno ref cambridgereference "
    "certificatereference resultreference candidatereferencenumber examreference examreferencenumber number "
    "testreferencenumber referenceorverificationnumber numerodereferencia referencia referenznummer numerodereference "
    "numerodiriferimento",
    Part.VERIFICATION_NUMBER: "verificationnumber verification verificationno verificationcode verifno "
    "numerodeverificacion verifizierungsnummer numerodeverification",
    Part.DATE_OF_BIRTH: "dateofbirth dob birthdate birthday birthdat bornon born dateofbirthddmmyyyy dobddmmyyyy "
    "dateofbirthyyyymmdd candidatedateofbirth fechadenacimiento fechanacimiento geburtsdatum datedenaissance "
    "datadinascita datadenascimento geboortedatum dataurodzenia",
    Part.NAME: "name fullname candidatename candidate applicantname applicant studentname student nombrecompleto "
    "nombreyapellidos vollstandigername nomcomplet nomecompleto",
    Part.GIVEN_NAMES: "givennames givenname forenames forename firstname firstnames candidatefirstname first nombre "
    "nombres vorname vornamen prenom prenoms nomeproprio imie",
    Part.FAMILY_NAME: "familyname familynames surname surnames lastname lastnames last candidatefamilyname apellido "
    "apellidos nachname familienname nomdefamille cognome sobrenome nazwisko",
    Part.APPLICANT_REFERENCE: "applicantreference applicantid applicantnumber applicationid applicationnumber "
    "applicationreference studentid studentnumber personid candidateref ourreference yourreference "
    "yourapplicantreference crmid slateid ucasid externalid id expediente bewerbernummer",
}


def read_table(file: "File[bytes]") -> Table:
    """The list in an uploaded file.  Raises UnusableFileError."""
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise UnusableFileError(_("The file is larger than 5 MB."))
    if not content:
        raise UnusableFileError(_("The file is empty."))
    return read_workbook(content) if content.startswith(b"PK") else read_text(content)


@dataclass(frozen=True, slots=True)
class Understanding:
    """Which column (from 0) holds which part, and in which order the numbers of dates stand."""

    columns: Mapping[Part, int] = field(default_factory=dict)
    order: DateOrder = DateOrder.DAY_FIRST

    @classmethod
    def guess(cls, table: Table) -> Self:
        """From the headings; where none speaks of dates of birth, the column that looks like them."""
        columns: dict[Part, int] = {}
        for place, heading in enumerate(table.headings):
            part = _PART_OF.get(_folded(heading))
            if part and part not in columns:
                columns[part] = place
        if Part.DATE_OF_BIRTH not in columns:
            columns |= _by_content(table, set(columns.values()))
        born = columns.get(Part.DATE_OF_BIRTH)
        order = guess_order(table.column(born)) if born is not None else DateOrder.DAY_FIRST
        return cls(columns, order)

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Self:
        return cls(
            {Part(part): place for part, place in stored.get("columns", {}).items()},
            DateOrder(stored.get("order", DateOrder.DAY_FIRST)),
        )

    def dump(self) -> dict[str, Any]:
        return {"columns": {part.value: place for part, place in self.columns.items()}, "order": self.order.value}

    @property
    def missing(self) -> list[Part]:
        """What no check can be made without."""
        number = {Part.REFERENCE_NUMBER, Part.VERIFICATION_NUMBER} & set(self.columns)
        return [
            *([] if number else [Part.REFERENCE_NUMBER]),
            *([] if Part.DATE_OF_BIRTH in self.columns else [Part.DATE_OF_BIRTH]),
        ]


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row as typed (first four), and as understood; with a problem, there is nothing to ask."""

    line: int
    number: str
    date_of_birth: str
    name: str
    applicant_reference: str
    read_number: str = ""
    read_date: date | None = None
    problem: str = ""


def read_rows(table: Table, understanding: Understanding) -> Iterator[ReadRow]:
    """Every row, in order; never fails for what stands in one."""
    for line, cells in table.rows:
        yield _read_row(line, cells, understanding)


def _read_row(line: int, cells: list[str], understanding: Understanding) -> ReadRow:
    def cell(part: Part) -> str:
        place = understanding.columns.get(part)
        return cells[place] if place is not None and place < len(cells) else ""

    number = cell(Part.REFERENCE_NUMBER) or cell(Part.VERIFICATION_NUMBER)
    name = cell(Part.NAME) or " ".join(filter(None, (cell(Part.GIVEN_NAMES), cell(Part.FAMILY_NAME))))
    typed = {
        "number": number,
        "date_of_birth": cell(Part.DATE_OF_BIRTH),
        "name": name,
        "applicant_reference": cell(Part.APPLICANT_REFERENCE),
    }
    problems = [_without_text(text) for text in typed.values() if "\0" in text]
    too_long = [what for what, text in typed.items() if len(text) > LONGEST[what]]
    kept = [text.split("\0")[0].strip()[: LONGEST[what]] for what, text in typed.items()]
    row = ReadRow(line, kept[0], kept[1], kept[2], kept[3])
    if problems:
        return replace(row, problem=problems[0])
    if too_long:
        return replace(row, problem=str(_TOO_LONG[too_long[0]]))
    try:
        born = read_date(row.date_of_birth, understanding.order)
        return replace(row, read_number=_number(number), read_date=born)
    except (UnreadableNumberError, UnreadableDateError) as problem:
        return replace(row, problem=str(problem))


class UnreadableNumberError(Exception):
    """Says why, for a person."""


def _number(text: str) -> str:
    if not text:
        raise UnreadableNumberError(_("There is no reference or verification number."))
    number = normalise(text)
    if not (number.isascii() and number.isalnum()) or len(number) > LONGEST_NUMBER:
        raise UnreadableNumberError(_("The number has other characters than letters and digits, or more than 20."))
    return number


def _without_text(cell: str) -> str:
    if FORMULA in cell:
        return _("A cell holds a formula. Replace it by its value.")
    if LOST_DIGITS in cell:
        return _("The spreadsheet has shortened a long number. Format the column as text and type it again.")
    if ERROR in cell:
        return _("A cell holds an error or characters that cannot be read.")
    raise ValueError(cell)


_TOO_LONG: Final = {
    "number": gettext_lazy("The number is too long."),
    "date_of_birth": gettext_lazy("The date of birth is too long."),
    "name": gettext_lazy("The name is too long."),
    "applicant_reference": gettext_lazy("The applicant reference is longer than 64 characters."),
}


def _by_content(table: Table, taken: set[int]) -> dict[Part, int]:
    """The first free column that looks like dates; and, if there is no number yet, one that looks like numbers."""
    for place in range(len(table.headings)):
        if place not in taken and looks_like_dates(list(table.column(place))[:50]):
            return {Part.DATE_OF_BIRTH: place}
    return {}


def _folded(heading: str) -> str:
    plain = unicodedata.normalize("NFKD", heading[:100]).casefold()
    return re.sub(r"[^a-z0-9]", "", plain)


_PART_OF: Final = {spelling: part for part, spellings in SPELLINGS.items() for spelling in spellings.split()}
