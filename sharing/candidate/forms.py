"""Forms of the candidate's site."""

from typing import Any, Final

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from accounts.forms import EMAIL_LABEL, ENTER_EMAIL, NO_EMAIL
from accounts.models import User
from results.numbers import normalise
from sharing.dates import DateOfBirthField

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
