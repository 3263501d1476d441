"""Forms of staff's pages about organisations."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.validators import validate_domain_name
from django.utils.translation import gettext_lazy as _

from organisations.models import Membership, Organisation, ReasonText

LONGEST_REASON = 300
LONGEST_TEXT = 4000

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    OrganisationModelForm = forms.ModelForm[Organisation]  # generic for mypy alone
    ReasonTextModelForm = forms.ModelForm[ReasonText]
else:
    OrganisationModelForm = ReasonTextModelForm = forms.ModelForm


class DecisionForm(forms.Form):
    """A decision on an application: its text, and the state of the application that was looked at."""

    text = forms.CharField(
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": _("Write the text")},
    )
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, label: "_StrPromise", hint: "_StrPromise", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label, self.fields["text"].help_text = label, hint


class ReasonForm(forms.Form):
    """A step that the audit trail keeps with its reason."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("For the audit trail; people outside do not see it."),
        max_length=LONGEST_REASON,
        error_messages={"required": _("Give the reason")},
    )


class AnswerForm(forms.Form):
    """An answer that somebody outside reads."""

    answer = forms.CharField(
        label=_("Reason"),
        help_text=_("Is mailed to the person who asked."),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Give the reason")},
    )


class LeakForm(forms.Form):
    """Why a program is shut out."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The Primary User reads it in an e-mail, and so does the audit trail."),
        max_length=LONGEST_REASON,
        initial=_("Its secret was found in a public place."),
        error_messages={"required": _("Give the reason")},
    )


class ReasonTextForm(ReasonTextModelForm):
    class Meta:
        model = ReasonText
        fields: ClassVar[list[str]] = ["decision", "title", "text"]
        widgets: ClassVar[dict[str, forms.Widget]] = {"text": forms.Textarea(attrs={"rows": 8})}


class OrganisationForm(OrganisationModelForm):
    """What staff may correct of an organisation."""

    website = forms.URLField(label=_("Website"), required=False, max_length=200, assume_scheme="https")
    domains = forms.CharField(
        label=_("Confirmed e-mail domains"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )

    class Meta:
        model = Organisation
        fields: ClassVar[list[str]] = [
            "name", "type", "country", "website", "city", "address", "telephone", "admissions_email", "description",
        ]  # fmt: skip
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "address": forms.Textarea(attrs={"rows": 3}),
            "description": forms.Textarea(attrs={"rows": 4}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].help_text = _("The present name stays a former name, under which candidates still find it.")
        known = self.instance.email_domains.all()
        self.fields["domains"].initial = "\n".join(each.domain for each in known if each.confirmed)
        unconfirmed = ", ".join(each.domain for each in known if not each.confirmed)
        self.fields["domains"].help_text = _(
            "One a line. Named by the organisation and not confirmed yet: %(domains)s."
        ) % {"domains": unconfirmed or "–"}

    def clean_domains(self) -> list[str]:
        domains = sorted({line.strip().lower() for line in self.cleaned_data["domains"].split() if line.strip()})
        for domain in domains:
            try:
                validate_domain_name(domain)
            except forms.ValidationError:
                text = _("“%(domain)s” is no domain. Write it like example.ac.uk")
                raise forms.ValidationError(text, params={"domain": domain}) from None
        return domains


class HandPrimaryForm(forms.Form):
    """Who becomes the Primary User, and what the one until now becomes."""

    to = forms.ChoiceField(label=_("New Primary User"), error_messages={"required": _("Choose the new Primary User")})
    former = forms.ChoiceField(
        label=_("The Primary User until now"),
        choices=[("remove", _("has left: is removed at once")), ("keep", _("stays as an Admin User"))],
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("For the audit trail: who asked, and how you know who they are."),
        max_length=LONGEST_REASON,
        error_messages={"required": _("Give the reason")},
    )

    def __init__(self, *args: Any, members: list[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(each.pk), f"{each.user.get_full_name()} ({each.user.email})") for each in members]
        self.fields["to"].choices = [("", _("Choose a user")), *choices]  # type: ignore[attr-defined]
