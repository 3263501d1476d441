"""Applications of organisations: the queue, and one application with what staff can decide on it."""

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.models import User
from organisations import decisions
from organisations.domains import domain_of
from organisations.models import Decision, Registration, RegistrationState
from organisations.querysets import RegistrationQuerySet
from organisations.staff import similar
from organisations.staff.flag_texts import explained
from organisations.staff.forms import DecisionForm
from organisations.staff.pages import StaffPages, history, viewed
from organisations.staff.texts import texts_for
from organisations.working_days import uk_date
from results.staff.people import names_of

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

A_PAGE: Final = 50
LISTS: Final[dict[str, str | Promise]] = {
    "waiting": gettext_lazy("Wait for you"),
    "overdue": gettext_lazy("Overdue"),
    "applicant": gettext_lazy("Wait for the applicant"),
    "decided": gettext_lazy("Decided"),
}


class Step(NamedTuple):
    """A decision as its page words it."""

    decision: Decision
    title: str | Promise
    label: "_StrPromise"
    hint: "_StrPromise"
    button: str | Promise


STEPS: Final = {
    Decision.APPROVE: Step(
        Decision.APPROVE,
        gettext_lazy("Approve this application?"),
        gettext_lazy("What you checked"),
        gettext_lazy("Stays with the application; the applicant does not see it."),
        gettext_lazy("Approve"),
    ),
    Decision.REJECT: Step(
        Decision.REJECT,
        gettext_lazy("Reject this application?"),
        gettext_lazy("Reason"),
        gettext_lazy("The applicant is sent this text as it stands here."),
        gettext_lazy("Reject and send the reason"),
    ),
    Decision.ASK: Step(
        Decision.ASK,
        gettext_lazy("Ask the applicant for more"),
        gettext_lazy("Question"),
        gettext_lazy("The applicant is sent this text, with a link to the page on which to answer."),
        gettext_lazy("Send the question"),
    ),
}


class RegistrationAdmin(StaffPages):
    """Each decision is one service of organisations/decisions.py with one address; the list decides nothing."""

    templates = "admin/organisations/registration"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        form = require_http_methods(["GET", "HEAD", "POST"])
        page = "organisations_registration"
        return [
            path("", view(require_safe(self.queue_view)), name=f"{page}_changelist"),
            path("<uuid:registration_id>/", view(require_safe(self.application_view)), name=f"{page}_change"),
            path("<uuid:registration_id>/approve/", view(form(self.approve_view)), name=f"{page}_approve"),
            path("<uuid:registration_id>/reject/", view(form(self.reject_view)), name=f"{page}_reject"),
            path("<uuid:registration_id>/ask/", view(form(self.ask_view)), name=f"{page}_ask"),
        ]

    def queue_view(self, request: HttpRequest) -> HttpResponse:
        """What waits, what is due first on top; overdue ones are marked."""
        person = self.require(request, "organisations.view_registration")
        chosen = request.GET.get("list", "waiting")
        if chosen not in LISTS:
            raise Http404
        words = " ".join(request.GET.get("q", "").replace("\0", "").split())
        self.list_viewed(person, searched=bool(words))
        rows = Paginator(_list(chosen).named(words), A_PAGE).get_page(request.GET.get("page"))
        return self.page(
            request,
            "queue",
            title=_("Applications"),
            chosen=chosen,
            tabs=_tabs(chosen),
            words=words,
            rows=[_row(registration) for registration in rows],
            pages=rows,
            today=uk_date(timezone.now()),
        )

    def application_view(self, request: HttpRequest, registration_id: uuid.UUID) -> HttpResponse:
        """Everything that is known of one application."""
        person = self.require(request, "organisations.view_registration")
        registration = _get(registration_id)
        viewed(person, decisions.target(registration))
        registration = decisions.look_again(registration)
        people = names_of({registration.first_approved_by, registration.decided_by} - {""})
        return self.page(
            request,
            "application",
            title=registration.organisation_name,
            registration=registration,
            today=uk_date(timezone.now()),
            flags=explained(registration),
            similar=similar.organisations(registration),
            email_domain=domain_of(registration.email),
            other=similar.applications(registration),
            talk=_talk(registration),
            history=history(decisions.target(registration)),
            first_person=people.get(registration.first_approved_by),
            decider=people.get(registration.decided_by),
            needs_two=decisions.needs_two_people(registration),
            is_first=registration.first_approved_by == audit.user_actor(person),
            open=registration.state in decisions.OPEN,
            may_decide=request.user.has_perm("organisations.decide_registration"),
        )

    def approve_view(self, request: HttpRequest, registration_id: uuid.UUID) -> HttpResponse:
        """Makes the account, or notes the first of two approvals."""
        return self._decide(request, registration_id, STEPS[Decision.APPROVE], _approve)

    def reject_view(self, request: HttpRequest, registration_id: uuid.UUID) -> HttpResponse:
        """Ends the application with a reason."""
        return self._decide(request, registration_id, STEPS[Decision.REJECT], _reject)

    def ask_view(self, request: HttpRequest, registration_id: uuid.UUID) -> HttpResponse:
        """Sends a question."""
        return self._decide(request, registration_id, STEPS[Decision.ASK], _ask)

    def _decide(
        self, request: HttpRequest, registration_id: uuid.UUID, step: Step, take: Callable[..., str]
    ) -> HttpResponse:
        """The page that shows what will happen and asks for the text, and what it sends."""
        person = self.require(request, "organisations.view_registration", "organisations.decide_registration")
        registration = _get(registration_id)
        if request.method == "POST":
            form = DecisionForm(request.POST, label=step.label, hint=step.hint)
            if form.is_valid():
                _take(request, take, registration, person, form.cleaned_data)
                return redirect("admin:organisations_registration_change", registration_id)
        else:
            viewed(person, decisions.target(registration))
            text = texts_for(step.decision).get(request.GET.get("text", ""), "")
            registration = decisions.look_again(registration)
            initial = {"text": text, "seen": decisions.mark(registration)}
            form = DecisionForm(initial=initial, label=step.label, hint=step.hint)
        if registration.state not in decisions.OPEN:
            return redirect("admin:organisations_registration_change", registration_id)
        return self.page(
            request,
            "decide",
            title=step.title,
            step=step,
            registration=registration,
            flags=explained(registration),
            form=form,
            texts=texts_for(step.decision),
            needs_two=decisions.needs_two_people(registration),
        )


