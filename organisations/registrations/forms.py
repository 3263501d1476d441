"""Forms of people who ask to be let in."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_countries import countries

from accounts.forms import EMAIL_LABEL, ENTER_EMAIL, NO_EMAIL
from organisations.models import OrganisationType
from organisations.registrations.flags import web_host
from organisations.registrations.lookalikes import registrable

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

PLEASE_SELECT: Final = ("", gettext_lazy("Please select"))
NO_WEBSITE: Final = gettext_lazy("Enter the address of the organisation’s website, such as www.example.ac.uk")
LONGEST_WEBSITE: Final = 200
SCHEME: Final = "https://"


class Choice(forms.Form):
    """The three ways in, as the leaflet shows them."""

    choice = forms.ChoiceField(
        label=gettext_lazy("What would you like to do?"),
        choices=[
            ("create", gettext_lazy("Create a new account")),
            ("join", gettext_lazy("Join an existing account")),
            ("student", gettext_lazy("I am a student")),
        ],
        widget=forms.RadioSelect,
    )


class WebsiteInput(forms.URLInput):
    """With https:// in front, which nobody has to type."""

    template_name = "organisations/registrations/website_widget.html"
    input_type = "text"  # a browser would refuse an address without its scheme

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return {**super().get_context(name, value, attrs), "scheme": SCHEME}

    def format_value(self, value: Any) -> str | None:
        return _without_scheme(value) if isinstance(value, str) else None


class WebsiteField(forms.URLField):
    widget = WebsiteInput

    def to_python(self, value: Any) -> Any:
        """Whatever scheme was typed, or pasted behind the one given: the address is one of https."""
        rest = _without_scheme(str(value or ""))
        if len(rest) > LONGEST_WEBSITE:
            raise ValidationError(NO_WEBSITE)
        return super().to_python(f"{SCHEME}{rest}") if rest else ""

    def validate(self, value: Any) -> None:
        super().validate(value)
        host = web_host(value)
        if value and (not registrable(host) or urlsplit(value).username is not None):
            raise ValidationError(NO_WEBSITE)


def _without_scheme(address: str) -> str:
    rest = address.strip()
    while rest.lower().startswith(("https://", "http://")):
        rest = rest.partition("://")[2].strip()
    return rest


class LineField(forms.CharField):
    """One line about a person or an organisation.  It is repeated in mails, which must not carry a stranger's links."""

    def to_python(self, value: Any) -> str:
        return " ".join(str(super().to_python(value) or "").split())

    def validate(self, value: str) -> None:
        super().validate(value)
        if "://" in value or "www." in value.lower():
            raise ValidationError(_("Leave web addresses out here"))


def _text(label: "str | _StrPromise", required: "str | _StrPromise", *, length: int = 150, **attrs: str) -> LineField:
    return LineField(
        label=label, max_length=length, widget=forms.TextInput(attrs=attrs), error_messages={"required": required}
    )


def _email(
    label: "str | _StrPromise", help_text: "str | _StrPromise" = "", *, required: "str | _StrPromise"
) -> forms.EmailField:
    return forms.EmailField(
        label=label,
        help_text=help_text,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": required, "invalid": NO_EMAIL},
    )


class YourDetails(forms.Form):
    """Who asks."""

    given_name = _text(gettext_lazy("First name"), gettext_lazy("Enter your first name"), autocomplete="given-name")
    family_name = _text(gettext_lazy("Last name"), gettext_lazy("Enter your last name"), autocomplete="family-name")
    job_title = _text(
        gettext_lazy("Job title"), gettext_lazy("Enter your job title"), autocomplete="organization-title"
    )
    email = _email(
        EMAIL_LABEL,
        gettext_lazy(
            "Your e-mail address at your organisation. Its domain (the part after the @) should be the organisation’s "
            "own."
        ),
        required=ENTER_EMAIL,
    )
    email_again = _email(
        gettext_lazy("Confirm e-mail address"), required=gettext_lazy("Enter your e-mail address once more")
    )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean_email_again(self) -> str:
        again = str(self.cleaned_data["email_again"]).lower()
        if again != self.cleaned_data.get("email", again):
            raise ValidationError(_("The two e-mail addresses are not the same"))
        return again

    def fields_of(self, names: Iterable[str]) -> list[forms.BoundField]:
        return [self[name] for name in names]

    @property
    def your_details(self) -> list[forms.BoundField]:
        return self.fields_of(YourDetails.base_fields)

    def given(self) -> Mapping[str, str]:
        """What was typed, by the names of the application's fields."""
        return {name: value for name, value in self.cleaned_data.items() if name not in {"email_again", "terms"}}


class RegistrationForm(YourDetails):
    """An organisation asks for an account."""

    organisation_name = _text(
        gettext_lazy("Name"), gettext_lazy("Enter the organisation’s name"), length=200, autocomplete="organization"
    )
    organisation_type = forms.ChoiceField(
        label=gettext_lazy("Type"),
        choices=lambda: [PLEASE_SELECT, *OrganisationType.choices],
        help_text=gettext_lazy(
            "Schools that want to see the results of their own students use the Preparation Centre service instead: "
            "ask your exam centre."
        ),
        error_messages={"required": gettext_lazy("Select the type of organisation")},
    )
    website = WebsiteField(
        label=gettext_lazy("Website"),
        max_length=LONGEST_WEBSITE,
        assume_scheme="https",
        error_messages={"required": NO_WEBSITE, "invalid": NO_WEBSITE},
    )
    country = forms.ChoiceField(
        label=gettext_lazy("Country"),
        choices=lambda: [PLEASE_SELECT, *countries],
        widget=forms.Select(attrs={"autocomplete": "country"}),
        error_messages={"required": gettext_lazy("Select the country")},
    )
    terms = forms.BooleanField(
        label=gettext_lazy(
            "We accept the terms of use: results are used only to verify the qualifications of people who apply to us, "
            "and are not passed on."
        ),
        error_messages={"required": gettext_lazy("To register, the organisation must accept the terms of use")},
    )

    @property
    def organisation_details(self) -> list[forms.BoundField]:
        return self.fields_of(["organisation_name", "organisation_type", "website", "country"])


class JoinForm(YourDetails):
    """Somebody asks to become a user of an organisation that has an account."""

    organisation_name = _text(
        gettext_lazy("Name of the organisation"),
        gettext_lazy("Enter the organisation’s name"),
        length=200,
        autocomplete="organization",
    )

    @property
    def organisation_details(self) -> list[forms.BoundField]:
        return self.fields_of(["organisation_name"])


class LinkAgainForm(forms.Form):
    """Somebody lost the mail with the link."""

    email = _email(EMAIL_LABEL, gettext_lazy("The one that you gave when you applied."), required=ENTER_EMAIL)


class AnswerForm(forms.Form):
    """An applicant answers what staff asked."""

    text = forms.CharField(
        label=gettext_lazy("Your answer"),
        help_text=gettext_lazy("Up to 4,000 characters. Please send no results or dates of birth of candidates."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": gettext_lazy("Write your answer")},
    )
