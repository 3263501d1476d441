"""What staff decide on applications of organisations: approve, reject, ask for more.

A decision is about what was seen: each takes the `mark` of the application as the page showed it, and is refused when
something has happened since.  So two people who decide at once cannot both; the second is told what the first did.
"""

from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts import audit, mails
from accounts.models import Action, User
from organisations import users
from organisations.models import Organisation, Registration, RegistrationMessage, RegistrationState, Role
from organisations.registrations.flags import Code, domains_of, flags_of
from organisations.registrations.links import application_link
from results.staff.people import names_of

DECISIONS: Final = (
    Action.REGISTRATION_FIRST_APPROVED,
    Action.REGISTRATION_APPROVED,
    Action.REGISTRATION_REJECTED,
    Action.REGISTRATION_ASKED,
)
OPEN: Final = (RegistrationState.RECEIVED, RegistrationState.MORE_INFORMATION)
MOST_NAMESAKES: Final = 50


class DecisionError(Exception):
    """A decision that cannot be; its text says why."""


class OvertakenError(DecisionError):
    """Something happened to the application since it was looked at."""


def mark(registration: Registration) -> str:
    """What is remembered of an application between looking at it and deciding on it."""
    return f"{registration.state}.{registration.first_approved_by}.{registration.messages.count()}"


@transaction.atomic
def look_again(registration: Registration) -> Registration:
    """The application with what has become unusual about it since it was made, such as an account of the same name."""
    registration = (
        Registration.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=registration.pk)
    )
    if registration.state in OPEN and (new := _new_flags(registration)):
        registration.flags = [*registration.flags, *new]
        registration.save(update_fields=["flags"])
    return registration


def needs_two_people(registration: Registration) -> bool:
    """Whether the setting asks for a second person to approve this application."""
    return settings.TWO_PERSON_APPROVAL == "always" or (
        settings.TWO_PERSON_APPROVAL == "flagged" and bool(registration.flags)
    )


@transaction.atomic
def approve(*, registration: Registration, seen: str, by: User, reason: str) -> Organisation | None:
    """Make the organisation and its Primary User, who is sent the link to set a password.

    Where two people must approve, the first approval is only noted and None is returned.

    Args:
        seen: the `mark` of the application as it was looked at.
        reason: what was checked; stays inside.

    Raises:
        OvertakenError: since it was looked at somebody else decided, the applicant answered, or a flag came up.
        DecisionError: no reason; the first person approves again; the applicant is a user of an organisation already.
    """
    registration = _locked(registration, seen, reason)
    actor = audit.user_actor(by)
    first = registration.first_approved_by
    if _new_flags(registration):
        raise OvertakenError(_("Something unusual has been found since you opened the application. Look at it again."))
    if needs_two_people(registration):
        if not first:
            _note_first_approval(registration, actor, reason)
            return None
        if first == actor:
            raise DecisionError(_("You have approved this application. Now another person must approve it, too."))
    elif first == actor:  # the setting asked for two people then, and does not now
        registration.first_approved_by, registration.first_approved_at = "", None
    registration.organisation = organisation = _make_organisation(registration)
    _close(registration, RegistrationState.APPROVED, actor, reason)
    _invite_primary(registration, organisation, actor)
    _record(Action.REGISTRATION_APPROVED, registration, actor, reason)
    return organisation


@transaction.atomic
def reject(*, registration: Registration, seen: str, by: User, reason: str) -> None:
    """Refuse the application; the applicant is sent the reason.  Raises as `approve` does."""
    registration = _locked(registration, seen, reason)
    actor = audit.user_actor(by)
    _close(registration, RegistrationState.REJECTED, actor, reason)
    _record(Action.REGISTRATION_REJECTED, registration, actor, reason)
    _mail("rejected", registration, reason)


@transaction.atomic
def ask_for_more(*, registration: Registration, seen: str, by: User, question: str) -> None:
    """Send the applicant a question; an approval by the first of two people is void.  Raises as `approve` does."""
    registration = _locked(registration, seen, question)
    actor = audit.user_actor(by)
    RegistrationMessage.objects.create(registration=registration, by_staff=True, author=actor, text=question.strip())
    registration.state = RegistrationState.MORE_INFORMATION
    registration.first_approved_by, registration.first_approved_at = "", None
    registration.save(update_fields=["state", "first_approved_by", "first_approved_at"])
    _record(Action.REGISTRATION_ASKED, registration, actor, question)
    _mail("question", registration, question)


