"""Forms of the candidate's site."""

from datetime import date, datetime
from typing import Any, Final

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from django_countries import countries

from accounts.forms import EMAIL_LABEL, ENTER_EMAIL, NO_EMAIL
from accounts.models import User
from organisations import applicant_references
from organisations.models import Organisation
from results.numbers import normalise
from sharing.candidate.offer import OPEN_END, Choice, Offered, chosen, end_after, is_under_age, usual_months
from sharing.dates import DateOfBirthField
from sharing.shares import LONGEST_MONTHS, SHORTEST_MONTHS

CANDIDATE_ID_LENGTH: Final = 9
SECRET_NUMBER_LENGTH: Final = 4
NOT_MATCHED: Final = _(
    "We cannot find a result to add with these numbers and this date of birth. Check all three; after three wrong"
    " tries this candidate ID number is locked for 30 minutes."
)
_TYPED: Final = {"autocomplete": "off", "spellcheck": "false"}


class NumbersForm(forms.Form):
    """What proves that a result is one's own."""

    candidate_id = forms.CharField(
        label=_("Candidate ID number"),
        help_text=_("Nine letters and digits on your Confirmation of Entry, for example ABC123456."),
        max_length=60,
        widget=forms.TextInput(attrs={**_TYPED, "autocapitalize": "characters"}),
        error_messages={"required": _("Enter your candidate ID number")},
    )
    secret_number = forms.CharField(
        label=_("Secret number"),
        help_text=_("Four digits on the same page."),
        max_length=60,
        widget=forms.TextInput(attrs={**_TYPED, "inputmode": "numeric"}),
        error_messages={"required": _("Enter your secret number")},
    )
    date_of_birth = DateOfBirthField(label=_("Your date of birth"), help_text=_("For example 27 3 2005."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parts = self.fields["date_of_birth"].widget.widgets
        for part, name in zip(parts, ("bday-day", "bday-month", "bday-year"), strict=True):
            part.attrs["autocomplete"] = name

    def clean_candidate_id(self) -> str:
        number = normalise(self.cleaned_data["candidate_id"])
        if not (number.isascii() and number.isalnum()) or len(number) != CANDIDATE_ID_LENGTH:
            raise forms.ValidationError(_("The candidate ID number has nine letters and digits, for example ABC123456"))
        return number

    def clean_secret_number(self) -> str:
        number = normalise(self.cleaned_data["secret_number"])
        if not (number.isascii() and number.isdecimal()) or len(number) != SECRET_NUMBER_LENGTH:
            raise forms.ValidationError(_("The secret number has four digits"))
        return number


class RegisterForm(NumbersForm):
    """The numbers of a first exam, and how the candidate will log in."""

    email = forms.EmailField(
        label=EMAIL_LABEL,
        help_text=_("We send a link to it that you must open. You log in with it."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": ENTER_EMAIL, "invalid": NO_EMAIL},
    )
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least twelve characters, for example four words that do not belong together."),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": _("Choose a password")},
    )
    first_language = forms.CharField(
        label=_("First language"), required=False, max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    country = forms.ChoiceField(
        label=_("Country you live in"),
        required=False,
        choices=lambda: [("", _("Choose a country")), *countries],
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        password, email = cleaned.get("password"), cleaned.get("email", "")
        if password:
            try:
                validate_password(password, User(email=email))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return cleaned


def _months() -> list[tuple[str, Any]]:
    """How long a share may last, the usual choices first in mind: every number from 1 to 24, or without an end."""
    numbers = [
        (str(number), ngettext_lazy("%(count)d month", "%(count)d months", "count") % {"count": number})
        for number in range(SHORTEST_MONTHS, LONGEST_MONTHS + 1)
    ]
    return [*numbers, (OPEN_END, _("Until I withdraw it"))]


class EndForm(forms.Form):
    """How long an organisation may look."""

    months = forms.ChoiceField(
        label=_("How long may they look?"),
        help_text=_("From today. You can change this, or withdraw, at any time."),
        choices=_months,
        error_messages={"required": _("Choose how long they may look")},
    )


class ShareForm(EndForm):
    """Which results an organisation may see, and how."""

    results = forms.MultipleChoiceField(
        label=_("Which results?"),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"required": _("Choose at least one result")},
    )
    photo = forms.ChoiceField(
        label=_("Does your test-day photo go along?"),
        help_text=_("They use it to see that the person who applies is the one who took the exam."),
        choices=[("without", _("No, without the photo")), ("with", _("Yes, with the photo"))],
        required=False,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )
    applicant_reference = forms.CharField(
        label=_("Your applicant number there"),
        help_text=_("If they gave you one: it helps them to find you."),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    field_order = ("results", "photo", "months", "applicant_reference")

    def __init__(
        self, data: Any = None, *, organisation: Organisation, offered: list[Offered], wanted: list[str], today: date
    ) -> None:
        self.under_age = under_age = is_under_age(offered, today)
        initial = {
            "results": wanted,
            "months": str(usual_months(under_age=under_age)),
            "photo": "without" if under_age else None,
        }
        super().__init__(data, initial=initial)
        self.offered, self.organisation = offered, organisation
        self.fields["results"].choices = [(str(each.own.claim_id), each.title) for each in offered]  # type: ignore[attr-defined]
        if organisation.applicant_reference_label:
            self.fields["applicant_reference"].label = organisation.applicant_reference_label
        if organisation.applicant_reference_pattern:
            example = applicant_references.example(organisation.applicant_reference_pattern)
            self.fields["applicant_reference"].help_text = _("For example %(example)s") % {"example": example}
        if not any(each.own.view.has_photo for each in offered):
            del self.fields["photo"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        with_photo = [each for each in self._chosen() if each.own.view.has_photo]
        if with_photo and not cleaned.get("photo"):
            self.add_error("photo", forms.ValidationError(_("Choose whether the photo goes along"), code="required"))
        return cleaned

    def clean_applicant_reference(self) -> str:
        typed = str(self.cleaned_data["applicant_reference"])
        form = self.organisation.applicant_reference_pattern
        if typed and not applicant_references.matches(form, typed):
            example = applicant_references.example(form)
            raise forms.ValidationError(_("They write it like %(example)s"), params={"example": example})
        return typed

    def _chosen(self) -> list[Offered]:
        return chosen(self.offered, self.cleaned_data.get("results", []))

    def choice(self, now: datetime) -> Choice:
        """What was decided; only of a valid form."""
        return Choice(
            offered=tuple(self._chosen()),
            with_photo=self.cleaned_data.get("photo") == "with",
            expires_at=end_after(self.cleaned_data["months"], now),
            applicant_reference=self.cleaned_data["applicant_reference"],
        )


class InviteForm(forms.Form):
    """An organisation that a candidate does not find."""

    organisation_name = forms.CharField(
        label=_("Name of the organisation"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter the name of the organisation")},
    )
    website = forms.URLField(
        label=_("Its website"),
        help_text=_("For example www.university.example"),
        max_length=200,
        assume_scheme="https",
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "url"}),
        error_messages={
            "required": _("Enter the organisation’s website"),
            "invalid": _("Enter the address of a website, for example www.university.example"),
        },
    )
    email = forms.EmailField(
        label=_("E-mail address of its admissions or personnel office"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter an e-mail address of the organisation"), "invalid": NO_EMAIL},
    )


class NoticesForm(forms.Form):
    """Which mails a candidate wants."""

    released = forms.BooleanField(
        label=_("A result of mine is released"),
        help_text=_("We write that it is there, never what it says."),
        required=False,
    )
    opened = forms.BooleanField(
        label=_("An organisation opens a result that I shared for the first time"), required=False
    )
    expiring = forms.BooleanField(
        label=_("Something that I shared ends in 14 days"),
        help_text=_("So that you can let it run longer, if the organisation still needs it."),
        required=False,
    )
