"""An organisation asks for an account: the application, its confirmation, and the talk about it.

Decisions are staff's (organisations/decisions.py).  Nobody is told whether an address has an account: the pages say the
same, and a mail helps whoever reads it.
"""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import again, audit
from accounts.models import Action, Mail
from organisations.models import Registration, RegistrationState
from organisations.registrations import mailing
from organisations.registrations.flags import flags_of
from organisations.registrations.links import (
    UNCONFIRMED_FOR,
    Purpose,
    application_link,
    confirmation_link,
    key_of,
)
from organisations.working_days import due_on, uk_date

ACTOR: Final = audit.system_actor("registration")
SENT_AGAIN: Final = (
    "confirm_registration", "already_applied", "registration_received", "registration_question",
    "registration_answered", "registration_links",
)  # fmt: skip
"""Mails in whose place staff send the links, when somebody tells them that it never came."""
REJECTED_FOR: Final = timedelta(days=183)
"""How long a rejected application is kept (half a year)."""


@transaction.atomic
def apply(
    *,
    given_name: str,
    family_name: str,
    job_title: str,
    email: str,
    organisation_name: str,
    organisation_type: str,
    website: str,
    country: str,
) -> None:
    """Note the application and send a link to confirm the address; the applicant has accepted the terms.

    Nothing is noted where the address has an account, or an application that staff are looking at: its owner gets a
    mail that says so.
    """
    email = email.lower()
    now = timezone.now()
    open_one = Registration.objects.open().filter(email=email).first()
    wanted = "already_user" if mailing.in_use(email) else "already_applied" if open_one else "confirm_registration"
    with mailing.tried(keep=wanted == "confirm_registration"):
        registration = Registration.objects.create(
            given_name=given_name,
            family_name=family_name,
            job_title=job_title,
            email=email,
            organisation_name=organisation_name,
            organisation_type=organisation_type,
            website=website,
            country=country,
            made_at=now,
            terms_accepted_at=now,
        )
    mails: dict[str, dict[str, object]] = {
        "confirm_registration": {"registration": registration, "link": confirmation_link(registration)},
        "already_applied": {"link": application_link(open_one or registration)},
        "already_user": {},
    }
    mailing.send_one(wanted, email, mails)


def open_confirmation(token: str) -> Registration | None:
    """The application that a link for confirming belongs to, in whatever state; None if there is none."""
    key = key_of(Purpose.CONFIRM, token)
    return Registration.objects.filter(pk=key).first() if key else None


def open_application(token: str) -> Registration | None:
    """The application whose page a link leads to; None if there is none that staff have seen."""
    key = key_of(Purpose.APPLICATION, token)
    return Registration.objects.for_staff().filter(pk=key).first() if key else None


@transaction.atomic
def confirm(registration: Registration) -> None:
    """Hand the application to staff, once: the answer is due after five UK working days from now.

    What else was applied for with this address, and not confirmed, is forgotten.
    """
    of_the_address = Registration.objects.unconfirmed().filter(email=registration.email).order_by("pk")
    waiting = next((each for each in of_the_address.select_for_update() if each.pk == registration.pk), None)
    if waiting is None:
        return
    _receive(waiting, now := timezone.now())
    waiting.confirmed_at = now
    waiting.save()
    of_the_address.delete()
    _record(Action.REGISTRATION_RECEIVED, waiting)
    _tell("registration_received", waiting)


@transaction.atomic
def answer(*, registration: Registration, text: str) -> bool:
    """Add the applicant's answer and hand the application back to staff, with a new due date.

    Returns:
        False if nobody asks any more: it was answered or decided meanwhile.
    """
    asked = Registration.objects.waiting_for_applicant().select_for_update().filter(pk=registration.pk).first()
    if asked is None:
        return False
    asked.messages.create(by_staff=False, author=ACTOR, text=text)
    _receive(asked, timezone.now())
    asked.save()
    _record(Action.REGISTRATION_ANSWERED, asked)
    _tell("registration_answered", asked)
    return True


@transaction.atomic
def send_link_again(email: str) -> None:
    """Send the links of whatever was applied for with this address, or say that there is nothing."""
    email = email.lower()
    found = Registration.objects.filter(email=email).order_by("-made_at")[:5]
    lines = [
        {
            "registration": registration,
            "link": confirmation_link(registration)
            if registration.state == RegistrationState.UNCONFIRMED
            else application_link(registration),
        }
        for registration in found
    ]
    wanted = "registration_links" if lines else "registration_unknown"
    mailing.send_one(wanted, email, {"registration_links": {"lines": lines}, "registration_unknown": {}})


@again.maker(*(f"{mailing.FOLDER}{name}" for name in SENT_AGAIN))
def _send_again(mail: Mail, by: str) -> bool:
    """For staff: the links of whatever was applied for with the address."""
    if not Registration.objects.filter(email=mail.recipient.lower()).exists():
        return False
    send_link_again(mail.recipient)
    return True


def forget_old(now: datetime) -> int:
    """Delete applications that nobody confirmed, and those that were rejected long ago; returns how many rows went."""
    unconfirmed = Q(state=RegistrationState.UNCONFIRMED, made_at__lt=now - UNCONFIRMED_FOR)
    rejected = Q(state=RegistrationState.REJECTED, decided_at__lt=now - REJECTED_FOR)
    return Registration.objects.filter(unconfirmed | rejected).delete()[0]


def _receive(registration: Registration, now: datetime) -> None:
    registration.state = RegistrationState.RECEIVED
    registration.due_on = due_on(uk_date(now))
    registration.flags = flags_of(registration)


def _record(action: Action, registration: Registration) -> None:
    flags = [flag["code"] for flag in registration.flags]
    audit.record(actor=ACTOR, action=action, target=f"registration:{registration.pk}", detail={"flags": flags})


def _tell(name: str, registration: Registration) -> None:
    mailing.send(name, registration.email, registration=registration, link=application_link(registration))
