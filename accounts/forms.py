"""Forms of log-in and of the own account.  allauth's, where it has one, in our words and with our limits."""

import zoneinfo
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa.base import forms as code_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn import forms as webauthn_forms
from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, limits, mfa, passwords
from accounts.models import Action, Purpose, User
from accounts.policy import policy

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    ModelForm = forms.ModelForm[User]  # generic for mypy alone
else:
    ModelForm = forms.ModelForm

EMAIL_LABEL = gettext_lazy("E-mail address")
ENTER_EMAIL = gettext_lazy("Enter your e-mail address")
NO_EMAIL = gettext_lazy("Enter an e-mail address in the usual form, such as name@example.org")
ENTER_PASSWORD = gettext_lazy("Enter your password")
PASSKEY_REFUSED = gettext_lazy("This passkey was not accepted. Try again, or use another way.")


def _say(form: forms.BaseForm, required: "Mapping[str, str | _StrPromise]", **labels: "str | _StrPromise") -> None:
    """Give fields their labels and the message for when they are left empty."""
    for name, message in required.items():
        form.fields[name].error_messages["required"] = message
    for name, label in labels.items():
        form.fields[name].label = label


class LogInForm(allauth_forms.LoginForm):  # type: ignore[misc]  # allauth has no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, {"login": ENTER_EMAIL, "password": ENTER_PASSWORD}, login=EMAIL_LABEL)
        self.fields["login"].error_messages["invalid"] = NO_EMAIL
        self.fields["login"].widget.attrs["autocomplete"] = "username webauthn"


class ResetPasswordForm(forms.Form):
    email = forms.EmailField(
        label=EMAIL_LABEL,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": ENTER_EMAIL, "invalid": NO_EMAIL},
    )

    def save(self, request: Any) -> str:
        email = str(self.cleaned_data["email"])
        limits.reset(request, email)
        passwords.send_reset_link(email)
        return email


class SetPasswordForm(allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]
    """A new password, by the link in a mail."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(
            self,
            {"password1": gettext_lazy("Enter a new password"), "password2": gettext_lazy("Enter it once more")},
            password1=gettext_lazy("New password"),
            password2=gettext_lazy("New password once more"),
        )


class ChangePasswordForm(allauth_forms.ChangePasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(
            self,
            {
                "oldpassword": gettext_lazy("Enter your present password"),
                "password1": gettext_lazy("Enter a new password"),
                "password2": gettext_lazy("Enter it once more"),
            },
            oldpassword=gettext_lazy("Present password"),
            password1=gettext_lazy("New password"),
            password2=gettext_lazy("New password once more"),
        )
        self.fields["oldpassword"].help_text = ""

    def clean_oldpassword(self) -> str:
        """Counted like a log-in: an open session is no way to guess the password."""
        password = str(self.cleaned_data["oldpassword"])
        if not get_adapter().reauthenticate(self.user, password):
            raise ValidationError(_("This is not your present password"))
        return password


class ConfirmPasswordForm(allauth_forms.ReauthenticateForm):  # type: ignore[misc]
    """The password again, before a sensitive change."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, {"password": ENTER_PASSWORD})
        self.fields["password"].help_text = ""


class _Code:
    """A code of the authenticator app or a recovery code: counted, and good for one use."""

    user: User
    cleaned_data: dict[str, Any]
    fields: dict[str, forms.Field]
    authenticator: Authenticator

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = gettext_lazy("Code")
        self.fields["code"].error_messages["required"] = gettext_lazy("Enter a code")
        self.fields["code"].widget.attrs |= {"inputmode": "numeric", "maxlength": 20}

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        attempt = limits.code(context.request, str(self.user.pk))
        authenticator = mfa.match(self.user, code)
        if authenticator is None:
            _record_failure(self.user)
            raise ValidationError(mfa.MFAAdapter.error_messages["incorrect_code"])
        attempt.succeeded()
        self.authenticator = authenticator
        return code


class CodeForm(_Code, code_forms.AuthenticateForm):  # type: ignore[misc]
    """The second step of a log-in."""


class ConfirmCodeForm(_Code, code_forms.ReauthenticateForm):  # type: ignore[misc]
    """A code again, before a sensitive change."""


