"""The public form that checks a printed statement."""

from django import forms
from django.utils.translation import gettext_lazy as _

from results import codes


class CheckForm(forms.Form):
    """The code printed on a Statement of Results."""

    code = forms.CharField(
        label=_("Code on the statement"),
        help_text=_("Twelve letters and digits, for example 7F3K-9Q2M-4TXA."),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"required": _("Enter the code that is printed on the statement")},
    )

    def clean_code(self) -> str:
        code = codes.normalise(self.cleaned_data["code"])
        if len(code) != codes.LENGTH or not set(code) <= set(codes.ALPHABET):
            raise forms.ValidationError(_("The code has twelve letters and digits, for example 7F3K-9Q2M-4TXA"))
        return code
