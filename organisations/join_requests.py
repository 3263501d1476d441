"""Somebody asks to become a user of an organisation that has an account, and its Primary User answers.

Once the answer is overdue staff may give it too, with a reason; whoever is first has answered.
"""

from django.db import transaction
from django.utils import timezone

from accounts import audit, mails
from accounts.models import Action, User
from organisations.errors import AnsweredError
from organisations.locking import lock, require_primary
from organisations.models import JoinRequest, JoinState, Membership
from organisations.users import add_user
from organisations.working_days import uk_date


@transaction.atomic
def accept(*, request: JoinRequest, by: User, reason: str = "") -> Membership:
    """Make the person an Admin User, and send the link to set a password.

    Raises:
        UserError: it has been answered, the address is taken or refused, or `by` may not answer.
    """
    request = _answer(request, by, JoinState.ACCEPTED, reason)
    return add_user(
        organisation=request.organisation,
        by=audit.user_actor(by),
        given_name=request.given_name,
        family_name=request.family_name,
        job_title=request.job_title,
        email=request.email,
    )


@transaction.atomic
def decline(*, request: JoinRequest, by: User, reason: str = "") -> None:
    """Say no; the person is told by mail.

    Raises:
        UserError: it has been answered, or `by` may not answer.
    """
    request = _answer(request, by, JoinState.DECLINED, reason)
    context = {"organisation": request.organisation.name}
    mails.send("organisations/email/join_declined", request.email, context)


def _answer(request: JoinRequest, by: User, state: JoinState, reason: str) -> JoinRequest:
    organisation = lock(request.organisation)
    request = JoinRequest.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=request.pk)
    if not (reason.strip() and _is_staffs(request, by)):
        require_primary(organisation, by)
    if request.state != JoinState.WAITING:
        raise AnsweredError
    request.state, request.decided_by, request.decided_at = state, audit.user_actor(by), timezone.now()
    request.save(update_fields=["state", "decided_by", "decided_at"])
    audit.record(
        actor=request.decided_by,
        action=Action.JOIN_ACCEPTED if state == JoinState.ACCEPTED else Action.JOIN_DECLINED,
        target=f"join_request:{request.pk}",
        organisation=str(request.organisation_id),
        detail={"reason": reason.strip()} if reason else {},
    )
    return request


def _is_staffs(request: JoinRequest, by: User) -> bool:
    """Whether `by` is of staff and may answer in the place of a Primary User who let the time pass."""
    overdue = request.due_on is not None and request.due_on < uk_date(timezone.now())
    return overdue and by.is_staff and by.has_perm("organisations.decide_joinrequest")