class AppForm(ActivateTOTPForm):  # type: ignore[misc]
    """The first code of an authenticator app shows that it was set up rightly."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, {"code": gettext_lazy("Enter the code that the app shows")}, code=gettext_lazy("Code from the app"))
        self.fields["code"].widget.attrs |= {"inputmode": "numeric", "maxlength": 20}


def _record_failure(user: User) -> None:
    audit.record(actor=audit.system_actor("log-in"), action=Action.CODE_FAILED, target=audit.user_actor(user))


class _Passkey:
    """What a browser sends for a passkey is a stranger's data: whatever is wrong with it is one and the same answer."""

    user: User | None
    cleaned_data: dict[str, Any]

    def clean_credential(self) -> Authenticator:
        request, user = context.request, self.user
        attempt = limits.code(request, str(user.pk)) if user else limits.passkey(request)
        try:
            authenticator: Authenticator = super().clean_credential()  # type: ignore[misc]
        except (ValueError, TypeError, LookupError, AttributeError, ValidationError) as error:
            if user:
                _record_failure(user)
            raise ValidationError(PASSKEY_REFUSED) from error
        attempt.succeeded()
        return authenticator


class PasskeyForm(_Passkey, webauthn_forms.AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey as the second step."""


class PasskeyLogInForm(_Passkey, webauthn_forms.LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey instead of the password."""


class ConfirmPasskeyForm(_Passkey, webauthn_forms.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey again, before a sensitive change."""


class AddPasskeyForm(webauthn_forms.SignupWebAuthnForm):  # type: ignore[misc]
    """A new passkey, and what its owner calls it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = forms.CharField(
            label=gettext_lazy("Name of the passkey"),
            help_text=gettext_lazy("So that you can tell it from others, for example “My phone”"),
            max_length=60,
            required=False,
        )
        self.fields["credential"].error_messages["required"] = PASSKEY_REFUSED

    def clean(self) -> dict[str, Any]:
        try:
            cleaned: dict[str, Any] = super().clean()
        except (ValueError, TypeError, LookupError, AttributeError, ValidationError) as error:
            raise ValidationError(PASSKEY_REFUSED) from error
        return cleaned


class RenamePasskeyForm(webauthn_forms.EditWebAuthnForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = forms.CharField(
            label=gettext_lazy("Name of the passkey"),
            max_length=60,
            error_messages={"required": gettext_lazy("Enter a name")},
        )


def time_zones() -> list[tuple[str, str]]:
    """The zones that are called after a place, and UTC."""
    regions = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
    names = (name for name in zoneinfo.available_timezones() if name.partition("/")[0] in regions)
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in sorted(names))]


class DetailsForm(ModelForm):
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"), help_text=gettext_lazy("Times are shown in it"), choices=time_zones
    )

    class Meta:
        model = User
        fields: ClassVar[list[str]] = ["given_name", "family_name", "job_title", "time_zone"]
        labels: ClassVar[dict[str, str | Promise]] = {
            "given_name": gettext_lazy("First name"),
            "family_name": gettext_lazy("Family name"),
            "job_title": gettext_lazy("Job title"),
        }
        error_messages: ClassVar[dict[str, dict[str, str | Promise]]] = {
            "given_name": {"required": gettext_lazy("Enter your first name")}
        }
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "given_name": forms.TextInput(attrs={"autocomplete": "given-name"}),
            "family_name": forms.TextInput(attrs={"autocomplete": "family-name"}),
            "job_title": forms.TextInput(attrs={"autocomplete": "organization-title"}),
        }


class EmailChangeForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("New e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": gettext_lazy("Enter the new e-mail address"), "invalid": NO_EMAIL},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        if email == self.user.email:
            raise ValidationError(_("This is your address already"))
        if refusal := policy().refuses_email(self.user, email):
            raise ValidationError(str(refusal))
        return email


class ReasonForm(forms.Form):
    """Why a person's record is opened."""

    purpose = forms.ChoiceField(
        label=gettext_lazy("Why do you open this record?"),
        choices=[("", gettext_lazy("Choose a reason")), *Purpose.choices],
        error_messages={"required": gettext_lazy("Choose a reason")},
    )
    note = forms.CharField(
        label=gettext_lazy("Details"),
        help_text=gettext_lazy("For example the number of the enquiry. Needed for another reason than those listed."),
        required=False,
        max_length=300,
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("purpose") == Purpose.OTHER and not cleaned.get("note"):
            self.add_error("note", gettext_lazy("Say what the reason is"))
        return cleaned