def _locked(registration: Registration, seen: str, reason: str) -> Registration:
    if not reason.strip():
        raise DecisionError(_("Say why."))
    registration = Registration.objects.select_for_update().get(pk=registration.pk)
    if registration.state not in OPEN or seen != mark(registration):
        raise OvertakenError(_what_happened(registration))
    return registration


def _new_flags(registration: Registration) -> list[dict[str, object]]:
    return [flag for flag in flags_of(registration) if flag not in registration.flags]


def _what_happened(registration: Registration) -> str:
    """For somebody who decides too late: who did what, or that the applicant answered."""
    event = audit.events_of(target(registration)).filter(action__in=DECISIONS).first()
    message = registration.messages.filter(by_staff=False).last()
    if event is None or (message and message.sent_at > event.at):
        return _("The applicant has written in the meantime. Read it before you decide.")
    person = names_of([event.actor])[event.actor]
    return _("%(person)s was faster: %(decision)s. Your decision was not taken.") % {
        "person": person,
        "decision": event.get_action_display(),
    }


def _note_first_approval(registration: Registration, actor: str, reason: str) -> None:
    registration.first_approved_by, registration.first_approved_at = actor, timezone.now()
    registration.save(update_fields=["first_approved_by", "first_approved_at"])
    _record(Action.REGISTRATION_FIRST_APPROVED, registration, actor, reason)


def _close(registration: Registration, state: RegistrationState, actor: str, reason: str) -> None:
    registration.state, registration.reason = state, reason.strip()
    registration.decided_by, registration.decided_at = actor, timezone.now()
    registration.save()


def _make_organisation(registration: Registration) -> Organisation:
    """The organisation and, where the applicant's address shows one, its e-mail domain."""
    organisation = _with_own_slug(registration)
    if domain := own_domain(registration):
        organisation.email_domains.create(domain=domain, confirmed=True)
    return organisation


def _with_own_slug(registration: Registration) -> Organisation:
    """Its address for sharing comes from its name, with a number where another has that already."""
    given = {
        "name": registration.organisation_name,
        "type": registration.organisation_type,
        "website": registration.website,
        "country": registration.country,
    }
    slug = slugify(registration.organisation_name)[:50].strip("-")
    for number in range(1, MOST_NAMESAKES if slug else 1):
        try:
            with transaction.atomic():
                return Organisation.objects.create(**given, slug=f"{slug}-{number}" if number > 1 else slug)
        except IntegrityError:
            continue
    return Organisation.objects.create(**given)


def _invite_primary(registration: Registration, organisation: Organisation, actor: str) -> None:
    try:
        users.add_user(
            organisation=organisation,
            by=actor,
            given_name=registration.given_name,
            family_name=registration.family_name,
            job_title=registration.job_title,
            email=registration.email,
            role=Role.PRIMARY,
        )
    except users.UserError as error:
        raise DecisionError(str(error)) from error


def own_domain(registration: Registration) -> str:
    """The registered domain that the applicant's address and the organisation's website share; "" if none."""
    email_domain, website_domain = domains_of(registration)
    everybodys = {Code.FREE_MAIL, Code.DISPOSABLE_MAIL} & {flag["code"] for flag in registration.flags}
    return email_domain if email_domain == website_domain and not everybodys else ""


def target(registration: Registration) -> str:
    """What the audit trail calls an application."""
    return f"registration:{registration.pk}"


def _record(action: Action, registration: Registration, actor: str, reason: str) -> None:
    organisation = str(registration.organisation_id or "")
    audit.record(
        actor=actor,
        action=action,
        target=target(registration),
        organisation=organisation,
        detail={"reason": reason.strip(), "flags": [flag["code"] for flag in registration.flags]},
    )


def _mail(kind: str, registration: Registration, text: str) -> None:
    context = {"registration": registration, "text": text.strip(), "link": application_link(registration)}
    mails.send(f"organisations/email/registration_{kind}", registration.email, context)
