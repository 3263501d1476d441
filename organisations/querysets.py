"""Reads of organisations' rows, in the product's words."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Lower

from accounts.mfa import STEPS
from accounts.models import RefusedAddress

if TYPE_CHECKING:
    from organisations.models import ApiClient, JoinRequest, Membership, NameChange, Registration  # noqa: F401  (type parameters)

PENDING = Q(invited_at__isnull=False, accepted_at=None)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def pending(self) -> "MembershipQuerySet":
        """Invited, and not accepted yet."""
        return self.filter(PENDING)

    def in_force(self) -> "MembershipQuerySet":
        """Gives its person rights today."""
        return self.filter(is_active=True).exclude(PENDING)

    def matching(self, words: str) -> "MembershipQuerySet":
        """Whose name or e-mail address, as the list shows them, has every one of these words in it."""
        found = self
        for word in words.split():
            invited = PENDING & (Q(given_name__icontains=word) | Q(family_name__icontains=word))
            others = ~PENDING & (Q(user__given_name__icontains=word) | Q(user__family_name__icontains=word))
            found = found.filter(invited | others | Q(user__email__icontains=word))
        return found

    def with_second_step(self) -> "MembershipQuerySet":
        """Annotated with `has_second_step`."""
        steps = Authenticator.objects.filter(user=OuterRef("user"), type__in=STEPS)
        return self.annotate(has_second_step=Exists(steps))

    def with_mail_state(self) -> "MembershipQuerySet":
        """Annotated with `mail_comes_back`: whether the address is suspended."""
        suspended = RefusedAddress.objects.suspended().filter(email=OuterRef("user__email"))
        return self.annotate(mail_comes_back=Exists(suspended))

    def without_second_step(self) -> "MembershipQuerySet":
        return self.exclude(user__in=Authenticator.objects.filter(type__in=STEPS).values("user"))

    def in_order(self) -> "MembershipQuerySet":
        """As the list of users shows them, with their people: the Primary User, then by family name."""
        name = Case(When(PENDING, then=F("family_name")), default=F("user__family_name"))
        return self.select_related("user").order_by(
            Case(When(role="primary", then=Value(0)), default=Value(1)), Lower(name), "pk"
        )


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def for_staff(self) -> "RegistrationQuerySet":
        """Applications that staff may see: those whose e-mail address was confirmed."""
        return self.exclude(state="unconfirmed")

    def unconfirmed(self) -> "RegistrationQuerySet":
        """Applications whose e-mail address nobody has confirmed."""
        return self.filter(state="unconfirmed")

    def open(self) -> "RegistrationQuerySet":
        """Applications that nobody has decided on."""
        return self.filter(state__in=["received", "more_information"])

    def waiting(self) -> "RegistrationQuerySet":
        """Applications that wait for staff, the first due on top."""
        return self.filter(state="received").order_by("due_on", "confirmed_at")

    def waiting_for_applicant(self) -> "RegistrationQuerySet":
        return self.filter(state="more_information").order_by("due_on", "confirmed_at")

    def decided(self) -> "RegistrationQuerySet":
        return self.filter(state__in=["approved", "rejected"]).order_by("-decided_at")

    def overdue(self, today: date) -> "RegistrationQuerySet":
        """Applications that should have been answered before today."""
        return self.waiting().filter(due_on__lt=today)

    def named(self, words: str) -> "RegistrationQuerySet":
        """Those with this reference, or with these words in the organisation's name; no words: all."""
        return self.filter(Q(organisation_name__icontains=words) | Q(reference__iexact=words))


class JoinRequestQuerySet(models.QuerySet["JoinRequest"]):
    def waiting(self) -> "JoinRequestQuerySet":
        """Requests that the Primary User should answer."""
        return self.filter(state="waiting")

    def overdue(self, today: date) -> "JoinRequestQuerySet":
        """Requests that the Primary User has not answered in time, and so staff's as well."""
        return self.waiting().filter(due_on__lt=today).order_by("due_on", "confirmed_at")


class NameChangeQuerySet(models.QuerySet["NameChange"]):
    def waiting(self) -> "NameChangeQuerySet":
        """Requests that staff have not answered, the oldest first."""
        return self.filter(decided_at=None).order_by("asked_at")


class ApiClientQuerySet(models.QuerySet["ApiClient"]):
    def live(self, now: datetime) -> "ApiClientQuerySet":
        """Open the door today, if the organisation's own is open."""
        return self.filter(revoked_at=None, expires_at__gt=now)

    def to_warn_of(self, now: datetime, by: datetime) -> "ApiClientQuerySet":
        """Live ones of active organisations that expire until `by`."""
        return self.live(now).filter(expires_at__lte=by, organisation__state="active")
