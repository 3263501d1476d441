"""How a candidate gets an account: numbers that prove a result, then a link in a mail that confirms the address."""

import uuid
from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core import signing
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts import again, audit, closing, mails
from accounts.models import Action, Mail, User
from results import claims
from results.models import Candidate, CandidateRegistration, Result

GOOD_FOR: Final = timedelta(days=3)
SALT: Final = "results.registration"
TEMPLATE: Final = "results/email/confirm_candidate"
LONGEST_NAME: Final = 150


class Outcome(StrEnum):
    """What came of a confirmation."""

    MADE = "made"
    TAKEN = "taken"
    """The address has an account meanwhile, or another account has the results; nothing changed."""


@transaction.atomic
def ask(
    *, results: Iterable[Result], email: str, password: str, first_language: str, country: str, next_page: str
) -> None:
    """Send the address a link to confirm it; an address that has an account gets help instead.

    The same is stored and made either way, so that neither the page nor the time tells who has an account.
    """
    waiting = CandidateRegistration.objects.create(
        email=email.lower(),
        password=make_password(password),
        first_language=first_language,
        country=country,
        results=[result.pk for result in results],
        next_page=next_page,
    )
    letters = [
        mails.write(TEMPLATE, waiting.email, _words(waiting)),
        mails.write("results/email/candidate_known", waiting.email, _words(waiting)),
    ]
    taken = User.objects.filter(email=waiting.email).exclude(closing.GIVEN_UP).exists()
    letters[1 if taken else 0].send()


@again.maker(TEMPLATE)
def _send_again(mail: Mail, by: str) -> bool:
    """For staff: the link of the latest registration with this address that still waits for it."""
    waiting = CandidateRegistration.objects.filter(email=mail.recipient.lower()).order_by("-asked_at").first()
    if waiting:
        mails.send(TEMPLATE, waiting.email, _words(waiting))
    return waiting is not None


def open_link(token: str) -> CandidateRegistration | None:
    """The registration that waits for this link; None if it is over, or the link is broken or too old."""
    try:
        key = uuid.UUID(signing.loads(token, salt=SALT, max_age=GOOD_FOR))
    except (signing.BadSignature, ValueError, TypeError, AttributeError):
        return None
    return CandidateRegistration.objects.filter(pk=key).first()


@transaction.atomic
def confirm(*, waiting: CandidateRegistration) -> Outcome:
    """Make the account and give it the results; the link is worth nothing afterwards."""
    locked = CandidateRegistration.objects.select_for_update().filter(pk=waiting.pk).first()
    if locked is None:  # the button was pressed twice
        return Outcome.MADE
    locked.delete()
    results = list(Result.objects.filter(pk__in=waiting.results, claim=None).select_related("current"))
    if not results:
        return Outcome.TAKEN
    try:
        with transaction.atomic():
            user = _make_user(waiting, results[0])
    except IntegrityError:
        return Outcome.TAKEN
    Candidate.objects.create(user=user, first_language=waiting.first_language, country=waiting.country)
    audit.record(actor=audit.user_actor(user), action=Action.CANDIDATE_REGISTERED, target=audit.user_actor(user))
    claims.claim(user=user, results=results)
    return Outcome.MADE


def _make_user(waiting: CandidateRegistration, result: Result) -> User:
    """Under the name on the result; a name of one part is the first name.

    An account with this address that was closed for good is opened again; a name that it was used under stays, for the
    audit trail of the organisation.
    """
    user = User.objects.select_for_update().filter(closing.GIVEN_UP, email=waiting.email).first()
    user = user or User(email=waiting.email)
    user.password, user.is_active = waiting.password, True
    if user.last_login is None:
        names = [name for name in (result.current.given_names, result.current.family_name) if name]
        user.given_name = names[0][:LONGEST_NAME]
        user.family_name = " ".join(names[1:])[:LONGEST_NAME]
    user.save()
    return user


def forget_old() -> int:
    """Delete registrations that nobody confirmed while their link was good; returns how many."""
    return CandidateRegistration.objects.filter(asked_at__lt=timezone.now() - GOOD_FOR).delete()[0]


def _words(waiting: CandidateRegistration) -> dict[str, Any]:
    token = signing.dumps(waiting.pk.hex, salt=SALT)
    confirm = reverse("candidate:confirm", kwargs={"token": token})
    return {
        "link": f"{settings.PUBLIC_BASE_URL}{confirm}",
        "log_in": f"{settings.PUBLIC_BASE_URL}{reverse('account_login')}",
        "add": f"{settings.PUBLIC_BASE_URL}{reverse('candidate:add')}",
        "reset": f"{settings.PUBLIC_BASE_URL}{reverse('account_reset_password')}",
    }
