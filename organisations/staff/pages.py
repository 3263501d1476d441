"""What staff's own pages about organisations have in common."""

from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts import audit
from accounts.admin import AuditedAdmin
from accounts.models import Action, AuditEvent, User
from results.staff.people import names_of

EVENTS_SHOWN = 50


class Event(NamedTuple):
    """A line of the audit trail as staff read it."""

    event: AuditEvent
    person: str
    former: str = ""
    taker: str = ""


class StaffPages(AuditedAdmin):
    """An admin whose pages are its own: `page` draws one in the frame of the administration."""

    templates = ""
    """The folder of its templates."""

    def require(self, request: HttpRequest, *permissions: str) -> User:
        """The member of staff who asks, if they have these permissions."""
        assert isinstance(request.user, User)  # noqa: S101  (the admin lets only staff in)
        if not request.user.has_perms(permissions):
            raise PermissionDenied
        return request.user

    def list_viewed(self, person: User, *, searched: bool = False) -> None:
        """Leaves the trace that somebody of staff looked at a list of people."""
        detail = {"of": self.opts.model_name, "searched": searched}
        audit.record(actor=audit.user_actor(person), action=Action.LIST_VIEWED, detail=detail)

    def page(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        return TemplateResponse(
            request,
            f"{self.templates}/{template}.html",
            {**self.admin_site.each_context(request), "opts": self.opts, **context},
        )


def viewed(person: User, target: str) -> None:
    """Leaves the trace that somebody of staff opened a page that tells of a person."""
    audit.record(actor=audit.user_actor(person), action=Action.RECORD_VIEWED, target=target)


def history(target: str) -> list[Event]:
    """What happened to one thing, newest first; looks are left out."""
    events = list(audit.events_of(target).exclude(action=Action.RECORD_VIEWED)[:EVENTS_SHOWN])
    others = ("former", "taker")  # of the Primary role
    named = {str(event.detail.get(other, "")) for event in events for other in others}
    people = names_of(named | {event.actor for event in events}) | {"": ""}
    return [
        Event(event, people[event.actor], *(people[str(event.detail.get(other, ""))] for other in others))
        for event in events
    ]
