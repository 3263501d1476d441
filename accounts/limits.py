"""How often somebody may try to prove who they are.

Counted in PostgreSQL before the attempt is looked at (accounts/throttle.py), so that parallel attempts cannot overrun a
limit and every process sees the same count; an attempt that succeeds is given back.

An account is counted with the network that attempts come from, tightly, and over all networks, loosely: a stranger who
guesses cannot lock its owner out for long, and never from a browser that the owner has logged in with before.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from allauth.core.exceptions import ImmediateHttpResponse
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts import devices, throttle
from accounts.http import client_network

QUARTER: Final = timedelta(minutes=15)
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    kind: str
    count: int
    window: timedelta


PASSWORD_HERE: Final = Limit("password account+network", 5, QUARTER)
PASSWORD_ANYWHERE: Final = Limit("password account", 30, QUARTER)
PASSWORD_NETWORK: Final = Limit("password network", 30, timedelta(minutes=5))
CODE_HERE: Final = Limit("code account+network", 5, QUARTER)
CODE_ANYWHERE: Final = Limit("code account", 15, timedelta(hours=1))
PASSKEY_NETWORK: Final = Limit("passkey network", 30, timedelta(minutes=5))
CHALLENGE_NETWORK: Final = Limit("passkey challenge network", 120, timedelta(minutes=5))
RESET_HERE: Final = Limit("reset account+network", 5, QUARTER)
RESET_ANYWHERE: Final = Limit("reset account", 20, DAY)
RESET_NETWORK: Final = Limit("reset network", 20, timedelta(minutes=5))
RESET_LINK: Final = Limit("reset link network", 60, timedelta(minutes=5))
EMAIL_CHANGE: Final = Limit("e-mail change", 5, DAY)
ADDRESS_MAIL: Final = Limit("confirm address", 5, DAY)
CLAIM_NETWORK: Final = Limit("claim network", 20, QUARTER)
CANDIDATE_MAIL: Final = Limit("candidate registration", 5, DAY)
CANDIDATE_NETWORK: Final = Limit("candidate registration network", 60, timedelta(hours=1))
INVITATION: Final = Limit("organisation invited by candidate", 5, DAY)
APPLICATION_EMAIL: Final = Limit("application e-mail", 5, DAY)
APPLICATION_NETWORK: Final = Limit("application network", 20, timedelta(hours=1))
APPLICATION_LINK: Final = Limit("application link network", 60, timedelta(minutes=5))
ORGANISATION_SOUGHT: Final = Limit("organisation sought network", 30, timedelta(hours=1))
ANSWER: Final = Limit("answer application", 10, timedelta(hours=1))
NEW_USER_EMAIL: Final = Limit("new user e-mail", 10, DAY)
NEW_USER_ORGANISATION: Final = Limit("new user organisation", 200, DAY)


class Attempt:
    """One attempt, counted when it is made; `succeeded()` gives the counts back."""

    def __init__(self, request: HttpRequest, *counts: tuple[Limit, str]) -> None:
        """Count under each limit for its subject.

        Raises:
            ImmediateHttpResponse: a limit is reached; it holds the page (429) that says from when to try again.
        """
        self.at = timezone.now()
        self.counted: list[tuple[Limit, str]] = []
        for limit, subject in counts:
            until = throttle.take(kind=limit.kind, subject=subject, limit=limit.count, window=limit.window, now=self.at)
            if until:
                # What was refused must not use up the looser limits, or it would lock out others.
                self.succeeded()
                raise ImmediateHttpResponse(paused(request, until))
            self.counted.append((limit, subject))

    def succeeded(self) -> None:
        for limit, subject in self.counted:
            throttle.give_back(kind=limit.kind, subject=subject, now=self.at)


def password(request: HttpRequest, email: str) -> Attempt:
    """An attempt with a password, at log-in or to confirm who one is."""
    network, account = client_network(request), email.strip().lower()
    if devices.is_known(request, account):
        account += " known"  # counted apart: nothing that strangers do counts against it
    return Attempt(
        request, (PASSWORD_HERE, f"{account} {network}"), (PASSWORD_NETWORK, network), (PASSWORD_ANYWHERE, account)
    )


def code(request: HttpRequest, account: str) -> Attempt:
    """An attempt with a code or a passkey as the second step."""
    return Attempt(request, (CODE_HERE, f"{account} {client_network(request)}"), (CODE_ANYWHERE, account))


def passkey(request: HttpRequest) -> Attempt:
    return Attempt(request, (PASSKEY_NETWORK, client_network(request)))


def passkey_challenge(request: HttpRequest) -> Attempt:
    return Attempt(request, (CHALLENGE_NETWORK, client_network(request)))


def reset(request: HttpRequest, email: str) -> Attempt:
    """A mail with a link to set a new password."""
    network, account = client_network(request), email.strip().lower()
    here = (RESET_HERE, f"{account} {network}")
    return Attempt(request, here, (RESET_NETWORK, network), (RESET_ANYWHERE, account))


def reset_link(request: HttpRequest) -> Attempt:
    return Attempt(request, (RESET_LINK, client_network(request)))


def email_change(request: HttpRequest, account: str) -> Attempt:
    return Attempt(request, (EMAIL_CHANGE, account))


def address_mail(request: HttpRequest, account: str) -> Attempt:
    """A mail by which somebody confirms their address again."""
    return Attempt(request, (ADDRESS_MAIL, account))


def claim(request: HttpRequest) -> Attempt:
    """An attempt to show by its numbers that a result is one's own; each candidate ID is limited apart."""
    return Attempt(request, (CLAIM_NETWORK, client_network(request)))


def candidate_mail(request: HttpRequest, email: str) -> Attempt:
    """A mail to whoever registers as a candidate; a classroom may register together, but nobody writes to everybody."""
    return Attempt(request, (CANDIDATE_NETWORK, client_network(request)), (CANDIDATE_MAIL, email.strip().lower()))


def invitation(request: HttpRequest, account: str) -> Attempt:
    """A candidate's mail to an organisation that is not here yet."""
    return Attempt(request, (INVITATION, account))


def new_user(request: HttpRequest, organisation: str, email: str) -> Attempt:
    """A mail to somebody whom an organisation makes a user; also what is learnt of an address that is taken."""
    return Attempt(request, (NEW_USER_EMAIL, email.strip().lower()), (NEW_USER_ORGANISATION, organisation))


def application(request: HttpRequest, email: str) -> Attempt:
    """A mail to somebody who wants an account for an organisation, or in one, or lost the link to the application."""
    mails = (APPLICATION_EMAIL, email.strip().lower())
    return Attempt(request, (APPLICATION_NETWORK, client_network(request)), mails)


def organisation_sought(request: HttpRequest) -> Attempt:
    """Somebody looks for the organisation they want to join; that they do not find it is no reason to shut them out."""
    return Attempt(request, (ORGANISATION_SOUGHT, client_network(request)))


def application_link(request: HttpRequest) -> Attempt:
    return Attempt(request, (APPLICATION_LINK, client_network(request)))


def answer(request: HttpRequest, application: str) -> Attempt:
    return Attempt(request, (ANSWER, application))


def paused(request: HttpRequest, until: datetime) -> HttpResponse:
    response = render(request, "account/paused.html", {"until": until}, status=429)
    response["Retry-After"] = str(max(1, round((until - timezone.now()).total_seconds())))
    return response
