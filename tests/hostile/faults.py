"""Faults in different places of the service, with words of people in them."""

from collections.abc import Callable
from typing import Final

from django.db import IntegrityError

CULPRITS: Final = (
    "sharing.door.check_by_number", "sharing.door.recent_verifications", "sharing.limits.attempt",
    "sharing.views.render", "sharing.door.opening.describe", "accounts.audit.record",
    "django.template.base.Template.render", "rvs.pages.render",
    "django.contrib.sessions.backends.db.SessionStore.load", "results.codes.standing", "accounts.throttle.take",
    "django.db.models.query.QuerySet.get", "accounts.adapter.AccountAdapter.authenticate", "results.views.render",
    "organisations.middleware.MembershipMiddleware.__call__", "django.contrib.admin.options.ModelAdmin.changelist_view",
    "accounts.outbox.OutboxBackend.send_messages",
)  # fmt: skip
FAULTS: Final[tuple[Callable[[str], Exception], ...]] = (
    ValueError, KeyError, OSError, RuntimeError, LookupError,
    lambda word: IntegrityError(f'duplicate key value\nDETAIL:  Key (email)=({word}) already exists.'),
    lambda word: UnicodeDecodeError("utf-8", word.encode(), 0, 1, word),
)  # fmt: skip
