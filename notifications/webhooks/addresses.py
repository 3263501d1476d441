"""Where a message may be sent: what an address may look like, and which places on the network are public."""

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LONGEST: Final = 500
_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
"""A full host name.  Its last label begins with a letter, so no way of writing an IP address passes."""
_FORBIDDEN: Final = frozenset(' \\"<>^`{|}')
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_OTHER_SERVICES: Final = frozenset(range(1024)) - {443}
"""Ports that do not speak HTTPS."""

_GLOBAL_UNICAST: Final = ipaddress.ip_network("2000::/3")
_SPECIAL: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # IETF's protocols
        "192.88.99.0/24",  # relays from IPv6 to IPv4, given up
        "2001::/23",  # IETF's protocols, among them Teredo, which holds an IPv4 address
        "2002::/16",  # 6to4, which holds an IPv4 address
        "3fff::/20",  # documentation
    )
)
"""What the registries of special addresses (RFC 6890) list and Python does not refuse in every version."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def why_not(address: str) -> str | Promise:
    """What is wrong with an address for messages; nothing if it is right.  Asks nobody about the name."""
    if len(address) > LONGEST or not address.isascii() or not address.isprintable() or set(address) & _FORBIDDEN:
        return _("Write the address in plain letters, without spaces, such as https://crm.example.ac.uk/results")
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return _("This is no address; look at its host and port")
    if _is_loopback_address(parts.scheme, parts.hostname):
        return ""
    if parts.scheme != "https":
        return _("The address must begin with https://")
    if parts.username is not None or parts.password is not None:
        return _("The address must hold no user name and no password; messages are signed instead")
    if parts.fragment or address.endswith("#"):
        return _("The address must hold no #")
    if not _NAME.fullmatch(parts.hostname or ""):
        return _("Use the full name of a host on the public internet, such as crm.example.ac.uk")
    if port in _OTHER_SERVICES:
        return _("Use port 443, which needs no number, or one from 1024 on")
    return ""


def _is_loopback_address(scheme: str, host: str | None) -> bool:
    return settings.WEBHOOK_LOOPBACK and scheme in {"http", "https"} and host in _LOOPBACK


def may_be_reached(text: str) -> bool:
    """Whether a message may go to this IP address: a public one, or in the demonstration this very machine."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if "%" in text:
        return False
    return is_public(address) or (settings.WEBHOOK_LOOPBACK and address.is_loopback)


def is_public(address: Address) -> bool:
    """Whether it is an address of one host on the public internet; never one that stands for another address."""
    if not address.is_global or address.is_multicast or address.is_reserved or address.is_unspecified:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return not any(address in network for network in _SPECIAL)
