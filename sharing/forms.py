"""Forms of the verifier's pages."""

from django import forms
from django.utils.translation import gettext_lazy as _

from results.numbers import normalise
from sharing.dates import DateOfBirthField

LONGEST_NUMBER = 20


class CandidateSearchForm(forms.Form):
    """A reference or verification number and a date of birth."""

    reference_number = forms.CharField(
        label=_("Reference or verification number"),
        help_text=_("On the candidate’s certificate or Statement of Results, for example 113GB5990001."),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"required": _("Enter the reference or verification number")},
    )
    date_of_birth = DateOfBirthField(label=_("Candidate’s date of birth"), help_text=_("For example 27 3 1998."))
    applicant_reference = forms.CharField(
        label=_("Your applicant reference"),
        help_text=_("Your own number for this person, if you have one. The candidate can see it."),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_reference_number(self) -> str:
        number = normalise(self.cleaned_data["reference_number"])
        if not (number.isascii() and number.isalnum()) or len(number) > LONGEST_NUMBER:
            raise forms.ValidationError(
                _("The number has up to 20 letters and digits, for example 113GB5990001"), code="shape"
            )
        return number
