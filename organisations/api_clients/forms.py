"""The forms of a client of the API."""

import ipaddress
import uuid
from datetime import datetime
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.months import months_later
from organisations.models import ApiClient, Scope

MONTHS: Final = (12, 6, 3, 1)
MOST_ADDRESSES: Final = 20


class ClientForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        help_text=gettext_lazy("So that you know it again, such as the system that will use it."),
        error_messages={"required": gettext_lazy("Enter a name")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one thing that it may do")},
    )
    allowed_addresses = forms.CharField(
        label=gettext_lazy("Network addresses it may come from"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy(
            "One address or network in a line, such as 192.0.2.10 or 2001:db8::/48. Empty: from everywhere."
        ),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_allowed_addresses(self) -> list[str]:
        """Each once, as networks."""
        words = self.cleaned_data["allowed_addresses"].replace(",", " ").split()
        networks = list(dict.fromkeys(_network(word) for word in words))
        if len(networks) > MOST_ADDRESSES:
            raise forms.ValidationError(_("Enter at most %(number)s addresses") % {"number": MOST_ADDRESSES})
        return networks


class NewClientForm(ClientForm):
    """Its id travels with the form: sent twice, it makes one client."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    months = forms.TypedChoiceField(
        label=gettext_lazy("Expires"),
        coerce=int,
        help_text=gettext_lazy("We write to the Primary User 60, 30 and 7 days before."),
    )

    def __init__(self, *args: Any, like: ApiClient | None = None, name: str = "", **kwargs: Any) -> None:
        kwargs["initial"] = {"client_id": uuid.uuid4(), **initial(like), "name": name}
        super().__init__(*args, **kwargs)
        self.now = timezone.now()
        choices = [(number, _after(number, self.now)) for number in MONTHS]
        self.fields["months"].choices = choices  # type: ignore[attr-defined]

    @property
    def expires_at(self) -> datetime:
        return months_later(self.now, self.cleaned_data["months"])


def initial(client: ApiClient | None) -> dict[str, Any]:
    """What a form begins with: a client's own, or what most begin with."""
    if client is None:
        return {"scopes": [Scope.READ]}
    addresses = "\n".join(network.removesuffix("/32").removesuffix("/128") for network in client.allowed_addresses)
    return {"name": client.name, "scopes": client.scopes, "allowed_addresses": addresses}


def _network(word: str) -> str:
    try:
        return str(ipaddress.ip_network(word, strict=False))
    except ValueError:
        raise forms.ValidationError(
            _("“%(word)s” is not a network address such as 192.0.2.10 or 2001:db8::/48") % {"word": word[:60]}
        ) from None


def _after(months: int, now: datetime) -> str:
    day = date_format(timezone.localtime(months_later(now, months)), "j F Y")
    text = _("In %(months)s months, on %(day)s") if months > 1 else _("In a month, on %(day)s")
    return text % {"months": months, "day": day}
