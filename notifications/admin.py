"""Staff's view of changed results: whom each concerns, who was told when, and who acknowledged."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.admin import AuditedAdmin, actor
from accounts.models import Action
from accounts.spreadsheets import plain
from notifications.changed_results import Told, told_of
from notifications.models import Webhook
from notifications.webhooks.staff import WebhookAdmin
from results.staff.people import names_of
from sharing.door import kinds_of
from sharing.models import OrganisationNotice

admin.site.register(Webhook, WebhookAdmin)

HEADINGS: Final = (
    "Changed at (UTC)", "Kinds of change", "Reference number", "Organisation", "Told (name, state, sent at in UTC)",
    "Acknowledged at (UTC)", "Acknowledged by",
)  # fmt: skip


class AcknowledgedFilter(admin.SimpleListFilter):
    title = _("acknowledged")
    parameter_name = "acknowledged"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in {"yes", "no"}:
            return queryset.filter(acknowledged_at__isnull=self.value() == "no")
        return queryset


@admin.register(OrganisationNotice)
class OrganisationNoticeAdmin(AuditedAdmin):
    """One line for each organisation that relies on a result which changed.  It names no candidate."""

    list_display = ("at", "organisation", "reference_number", "kinds", "first_told", "acknowledged_at", "acknowledger")
    list_filter = (AcknowledgedFilter, "at")
    list_select_related = ("organisation", "result")
    search_fields = ("organisation__name",)
    search_help_text = _("Name of the organisation")
    fields = ("at", "organisation", "reference_number", "kinds", "told", "acknowledged_at", "acknowledger")
    readonly_fields = ("reference_number", "kinds", "told", "acknowledger")
    actions = ("export",)
    show_full_result_count = False

    @admin.display(description=_("reference number"))
    def reference_number(self, notice: OrganisationNotice) -> str:
        return notice.result.reference_number

    @admin.display(description=_("kinds of change"))
    def kinds(self, notice: OrganisationNotice) -> str:
        return _facts_of(notice).kinds

    @admin.display(description=_("first told"))
    def first_told(self, notice: OrganisationNotice) -> str:
        told = _facts_of(notice).told
        sent = min((each.sent_at for each in told if each.sent_at), default=None)
        if sent:
            return date_format(timezone.localtime(sent), "DATETIME_FORMAT")
        return str(_("On its way") if told else _("Nobody yet"))

    @admin.display(description=_("who was told"))
    def told(self, notice: OrganisationNotice) -> str:
        rows = ((_told(each),) for each in _facts_of(notice).told)
        return format_html_join("", "<div>{}</div>", rows) or str(_("Nobody yet"))

    @admin.display(description=_("acknowledged by"))
    def acknowledger(self, notice: OrganisationNotice) -> str:
        return _facts_of(notice).acknowledger or "–"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return _List

    @admin.action(description=_("Export as CSV"))
    def export(self, request: HttpRequest, queryset: QuerySet[OrganisationNotice]) -> HttpResponse:
        """The chosen lines as a file."""
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="changed-results.csv"'
        response.write("\ufeff")
        writer = csv.writer(response)
        writer.writerow(HEADINGS)
        for row in _lines(list(queryset.select_related("organisation", "result"))):
            writer.writerow(map(plain, row))
        detail = {"of": self.opts.model_name, "exported": True}
        audit.record(actor=actor(request), action=Action.LIST_VIEWED, detail=detail)
        return response


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is told of a notice besides its own row."""

    kinds: str
    told: list[Told]
    acknowledger: str


def _facts(notices: Sequence[OrganisationNotice]) -> dict[int, _Facts]:
    """Of many notices with a fixed number of queries."""
    kinds, told = kinds_of(notice.version_id for notice in notices), told_of(notices)
    people = names_of(notice.acknowledged_by for notice in notices if notice.acknowledged_by)
    return {
        notice.pk: _Facts(
            ", ".join(str(kind.label) for kind in kinds[notice.version_id]),
            told[notice.pk],
            people.get(notice.acknowledged_by, ""),
        )
        for notice in notices
    }


class _List(ChangeList):
    """Finds out about a whole page at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        facts = _facts(self.result_list)
        for notice in self.result_list:
            notice.facts = facts[notice.pk]


def _facts_of(notice: OrganisationNotice) -> _Facts:
    found: _Facts | None = getattr(notice, "facts", None)
    return found or _facts([notice])[notice.pk]


def _told(told: Told) -> str:
    when = f"{told.sent_at:%Y-%m-%d %H:%M}" if told.sent_at else "–"
    return f"{told.name} ({told.state or '?'}, {when})"


def _lines(notices: Sequence[OrganisationNotice]) -> Iterator[tuple[str, ...]]:
    facts = _facts(notices)
    for notice in notices:
        yield (
            f"{notice.at:%Y-%m-%d %H:%M}",
            facts[notice.pk].kinds,
            notice.result.reference_number,
            notice.organisation.name,
            "; ".join(map(_told, facts[notice.pk].told)),
            f"{notice.acknowledged_at:%Y-%m-%d %H:%M}" if notice.acknowledged_at else "",
            facts[notice.pk].acknowledger,
        )
