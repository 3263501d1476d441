"""Forms of Your Organisation."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from organisations import applicant_references, domains, exams
from organisations.models import Membership, Organisation
from results import catalogue

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    MemberField = forms.ModelChoiceField[Membership]  # generic for mypy alone
    ModelForm = forms.ModelForm[Organisation]
else:
    MemberField = forms.ModelChoiceField
    ModelForm = forms.ModelForm

LONGEST_SESSION: Final = 30
MINUTES: Final = (LONGEST_SESSION, 25, 20, 15, 10, 5)
GRACE: Final = (7, 14, 30)
"""Days until a second step is required."""
KEEP, NO = "keep", "no"
NO_EMAIL: Final = gettext_lazy("Enter an e-mail address in the usual form, such as name@example.org")


def _name(label: "_StrPromise", missing: "_StrPromise") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=150,
        error_messages={"required": missing},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class NamesForm(forms.Form):
    """A user's names and job title; all are required, as the service's leaflet says."""

    given_name = _name(gettext_lazy("First Name"), gettext_lazy("Enter the first name"))
    family_name = _name(gettext_lazy("Family Name"), gettext_lazy("Enter the family name"))
    job_title = _name(gettext_lazy("Job Title"), gettext_lazy("Enter the job title"))


class AddUserForm(NamesForm):
    email = forms.EmailField(
        label=gettext_lazy("Email Address"),
        max_length=254,
        error_messages={"required": gettext_lazy("Enter the e-mail address"), "invalid": NO_EMAIL},
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    confirm = forms.BooleanField(
        label=gettext_lazy("The address is right: add this person all the same"), required=False
    )

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organisation = organisation
        self.domain_unknown = False

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean(self) -> dict[str, Any]:
        """An address outside the confirmed domains is asked about once, and refused to nobody."""
        cleaned = super().clean() or self.cleaned_data
        email = cleaned.get("email")
        if email and not self.organisation.own_domains_only:
            self.domain_unknown = not domains.is_own(self.organisation, email, confirmed=True)
        if self.domain_unknown and not cleaned.get("confirm") and not self.errors:
            words = {"domain": domains.domain_of(email or "")}
            text = _("%(domain)s is not a confirmed e-mail domain of your organisation. Is the address right?")
            self.add_error("confirm", text % words)
        return cleaned


class SearchForm(forms.Form):
    q = forms.CharField(
        label=gettext_lazy("Name or e-mail address"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "type": "search"}),
    )


class HandoverForm(forms.Form):
    taker = MemberField(
        label=gettext_lazy("New Primary User"),
        queryset=None,
        empty_label=gettext_lazy("Choose a user"),
        error_messages={
            "required": gettext_lazy("Choose a user"),
            "invalid_choice": gettext_lazy("Choose an active user of your organisation"),
        },
    )

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = membership.organisation.memberships.in_force().filter(user__is_active=True)
        field = self.fields["taker"]
        field.queryset = others.exclude(pk=membership.pk).in_order()  # type: ignore[attr-defined]
        field.label_from_instance = lambda row: row.shown_name  # type: ignore[attr-defined]


class DetailsForm(ModelForm):
    """What the Primary User may change by themselves: not the name, the type or the country."""

    website = forms.URLField(
        label=gettext_lazy("Website"),
        required=False,
        assume_scheme="https",
        error_messages={"invalid": gettext_lazy("Enter the address of a website, such as https://www.example.org")},
    )
    email_domains = forms.CharField(
        label=gettext_lazy("E-mail domains"),
        help_text=gettext_lazy(
            "One on each line, such as example.org. Users with an address in a confirmed domain are added without a "
            "question. A domain is confirmed once a user with such an address has set a password, or by our staff."
        ),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )

    class Meta:
        model = Organisation
        fields: ClassVar[list[str]] = [
            "address",
            "city",
            "website",
            "telephone",
            "admissions_email",
            "description",
            "email_domains",
            "applicant_reference_label",
            "applicant_reference_pattern",
        ]
        labels: ClassVar[dict[str, "str | _StrPromise"]] = {
            "applicant_reference_label": gettext_lazy("What you call it"),
            "applicant_reference_pattern": gettext_lazy("Its form"),
        }
        help_texts: ClassVar[dict[str, "str | _StrPromise"]] = {
            "admissions_email": gettext_lazy("Candidates see it when they share results with you."),
            "description": gettext_lazy("A few sentences that candidates see when they share results with you."),
            "applicant_reference_label": gettext_lazy("For example “UCAS number”. Candidates see this name."),
            "applicant_reference_pattern": gettext_lazy(
                "A stands for a letter, 9 for a digit, * for either; other characters for themselves. For example "
                "AA-9999 for AB-1234. To mean the letter A or the digit 9 itself, put a backslash before it."
            ),
        }
        error_messages: ClassVar[dict[str, dict[str, "str | _StrPromise"]]] = {
            "admissions_email": {"invalid": NO_EMAIL}
        }
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "address": forms.Textarea(attrs={"rows": 4, "autocomplete": "street-address"}),
            "city": forms.TextInput(attrs={"autocomplete": "address-level2"}),
            "telephone": forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
            "description": forms.Textarea(attrs={"rows": 4}),
            "applicant_reference_pattern": forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["email_domains"] = "\n".join(domains.own(self.instance))

    def clean_website(self) -> str:
        website = str(self.cleaned_data["website"])
        if website and not website.startswith("https://"):
            raise forms.ValidationError(_("The address must begin with https://"))
        return website

    def clean_email_domains(self) -> list[str]:
        lines = (
            line.strip().lower().lstrip("@").strip(".") for line in self.cleaned_data["email_domains"].splitlines()
        )
        found = sorted({line for line in lines if line})
        for domain in found:
            if not domains.is_usable(domain):
                text = _("%(domain)s cannot be the e-mail domain of one organisation. Enter one such as example.org")
                raise forms.ValidationError(text % {"domain": domain})
        if self.instance.own_domains_only and (outside := domains.members_outside(self.instance, found)):
            text = _(
                "Your organisation allows only addresses in its own domains, and these users have others: %(users)s"
            )
            raise forms.ValidationError(text % {"users": ", ".join(outside)})
        return found

    def clean_applicant_reference_pattern(self) -> str:
        pattern = str(self.cleaned_data["applicant_reference_pattern"])
        if pattern and applicant_references.problem(pattern):
            raise forms.ValidationError(_("Use at least one A, 9 or *, and no backslash at the end"))
        return pattern

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("applicant_reference_pattern") and not cleaned.get("applicant_reference_label"):
            self.add_error("applicant_reference_label", _("Say what you call it"))
        return cleaned


class NameChangeForm(forms.Form):
    new_name = forms.CharField(
        label=gettext_lazy("New name"),
        max_length=200,
        error_messages={"required": gettext_lazy("Enter the new name")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("For example a merger, and where we can read of it."),
        max_length=1000,
        error_messages={"required": gettext_lazy("Enter the reason")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ChooseExamsForm(forms.Form):
    exams = forms.MultipleChoiceField(
        label=gettext_lazy("Which qualifications does your organisation recognise?"),
        help_text=gettext_lazy("Tick all that apply. Without a tick, candidates read that you have not said."),
        required=False,
        choices=lambda: catalogue.EXAM_CHOICES,
        widget=forms.CheckboxSelectMultiple,
    )


class ExamForm(forms.Form):
    """What is asked of a result in one exam, within what the catalogue knows of it."""

    minimum_score = forms.IntegerField(label=gettext_lazy("Lowest overall score"), required=False)
    minimum_label = forms.ChoiceField(label=gettext_lazy("Lowest result"), required=False)
    maximum_age_months = forms.IntegerField(
        label=gettext_lazy("Oldest exam, in months"),
        help_text=gettext_lazy("For example 24 for two years before the day you look at the result."),
        required=False,
        min_value=1,
        max_value=600,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, exam: catalogue.Exam, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = [(label, label) for label in exams.labels(exam)]
        self.fields["minimum_label"].choices = [("", _("Any result with a certificate")), *labels]  # type: ignore[attr-defined]
        scale = exams.score_range(exam)
        if scale is None:
            del self.fields["minimum_score"]
            return
        field = forms.IntegerField(
            label=self.fields["minimum_score"].label,
            help_text=_("On the Cambridge English Scale, from %(low)s to %(high)s.")
            % {"low": scale[0], "high": scale[1]},
            required=False,
            min_value=scale[0],
            max_value=scale[1],
            widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        )
        self.fields["minimum_score"] = field

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("minimum_score") is not None and cleaned.get("minimum_label"):
            self.add_error("minimum_label", _("Give a lowest score or a lowest result, not both"))
        return cleaned


class PolicyForm(forms.Form):
    """What the organisation asks of its users."""

    second_step = forms.ChoiceField(
        label=gettext_lazy("Second step of log-in"),
        help_text=gettext_lazy(
            "A passkey or a code from an app. From the day you choose, users who have none are led to set one up "
            "before anything else; until then they are reminded."
        ),
    )
    session_minutes = forms.ChoiceField(
        label=gettext_lazy("A session ends when it has not been used for"),
        choices=lambda: [(number, _("%(number)s minutes") % {"number": number}) for number in MINUTES],
    )
    own_domains_only = forms.BooleanField(
        label=gettext_lazy("Only users with an address in our own e-mail domains"),
        required=False,
    )

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organisation = organisation
        self.fields["second_step"].choices = self._times(organisation.mfa_required_from)  # type: ignore[attr-defined]
        self.initial = {
            "second_step": KEEP if organisation.mfa_required_from else NO,
            "session_minutes": organisation.session_minutes or LONGEST_SESSION,
            "own_domains_only": organisation.own_domains_only,
        }

    def _times(self, present: datetime | None) -> list[tuple[str, str]]:
        times = [(NO, _("Not required")), ("0", _("Required from now on"))]
        times += [(str(days), _("Required in %(number)s days") % {"number": days}) for days in GRACE]
        if present:
            day = date_format(timezone.localtime(present), "j F Y")
            times.append((KEEP, _("Required from %(day)s, as it is") % {"day": day}))
        return times

    def clean_second_step(self) -> datetime | None:
        chosen = self.cleaned_data["second_step"]
        if chosen == KEEP:
            return self.organisation.mfa_required_from
        return None if chosen == NO else timezone.now() + timedelta(days=int(chosen))

    def clean_session_minutes(self) -> int | None:
        chosen = int(self.cleaned_data["session_minutes"])
        return None if chosen == LONGEST_SESSION else chosen

    def clean_own_domains_only(self) -> bool:
        wanted = bool(self.cleaned_data["own_domains_only"])
        own = domains.own(self.organisation)
        if wanted and not own:
            raise forms.ValidationError(_("Enter your e-mail domains under Details first"))
        if wanted and (outside := domains.members_outside(self.organisation, own)):
            raise forms.ValidationError(
                _("These users have other addresses: %(users)s") % {"users": ", ".join(outside)}
            )
        return wanted


class ActivityForm(forms.Form):
    """Whose activity of which days; without `people`, only the reader's own is offered."""

    user = forms.ChoiceField(label=gettext_lazy("User"), required=False)
    since = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=gettext_lazy("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, people: list[tuple[str, str]] | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if people is None:
            del self.fields["user"]
        else:
            self.fields["user"].choices = [("", _("Everybody")), *people]  # type: ignore[attr-defined]
        for name in ("since", "until"):
            self.fields[name].error_messages["invalid"] = _("Enter a date, such as 2026-03-27")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", _("This day lies before the first one"))
        return cleaned
