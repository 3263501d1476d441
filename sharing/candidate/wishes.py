"""Which mails a candidate wants, and the link in each of them that stops its kind."""

from collections.abc import Mapping
from typing import Final

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse

from accounts import audit
from accounts.models import Action, User
from results.models import Candidate
from sharing.models import CandidateWishes, NoticeType

OPTIONAL: Final = (NoticeType.RELEASED, NoticeType.OPENED, NoticeType.EXPIRING)
"""Each is a field of the wishes; of changes candidates are always told."""
_SALT: Final = "sharing.candidate.wishes"


def of(user: User) -> CandidateWishes | None:
    """What this person wants, or what everybody gets who has not chosen; None if they are no candidate."""
    candidate = Candidate.objects.select_related("wishes").filter(pk=user.pk).first()
    return of_candidate(candidate) if candidate else None


def of_candidate(candidate: Candidate) -> CandidateWishes:
    found: CandidateWishes | None = getattr(candidate, "wishes", None)
    return found or CandidateWishes(candidate=candidate)


@transaction.atomic
def choose(*, user: User, wanted: Mapping[NoticeType, bool]) -> None:
    """Keep which of the optional mails the person wants; what is not named stays as it is."""
    if not Candidate.objects.select_for_update().filter(pk=user.pk).exists():
        return
    fields = {kind.value: wish for kind, wish in wanted.items()}
    CandidateWishes.objects.update_or_create(candidate_id=user.pk, defaults=fields)
    actor = audit.user_actor(user)
    audit.record(actor=actor, action=Action.CANDIDATE_MAILS_CHOSEN, target=actor, detail=fields)


def stop_address(user: User, kind: NoticeType) -> str:
    """Of the page, and for mail programs (RFC 8058): no more mails of this kind, without logging in."""
    token = signing.dumps([user.pk.hex, kind.value], salt=_SALT)
    return f"{settings.PUBLIC_BASE_URL}{reverse('candidate:stop_notices', args=[token])}"


def open_link(token: str) -> tuple[User, NoticeType] | None:
    """Whose mails of which kind a link stops; None if it is broken, or there is no such candidate any more."""
    try:
        person, kind = signing.loads(token, salt=_SALT)
        found = Candidate.objects.select_related("user").filter(pk=person).first()
        return (found.user, NoticeType(kind)) if found else None
    except (signing.BadSignature, ValueError, TypeError):
        return None