def _take(
    request: HttpRequest, take: Callable[..., str], registration: Registration, person: User, data: dict[str, Any]
) -> None:
    try:
        messages.success(request, take(registration=registration, by=person, seen=data["seen"], text=data["text"]))
    except decisions.DecisionError as error:
        messages.error(request, str(error))


def _approve(*, registration: Registration, seen: str, by: User, text: str) -> str:
    if decisions.approve(registration=registration, seen=seen, by=by, reason=text):
        return _("The organisation has its account. Its Primary User was sent the link to set a password.")
    return _("Your approval is noted. Another person must approve this application, too.")


def _reject(*, registration: Registration, seen: str, by: User, text: str) -> str:
    decisions.reject(registration=registration, seen=seen, by=by, reason=text)
    return _("The application is rejected. The applicant was sent your reason.")


def _ask(*, registration: Registration, seen: str, by: User, text: str) -> str:
    decisions.ask_for_more(registration=registration, seen=seen, by=by, question=text)
    return _("Your question was sent. The application waits for the answer.")


def _get(registration_id: uuid.UUID) -> Registration:
    registration = Registration.objects.for_staff().select_related("organisation").filter(pk=registration_id).first()
    if registration is None:
        raise Http404
    return registration


def _list(name: str) -> RegistrationQuerySet:
    applications = Registration.objects.all()
    match name:
        case "overdue":
            return applications.overdue(uk_date(timezone.now()))
        case "applicant":
            return applications.waiting_for_applicant()
        case "decided":
            return applications.decided()
        case _:
            return applications.waiting()


def _tabs(chosen: str) -> list[dict[str, object]]:
    """The lists with how many each holds; decided ones are not counted."""
    queue = reverse("admin:organisations_registration_changelist")
    return [
        {
            "label": label if name == "decided" else f"{label} ({_list(name).count()})",
            "url": f"{queue}?list={name}",
            "current": name == chosen,
        }
        for name, label in LISTS.items()
    ]


def _row(registration: Registration) -> dict[str, object]:
    today = uk_date(timezone.now())
    due_on = registration.due_on if registration.state == RegistrationState.RECEIVED else None
    return {
        "registration": registration,
        "flags": explained(registration),
        "overdue": due_on and due_on < today,
        "due_today": due_on == today,
    }


def _talk(registration: Registration) -> list[tuple[Any, str]]:
    """The conversation with the names of who wrote."""
    talk = list(registration.messages.all())
    people = names_of(message.author for message in talk if message.by_staff)
    applicant = f"{registration.given_name} {registration.family_name}"
    return [(message, people.get(message.author, applicant)) for message in talk]
