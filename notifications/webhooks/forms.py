"""The forms of a webhook."""

import uuid
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from notifications.models import Webhook
from notifications.webhooks import addresses
from sharing.models import ChangeType

EVENTS: Final = (
    (ChangeType.SHARE_CREATED, _("A candidate shares a result with us (share.created)")),
    (ChangeType.SHARE_UPDATED, _("A candidate changes a share (share.updated)")),
    (ChangeType.SHARE_WITHDRAWN, _("A candidate withdraws a share (share.withdrawn)")),
    (ChangeType.SHARE_EXPIRED, _("A share ends because its time is over (share.expired)")),
    (ChangeType.RESULT_CHANGED, _("A result that we hold changes (result.changed)")),
)


class WebhookForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        help_text=_("So that you know it again, such as the system that receives the messages."),
        error_messages={"required": _("Enter a name")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    address = forms.CharField(
        label=_("Address"),
        max_length=addresses.LONGEST,
        help_text=_("Where messages are sent, such as https://crm.example.ac.uk/hooks/results"),
        error_messages={"required": _("Enter the address")},
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    events = forms.MultipleChoiceField(
        label=_("What it hears of"),
        choices=EVENTS,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one thing that it hears of")},
    )

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        if reason := addresses.why_not(address):
            raise forms.ValidationError(str(reason))
        return address


class NewWebhookForm(WebhookForm):
    """Its id travels with the form: sent twice, it makes one webhook."""

    webhook_id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"webhook_id": uuid.uuid4(), "events": ChangeType.values}
        super().__init__(*args, **kwargs)


class SecretForm(forms.Form):
    at_once = forms.BooleanField(
        label=_("The old secret has leaked: stop signing with it at once"),
        required=False,
        help_text=_("Until its receiver has the new secret, it refuses messages; they are sent again."),
    )


def initial(webhook: Webhook) -> dict[str, Any]:
    """What the form begins with."""
    return {"name": webhook.name, "address": webhook.address, "events": webhook.events}
