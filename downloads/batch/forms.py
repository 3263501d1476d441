"""The forms of a batch check: the file, and what its columns are."""

from typing import Any

from django import forms
from django.core.files.base import File
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads.batch.dates import DateOrder
from downloads.batch.reading import LABELS, Part, Understanding
from downloads.batch.table import Table

NO_COLUMN = ""


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("List"),
        help_text=gettext_lazy(
            "CSV or Excel (XLSX), at most 10,000 rows and 5 MB: a reference or verification number and a date of birth "
            "in each row; if you like, the name and your applicant reference."
        ),
        error_messages={
            "required": gettext_lazy("Choose a file"),
            "empty": gettext_lazy("The file is empty"),
        },
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx"}),
    )

    def __init__(self, *args: Any, too_large: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._too_large = too_large

    def clean(self) -> None:
        super().clean()
        if self._too_large:
            self.errors.pop("file", None)
            self.add_error("file", _("The file is larger than 5 MB. Divide it into parts."))

    @property
    def uploaded(self) -> "File[bytes]":
        file: File[bytes] = self.cleaned_data["file"]
        return file


class ColumnsForm(forms.Form):
    """Which column of the list holds what; guessed, for a person to look at."""

    order = forms.ChoiceField(
        label=gettext_lazy("How 03/04/1999 is meant"),
        choices=[
            (DateOrder.DAY_FIRST, gettext_lazy("3 April 1999: the day first")),
            (DateOrder.MONTH_FIRST, gettext_lazy("4 March 1999: the month first")),
        ],
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )

    def __init__(self, *args: Any, table: Table, understanding: Understanding, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        columns = [(NO_COLUMN, _("Not in this list")), *((str(n), name) for n, name in enumerate(table.headings))]
        parts = {
            part.value: forms.ChoiceField(
                label=str(label),
                choices=columns,
                required=part is Part.DATE_OF_BIRTH,
                error_messages={"required": _("Choose the column with the date of birth")},
            )
            for part, label in LABELS.items()
        }
        self.fields = {**parts, **self.fields}
        self.initial = {part.value: str(place) for part, place in understanding.columns.items()}
        self.initial["order"] = understanding.order.value
        self.fields[Part.REFERENCE_NUMBER.value].help_text = _("This, or the verification number.")

    def clean(self) -> None:
        super().clean()
        if Part.REFERENCE_NUMBER in self.understanding.missing:
            text = _("Choose the column with the reference or verification number")
            self.add_error(Part.REFERENCE_NUMBER.value, text)

    @property
    def understanding(self) -> Understanding:
        """As chosen; what is wrong counts as not chosen."""
        chosen = {part: self.cleaned_data.get(part.value) or NO_COLUMN for part in Part}
        columns = {part: int(place) for part, place in chosen.items() if place != NO_COLUMN}
        return Understanding(columns, DateOrder(self.cleaned_data.get("order") or DateOrder.DAY_FIRST))
