"""Forms of staff's pages about results."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from results.models import Status
from results.numbers import normalise
from results.staff import uploads

LONGEST_REASON = 300


class UploadForm(forms.Form):
    """A results file, and the photos that it names."""

    file = forms.FileField(
        label=_("Results file"),
        error_messages={"required": _("Choose a results file"), "empty": _("The results file is empty")},
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )
    photos = forms.FileField(
        label=_("Photos"),
        required=False,
        error_messages={"empty": _("The ZIP file of photos is empty")},
        widget=forms.FileInput(attrs={"accept": ".zip,application/zip"}),
    )

    def __init__(self, *args: Any, too_large: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._too_large = frozenset(too_large)
        sizes = {name: filesizeformat(limit) for name, limit in uploads.limits().items()}
        self.fields["file"].help_text = _("CSV in UTF-8, at most %(size)s.") % {"size": sizes["file"]}
        self.fields["photos"].help_text = _(
            "ZIP of JPEG or PNG pictures, at most %(size)s. Without it, photos that are stored stay as they are."
        ) % {"size": sizes["photos"]}

    def clean(self) -> None:
        super().clean()
        for name, limit in uploads.limits().items():
            if name in self._too_large:
                self.errors.pop(name, None)
                text = _("The file is larger than %(size)s. Split it into several.")
                self.add_error(name, text % {"size": filesizeformat(limit)})


class ConfirmForm(forms.Form):
    """Which preview was looked at, and whether only the valid rows are to be loaded."""

    preview = forms.IntegerField(widget=forms.HiddenInput)
    valid_rows_only = forms.BooleanField(label=_("Load the valid rows only"), required=False)


class LookupForm(forms.Form):
    """Finds results by an exact number, or by name."""

    number = forms.CharField(
        label=_("Reference number, verification number or candidate ID"), required=False, max_length=60, strip=True
    )
    name = forms.CharField(
        label=_("Name"),
        help_text=_(
            "One word or more, each from its beginning, in any order. Accents and capitals make no difference."
        ),
        required=False,
        max_length=200,
    )
    date_of_birth = forms.DateField(
        label=_("Date of birth"),
        help_text=_("As YYYY-MM-DD; only together with a name."),
        required=False,
        error_messages={"invalid": _("Write the date of birth as YYYY-MM-DD, for example 1998-03-27")},
        input_formats=["%Y-%m-%d"],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.update(autocomplete="off", spellcheck="false")

    def clean_number(self) -> str:
        return normalise(self.cleaned_data["number"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        number, name = cleaned.get("number"), cleaned.get("name")
        if self.errors:
            return cleaned
        if number and (name or cleaned.get("date_of_birth")):
            self.add_error("number", _("Look for a number or for a name, not for both"))
        elif not number and not name:
            self.add_error("number", _("Enter a number or a name"))
        return cleaned


class HoldForm(forms.Form):
    """Withholds or cancels a result."""

    status = forms.ChoiceField(
        label=_("What should happen"),
        choices=[
            (Status.WITHHELD.value, _("Withhold: not shown until it is released")),
            (Status.CANCELLED.value, _("Cancel: shown as no longer valid")),
        ],
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=LONGEST_REASON, error_messages={"required": _("Give the reason")}
    )


class ReleaseForm(forms.Form):
    """Releases a result from a hold."""

    reason = forms.CharField(
        label=_("Reason"), max_length=LONGEST_REASON, error_messages={"required": _("Give the reason")}
    )
