"""Who is to be told that a result changed, or what became of a share: organisations, and the candidate herself."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organisations.models import Organisation
from results.models import Candidate, Result, ResultVersion
from sharing.models.rights import Share
from sharing.querysets import CandidateNoticeQuerySet, OrganisationNoticeQuerySet


class OrganisationNotice(models.Model):
    """A result that the organisation relies on has changed; open until somebody of it says that they have seen it.

    One row for an organisation and version, whether it has a share, a verification or both.  Append-only;
    `acknowledged_at` and `acknowledged_by` are written once.
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="notices", db_index=False)
    result = models.ForeignKey(Result, on_delete=models.PROTECT, related_name="notices", db_index=False)
    version = models.ForeignKey(ResultVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(_("changed at"), default=timezone.now)
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True, blank=True)
    acknowledged_by = models.CharField(_("acknowledged by"), max_length=100, blank=True)

    objects = OrganisationNoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("changed result")
        verbose_name_plural = _("changed results")
        ordering = ["-at", "-id"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["version", "organisation"], name="notice_once_a_version_and_organisation"),
            models.CheckConstraint(
                condition=Q(acknowledged_at=None, acknowledged_by="")
                | (Q(acknowledged_at__isnull=False) & ~Q(acknowledged_by="")),
                name="notice_acknowledged_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "result"], name="notice_open", condition=Q(acknowledged_at=None)),
            models.Index(fields=["result", "organisation"], name="notice_by_result"),
            models.Index(fields=["-at", "-id"], name="notice_latest"),
        ]

    def __str__(self) -> str:
        return f"Notice {self.pk}"


class NoticeType(models.TextChoices):
    """What a candidate is told of."""

    RELEASED = "released", _("A result was released")
    OPENED = "opened", _("A share was opened for the first time")
    EXPIRING = "expiring", _("A share is about to end")
    CHANGED = "changed", _("A result changed")


class NoticeState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    TOLD = "told", _("Told")
    DROPPED = "dropped", _("Not told any more")


class CandidateNotice(models.Model):
    """Something that a candidate is to be told, written in the transaction in which it happened.

    Of a share when it was first opened, once; before each end that it is given, once (`ends_at`); of a version, once.
    `notifications` makes mails of the rows that wait.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="notices")
    type = models.CharField(max_length=10, choices=NoticeType.choices)
    result = models.ForeignKey(Result, on_delete=models.PROTECT, related_name="candidate_notices", db_index=False)
    share = models.ForeignKey(
        Share, on_delete=models.PROTECT, null=True, blank=True, related_name="notices", db_index=False
    )
    version = models.ForeignKey(
        ResultVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    ends_at = models.DateTimeField(null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=NoticeState.choices, default=NoticeState.WAITING)
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = CandidateNoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["share"], condition=Q(type="opened"), name="candidatenotice_share_opened_once"
            ),
            models.UniqueConstraint(
                fields=["share", "ends_at"], condition=Q(type="expiring"), name="candidatenotice_end_once"
            ),
            models.UniqueConstraint(
                fields=["version"], condition=Q(version__isnull=False), name="candidatenotice_version_once"
            ),
            models.CheckConstraint(
                condition=Q(type__in=["released", "changed"], version__isnull=False, share=None, ends_at=None)
                | Q(type="opened", share__isnull=False, version=None, ends_at=None)
                | Q(type="expiring", share__isnull=False, version=None, ends_at__isnull=False),
                name="candidatenotice_says_of_what",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", settled_at=None) | (~Q(state="waiting") & Q(settled_at__isnull=False)),
                name="candidatenotice_settled_when",
            ),
        ]
        indexes = [
            models.Index(fields=["at"], name="candidatenotice_waiting", condition=Q(state="waiting")),
            models.Index(fields=["result"], name="candidatenotice_by_result", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.get_type_display()} ({self.get_state_display()})"


class CandidateWishes(models.Model):
    """What a candidate wants to be told by mail; of changes and of new devices they are always told."""

    candidate = models.OneToOneField(Candidate, on_delete=models.CASCADE, primary_key=True, related_name="wishes")
    released = models.BooleanField(_("a result of mine is released"), default=False)
    opened = models.BooleanField(_("an organisation opens a share of mine for the first time"), default=True)
    expiring = models.BooleanField(_("a share of mine ends in 14 days"), default=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Wishes of {self.candidate_id}"
