"""A date of birth in three parts, as people write it: 9 / 5 / 2001, 09 May 2001, 9 sept 2001."""

import unicodedata
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _

PARTS = ("day", "month", "year")
EARLIEST_YEAR = 1900
SHORTEST_MONTH_NAME = 3


class DateParts(forms.MultiWidget):
    """Day, month and year.  Without autocomplete: the date is another person's."""

    template_name = "_components/date_widget.html"
    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        short = {"maxlength": 20, "autocomplete": "off"}
        numeric = {**short, "inputmode": "numeric"}
        super().__init__(
            {
                "day": forms.TextInput(attrs=numeric),
                "month": forms.TextInput(attrs=short),
                "year": forms.TextInput(attrs=numeric),
            },
            attrs,
        )

    def decompress(self, value: Any) -> list[str | None]:
        return [str(value.day), str(value.month), str(value.year)] if isinstance(value, date) else [None, None, None]


class DateOfBirthField(forms.Field):
    """Cleans the three parts to a date; each error names the part that is missing or wrong."""

    widget = DateParts

    def clean(self, value: list[str | None] | None) -> date | None:
        typed = [_plain(part) for part in (value or ["", "", ""])]
        if not any(typed):
            if self.required:
                raise ValidationError(_("Enter the date of birth, for example 27 3 1998"))
            return None
        missing = [part for part, text in zip(PARTS, typed, strict=True) if not text]
        if missing:
            raise ValidationError([MISSING[part] for part in missing])
        return _to_date(*typed)


MISSING = {
    "day": _("Date of birth must include a day"),
    "month": _("Date of birth must include a month"),
    "year": _("Date of birth must include a year"),
}


LONGEST_PART = 100
"""Characters.  Folding takes time with the square of the length."""


def _plain(text: str | None) -> str:
    """Full-width digits and invisible characters folded, a trailing full stop dropped; what is too long stays."""
    if text and len(text) > LONGEST_PART:
        return text
    folded = unicodedata.normalize("NFKC", text or "")
    return "".join(character for character in folded if character.isalnum()).casefold()


def _to_date(day: str, month: str, year: str) -> date:
    month_number = _month(month)
    if month_number is None:
        raise ValidationError(_("The month must be a number from 1 to 12 or a name, for example 3 or March"))
    if not (year.isascii() and year.isdecimal() and len(year) == 4):
        raise ValidationError(_("The year must have four digits, for example 1998"))
    if not (day.isascii() and day.isdecimal() and len(day) <= 2):
        raise ValidationError(_("The day must be a number from 1 to 31"))
    try:
        born = date(int(year), month_number, int(day))
    except ValueError:
        raise ValidationError(_("The date of birth must be a real date, for example 27 3 1998")) from None
    if born.year < EARLIEST_YEAR or born > timezone.localdate():
        raise ValidationError(_("The date of birth must be in the past, after 1900"))
    return born


def _month(text: str) -> int | None:
    """1 to 12 for a number or the name of a month, or the beginning of a name from three letters on; None otherwise."""
    if text.isascii() and text.isdecimal():
        return int(text) if len(text) <= 2 and 1 <= int(text) <= 12 else None
    if len(text) < SHORTEST_MONTH_NAME:
        return None
    english = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
               "november", "december")  # fmt: skip
    names = [(number, {str(MONTHS[number]).casefold(), english[number - 1]}) for number in range(1, 13)]
    found = [number for number, spellings in names if any(name.startswith(text) for name in spellings)]
    return found[0] if len(found) == 1 else None
