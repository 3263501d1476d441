"""What can be typed on the pages of Shared Results."""

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organisations.requirements import Meets
from results.catalogue import CEFR_LEVELS, EXAM_CHOICES
from results.models import Status
from sharing.dates import DateOfBirthField
from sharing.door import Criteria

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

PERSONAL: Final = ("name", "date_of_birth", "candidate_id", "number", "email", "applicant_reference")
"""These tell of one person: they are kept in the session, and never stand in an address."""
PERIODS: Final["dict[str, tuple[int, str | StrPromise]]"] = {
    "today": (1, _("Today")),
    "7": (7, _("Last 7 days")),
    "30": (30, _("Last 30 days")),
    "90": (90, _("Last 90 days")),
    "365": (365, _("Last 12 months")),
}
HIGHEST_SCORE: Final = 230
FIRST_DAY: Final = date(2000, 1, 1)
LAST_DAY: Final = date(2999, 12, 31)


def _text(label: "str | StrPromise", *, longest: int = 200, help_text: "str | StrPromise" = "") -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(label=label, required=False, max_length=longest, help_text=help_text, widget=widget)


def _choice(
    label: "str | StrPromise", choices: list[tuple[str, Any]], anything: "str | StrPromise"
) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, choices=[("", anything), *choices])


def _score(label: "str | StrPromise") -> forms.IntegerField:
    widget = forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"})
    return forms.IntegerField(label=label, required=False, min_value=0, max_value=HIGHEST_SCORE, widget=widget)


def _day(label: "str | StrPromise") -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "autocomplete": "off"})
    limits = [MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)]
    return forms.DateField(label=label, required=False, widget=widget, input_formats=["%Y-%m-%d"], validators=limits)


class SearchForm(forms.Form):
    """What narrows the list; every field may be left empty."""

    name = _text(_("Name"))
    date_of_birth = DateOfBirthField(label=_("Date of birth"), required=False)
    candidate_id = _text(_("Candidate ID number"), longest=20)
    number = _text(_("Reference number"), longest=60)
    email = _text(_("E-mail address"), longest=254)
    applicant_reference = _text(_("Applicant reference"), longest=64)
    exam = _choice(_("Exam"), list(EXAM_CHOICES), _("Any exam"))
    place = _text(_("Place of entry"))
    centre = _text(_("Centre name or number"))
    cefr = _choice(_("CEFR level"), [(level, level) for level in CEFR_LEVELS], _("Any level"))
    score_from = _score(_("Overall score from"))
    score_to = _score(_("Overall score to"))
    status = _choice(_("Status"), Status.choices, _("Any status"))
    meets = _choice(_("Our requirement"), Meets.choices, _("Any"))
    period = _choice(_("Shared"), [(key, label) for key, (_days, label) in PERIODS.items()], _("Any time"))
    shared_from = _day(_("Shared from"))
    shared_to = _day(_("Shared to"))
    new = forms.BooleanField(label=_("New only"), required=False)
    changed = forms.BooleanField(label=_("Changed, not acknowledged"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        low, high = cleaned.get("score_from"), cleaned.get("score_to")
        if low is not None and high is not None and low > high:
            self.add_error("score_to", _("The highest score cannot be lower than the lowest"))
        first, last = cleaned.get("shared_from"), cleaned.get("shared_to")
        if first and last and first > last:
            self.add_error("shared_to", _("The last day cannot be before the first"))
        return cleaned

    @property
    def groups(self) -> "list[tuple[str | StrPromise, list[forms.BoundField]]]":
        """The fields that do not stand beside the name, as they belong together."""
        groups = {
            _("Candidate"): PERSONAL[1:],
            _("Exam"): ("exam", "place", "centre", "status"),
            _("Result"): ("cefr", "score_from", "score_to", "meets"),
            _("Shared"): ("shared_from", "shared_to", "changed"),
        }
        return [(legend, [self[name] for name in names]) for legend, names in groups.items()]

    @property
    def criteria(self) -> Criteria:
        """Of the fields that are right; a wrong one narrows nothing."""
        values = dict(self.cleaned_data)
        period, first, last = values.pop("period", ""), values.pop("shared_from", None), values.pop("shared_to", None)
        if period and not (first or last):
            first = timezone.localdate() - timedelta(days=PERIODS[period][0] - 1)
        return Criteria(
            new_only=values.pop("new", False),
            changed_only=values.pop("changed", False),
            shared_from=_beginning(first) if first else None,
            shared_before=_beginning(last + timedelta(days=1)) if last else None,
            **values,
        )


def _beginning(day: date) -> datetime:
    """Of a day where the user is."""
    return timezone.make_aware(datetime.combine(day, time.min))


class NoteForm(forms.Form):
    """A note for colleagues."""

    text = forms.CharField(
        label=_("New note"),
        help_text=_("For the users of your organisation. Candidates can ask for what is stored about them, notes too."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        error_messages={"required": _("Write the note first")},
    )
