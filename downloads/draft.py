"""A template as somebody types it: the form, and the columns in their order with their headings."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads.columns import COLUMNS, Column, Group
from downloads.models import Format, Template
from downloads.options import (
    MOST_SIDE_BY_SIDE,
    ChosenColumn,
    Components,
    DateFormat,
    DecimalMark,
    Encoding,
    Options,
    RowPer,
    Separator,
)
from downloads.templates import LONGEST_NAME
from results import catalogue

LONGEST_HEADING: Final = 100
FORMATS: Final = [(form.value, form.label) for form in Format if form != Format.STATEMENTS]
SEPARATORS: Final = {"comma": Separator.COMMA, "semicolon": Separator.SEMICOLON, "tab": Separator.TAB}
"""By name: a form's values are stripped, and a tab is a blank."""


class TemplateForm(forms.Form):
    """Everything of a template but its columns."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=LONGEST_NAME,
        error_messages={"required": gettext_lazy("Enter a name for the template")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    shared = forms.BooleanField(label=gettext_lazy("Share it with my colleagues"), required=False)
    format = forms.ChoiceField(label=gettext_lazy("Format"), choices=FORMATS)
    row_per = forms.ChoiceField(label=gettext_lazy("Rows"), choices=RowPer.choices)
    side_by_side = forms.TypedChoiceField(
        label=gettext_lazy("Results in a row"),
        help_text=gettext_lazy("With one row per candidate. Further results go on in a further row; none is lost."),
        choices=[(number, str(number)) for number in range(1, MOST_SIDE_BY_SIDE + 1)],
        coerce=int,
    )
    components = forms.ChoiceField(
        label=gettext_lazy("Component scores"),
        help_text=gettext_lazy("A row for each component needs one row per result."),
        choices=Components.choices,
    )
    date_format = forms.ChoiceField(label=gettext_lazy("Dates"), choices=DateFormat.choices)
    separator = forms.ChoiceField(
        label=gettext_lazy("Separator of values"),
        help_text=gettext_lazy("For CSV."),
        choices=[(name, separator.label) for name, separator in SEPARATORS.items()],
    )
    decimal_mark = forms.ChoiceField(
        label=gettext_lazy("Decimal mark"),
        help_text=gettext_lazy("For CSV; Excel shows numbers in your computer’s way, JSON and XML have the point."),
        choices=DecimalMark.choices,
    )
    encoding = forms.ChoiceField(
        label=gettext_lazy("Characters"),
        help_text=gettext_lazy("For CSV; the other formats are UTF-8."),
        choices=Encoding.choices,
    )
    exams = forms.MultipleChoiceField(
        label=gettext_lazy("Only these exams"),
        help_text=gettext_lazy("Tick none to have all."),
        choices=catalogue.EXAM_CHOICES,
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("components") == Components.ROWS and cleaned.get("row_per") == RowPer.CANDIDATE:
            self.add_error("components", _("Choose one row per result to have a row for each component"))
        return cleaned


@dataclass
class Draft:
    """A template in the making; nothing of it is lost when a column is moved."""

    form: TemplateForm
    columns: list[ChosenColumn]
    moved: str = ""
    """The column whose button was pressed: it keeps the focus."""

    @classmethod
    def of(cls, options: Options, *, name: str = "", shared: bool = False) -> Self:
        initial = {key: value for key, value in options.dump().items() if key not in {"columns", "separator"}}
        separator = next(key for key, separator in SEPARATORS.items() if separator == options.separator)
        form = TemplateForm(initial={**initial, "separator": separator, "name": name, "shared": shared})
        return cls(form, list(options.chosen))

    @classmethod
    def of_template(cls, template: Template) -> Self:
        return cls.of(Options.load(template.options), name=template.name, shared=template.shared)

    @classmethod
    def posted(cls, data: QueryDict) -> Self:
        """As it was sent; ticked columns come after those that are there, the button's effect included."""
        keys = [key for key in dict.fromkeys([*data.getlist("column"), *data.getlist("add")]) if key in COLUMNS]
        columns = [ChosenColumn(key, data.get(f"heading-{key}", "").strip()[:LONGEST_HEADING]) for key in keys]
        draft = cls(TemplateForm(data), columns)
        for button in ("up", "down", "remove"):
            if key := data.get(button):
                draft._press(button, key)
        return draft

    def _press(self, button: str, key: str) -> None:
        place = next((place for place, chosen in enumerate(self.columns) if chosen.key == key), None)
        if place is None:
            return
        column = self.columns.pop(place)
        if button != "remove":
            self.columns.insert(max(place + (-1 if button == "up" else 1), 0), column)
            self.moved = f"{button}-{key}"

    def is_valid(self) -> bool:
        self.form.full_clean()
        for problem in self._problems():
            self.form.add_error(None, problem)
        return self.form.is_valid()

    def _problems(self) -> Iterator[str]:
        if not self.columns:
            yield _("Choose at least one column")
        seen: set[str] = set()
        for chosen in self.columns:
            heading = (chosen.heading or str(chosen.column.heading)).casefold()
            if heading in seen:
                text = _("Two columns have the heading “%(heading)s”: change one of them")
                yield text % {"heading": chosen.heading or chosen.column.heading}
            seen.add(heading)

    @property
    def options(self) -> Options:
        """Of a draft that is valid."""
        cleaned = {key: value for key, value in self.form.cleaned_data.items() if key not in {"name", "shared"}}
        columns = [[chosen.key, chosen.heading] for chosen in self.columns]
        loaded = Options.load({**cleaned, "columns": columns})
        return replace(loaded, separator=SEPARATORS[cleaned["separator"]])

    @property
    def groups(self) -> list[tuple[str, list[Column]]]:
        """The columns that are not in it yet."""
        chosen = {column.key for column in self.columns}
        rest = [column for column in COLUMNS.values() if column.key not in chosen]
        groups = [(str(group.label), [column for column in rest if column.group == group]) for group in Group]
        return [(label, columns) for label, columns in groups if columns]
