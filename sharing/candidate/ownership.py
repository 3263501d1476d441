"""What follows for shares when a result leaves an account: it is moved, or the account is closed."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit, mails, retention, sessions
from accounts.models import Action, User
from results import claims
from results.models import Candidate, Claim
from sharing import notices, shares
from sharing.models import Share


class MoveError(Exception):
    """The result cannot be moved so; the message is for staff to read."""


@transaction.atomic
def move(*, claim: Claim, email: str, by: User, reason: str, now: datetime) -> Claim:
    """Staff give a result to another account; what the old one shared ends, and both owners are told.

    Raises:
        MoveError: no reason, no open account with this address, or it has the result already.
    """
    to = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    claim = Claim.objects.select_for_update().select_related("candidate__user").get(pk=claim.pk)
    if not reason.strip():
        raise MoveError(_("Give a reason."))
    if to is None:
        raise MoveError(_("There is no open account with this e-mail address."))
    if to.pk == claim.candidate_id:
        raise MoveError(_("This account has the result already."))
    old = claim.candidate.user
    for share in Share.objects.in_force(now).filter(result=claim.result_id):
        shares.withdraw(share=share, by=by, now=now)
    notices.drop_of_result(claim.result_id, now=now)
    claims.move(claim=claim, to=to, by=audit.user_actor(by), reason=reason.strip())
    mails.send("sharing/email/result_moved_away", old.email, {})
    mails.send("sharing/email/result_moved_here", to.email, {})
    return claim


@transaction.atomic
def close(*, user: User, now: datetime) -> None:
    """End the candidate's side of an account: shares end, results go back to nobody, the person is told.

    Who is also a verifier or staff keeps that side; for everybody else the account and its mails are deleted.  The
    results themselves stay, and the audit trail, which knows the person by a number only.
    """
    candidate = Candidate.objects.select_for_update().filter(pk=user.pk).first()
    if candidate:
        shares.withdraw_all(candidate=candidate, by=user, now=now)
        candidate.delete()
    audit.record(actor=audit.user_actor(user), action=Action.ACCOUNT_CLOSED, target=audit.user_actor(user))
    email = user.email
    if not _has_another_side(user):
        sessions.end_others(user=user, request=None)
        retention.forget_person(user)
        user.delete()
    mails.send("sharing/email/account_closed", email, {})


def _has_another_side(user: User) -> bool:
    return user.is_staff or hasattr(user, "membership")
