"""The form of the page Email Notifications."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from notifications.models import Frequency, Preference, Stream, Weekday
from organisations.models import Role
from results.catalogue import EXAM_CHOICES

CHOICES = (
    (Frequency.OFF, _("Off")),
    (Frequency.AS_IT_HAPPENS, _("As it happens: what happens within ten minutes comes in one e-mail")),
    (Frequency.DAILY, _("Every day")),
    (Frequency.WEEKLY, _("Every week")),
)
TICK = {"class": "form-check-input"}
HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]


class PreferenceForm(forms.Form):
    """What a user wants to hear of; a Primary User cannot be without notices of changes."""

    new_results = forms.ChoiceField(
        label=_("New shared results"), choices=CHOICES, widget=forms.RadioSelect(attrs=TICK)
    )
    exams = forms.MultipleChoiceField(
        label=_("Only results in these exams"),
        help_text=_("Without a tick you hear of all exams."),
        required=False,
        choices=lambda: EXAM_CHOICES,
        widget=forms.CheckboxSelectMultiple(attrs=TICK),
    )
    meets_only = forms.BooleanField(
        label=_("Only results that meet our requirement"),
        help_text=_(
            "As your organisation has set it under Exams accepted. You do not hear of results that need a person to "
            "decide, such as those in an older scheme."
        ),
        required=False,
    )
    changes = forms.ChoiceField(
        label=_("Changes to results that you hold"),
        help_text=_("A result was corrected, withheld, cancelled or released again, and you may have relied on it."),
        choices=CHOICES,
        widget=forms.RadioSelect(attrs=TICK),
    )
    weekday = forms.TypedChoiceField(label=_("Day of the week"), choices=Weekday.choices, coerce=int)
    hour = forms.TypedChoiceField(label=_("Time of day"), choices=HOURS, coerce=int)
    join_requests = forms.BooleanField(label=_("When somebody asks to join our account"), required=False)

    def __init__(self, *args: Any, preference: Preference, frequencies: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = {name: getattr(preference, name) for name in ("exams", "meets_only", "weekday", "hour")}
        self.initial = {**frequencies, **stored, "join_requests": preference.membership.join_request_mails}
        if preference.membership.role == Role.PRIMARY:
            self.fields["changes"].choices = CHOICES[1:]  # type: ignore[attr-defined]
        else:
            del self.fields["join_requests"]
        self.preference = preference

    @property
    def frequencies(self) -> dict[Stream, Frequency]:
        return {stream: Frequency(self.cleaned_data[stream.value]) for stream in Stream}

    @property
    def wishes(self) -> dict[str, Any]:
        """The rest of what was chosen; who is not asked keeps what they have."""
        kept = {"join_requests": self.preference.membership.join_request_mails}
        return kept | {name: value for name, value in self.cleaned_data.items() if name not in Stream.values}
