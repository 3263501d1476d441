"""Reads of sharing's rows, in the product's words."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F, Max, OuterRef, Q, Sum
from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from accounts.models import User
    from organisations.models import Organisation
    from results.models import Candidate, Result
    from sharing.models import (  # noqa: F401  (type parameters)
        Access,
        Announcement,
        CandidateNotice,
        Change,
        Check,
        Note,
        OrganisationNotice,
        Pause,
        Share,
        Verification,
    )


class VerificationQuerySet(models.QuerySet["Verification"]):
    def in_force(self, now: datetime) -> "VerificationQuerySet":
        """Verifications that still give their organisation the right to the result."""
        return self.filter(right_until__gt=now)

    def recent(self, now: datetime, limit: int = 20) -> "VerificationQuerySet":
        """The latest ones in force, with what a list shows of them."""
        return self.in_force(now).select_related("result__current").order_by("-last_made_at")[:limit]


class ShareQuerySet(models.QuerySet["Share"]):
    def in_force(self, now: datetime) -> "ShareQuerySet":
        """Shares that give their organisation the right to the result."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), ended_at=None)

    def of_owner(self, user: "User") -> "ShareQuerySet":
        """Shares of results that are in this person's account today, whoever made them."""
        return self.filter(result__claim__candidate=user.pk)

    def due(self, now: datetime) -> "ShareQuerySet":
        """Shares whose time is over, which nobody has written down yet."""
        return self.filter(ended_at=None, expires_at__lte=now)


class ChangeQuerySet(models.QuerySet["Change"]):
    def after(self, position: int) -> "ChangeQuerySet":
        """What readers who have read up to `position` have not read yet, in order."""
        return self.filter(position__gt=position).order_by("position")


class OrganisationNoticeQuerySet(models.QuerySet["OrganisationNotice"]):
    def open(self) -> "OrganisationNoticeQuerySet":
        """Of changes that nobody of the organisation has acknowledged."""
        return self.filter(acknowledged_at=None)

    def since(self, version_seen: str) -> "OrganisationNoticeQuerySet":
        """For a subquery: the open ones of a right's result after the version with which the right began."""
        return self.open().filter(
            organisation=OuterRef("organisation"), result=OuterRef("result"), version_id__gt=OuterRef(version_seen)
        )


class CandidateNoticeQuerySet(models.QuerySet["CandidateNotice"]):
    def waiting(self) -> "CandidateNoticeQuerySet":
        """What the candidate is still to be told, the oldest first."""
        return self.filter(state="waiting").order_by("at")


class AccessQuerySet(models.QuerySet["Access"]):
    def of_result(self, result: "Result") -> "AccessQuerySet":
        """Who took this result in, the latest first."""
        accesses = self._through_rights(result=result)
        return accesses.select_related("verification__organisation", "share__organisation", "version").order_by(
            "-last_at"
        )

    def of_candidate(self, candidate: "Candidate") -> "models.QuerySet[Access, Any]":
        """What a candidate learns of who looked at their results, the latest first: the organisation, not its people.

        Rows with `day`, `channel`, `result_id`, `organisation_id`, `organisation_name`, `by_share` (otherwise by
        number), `version_number`, `times` and `latest_at`.
        """
        right = {
            name: Coalesce(F(f"share__{path}"), F(f"verification__{path}"))
            for name, path in {
                "result_id": "result_id",
                "organisation_id": "organisation_id",
                "organisation_name": "organisation__name",
            }.items()
        }
        looks = self._through_rights(result__claim__candidate=candidate).values(
            "day", "channel", **right, by_share=Q(share__isnull=False), version_number=F("version__number")
        )
        return looks.annotate(times=Sum("count"), latest_at=Max("last_at")).order_by("-latest_at")

    def _through_rights(self, **right: object) -> "AccessQuerySet":
        """Two searches by index put together; one with "or" would read the whole table."""
        by_share = self.filter(**{f"share__{path}": value for path, value in right.items()})
        by_number = self.filter(**{f"verification__{path}": value for path, value in right.items()})
        return self.filter(pk__in=by_share.values("pk").union(by_number.values("pk"), all=True))


class NoteQuerySet(models.QuerySet["Note"]):
    def about(self, share: "Share") -> "NoteQuerySet":
        """What an organisation wrote about a result, also when it was shared with it before."""
        return self.filter(share__organisation=share.organisation_id, share__result=share.result_id)

    def by(self, author: str) -> "NoteQuerySet":
        return self.filter(author=author)


class CheckQuerySet(models.QuerySet["Check"]):
    def misses_since(self, moment: datetime) -> "CheckQuerySet":
        return self.filter(outcome="miss", at__gt=moment)


class AnnouncementQuerySet(models.QuerySet["Announcement"]):
    def to_come(self) -> int:
        """Checks that were announced and have not been made."""
        return int(self.filter(ended_at=None).aggregate(sum=Coalesce(Sum("to_come"), 0))["sum"])

    def counting(self, since: datetime) -> int:
        """Checks of lists that go on, or ended after this moment: those made, and those to come."""
        lists = self.filter(Q(ended_at=None) | Q(ended_at__gt=since))
        return int(lists.aggregate(sum=Coalesce(Sum(F("made") + F("to_come")), 0))["sum"])


class PauseQuerySet(models.QuerySet["Pause"]):
    def running(self, now: datetime) -> "PauseQuerySet":
        return self.filter(lifted_at=None, until__gt=now)

    def of_everything(self) -> "PauseQuerySet":
        """Pauses that end every check of their organisation."""
        return self.filter(scope="organisation")

    def touching(self, *, organisation: "Organisation", actor: str, number_digest: bytes) -> "PauseQuerySet":
        """Pauses that may end this check: by the user, the organisation or the number."""
        return self.filter(
            Q(scope="user", actor=actor)
            | Q(scope="organisation", organisation=organisation)
            | Q(scope="number", organisation=organisation, number_digest=number_digest)
            | Q(scope="everywhere", number_digest=number_digest)
        )
