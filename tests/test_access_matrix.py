"""Every address times every persona: who gets what.  An address that nobody listed here fails the test."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts.models import Action, AuditEvent, Mail, RefusedAddress, User
from organisations.models import Organisation, ReasonText, Role
from results import photos
from results.models import Result
from rvs.sample_photos import drawn_photo
from sharing import door
from sharing.models import Note, OrganisationInvitation, Pause
from tests.factories import (
    make_api_client,
    make_batch,
    make_claim,
    make_download,
    make_import,
    make_join_request,
    make_look,
    make_member,
    make_organisation,
    make_registration,
    make_result,
    make_share,
    make_user,
    make_webhook,
)

pytestmark = pytest.mark.django_db

PERSONAS: Final = ("anonymous", "candidate", "verifier", "primary", "outsider", "suspended", "staff")
"""`verifier` and `primary` belong to the organisation whose ids stand in the addresses, `outsider` to another one,
`suspended` to one that is suspended; `staff` may do everything that the admin offers."""

# What a persona gets: a status; `login`, a redirect to a log-in door that leads back; or `→` and where it leads.
# One word: the same for everybody.  Otherwise one word for each persona, in the order above.  First GET, then POST.
READ_ONLY: Final = "405"
PROGRAMS: Final = "401"
"""Whoever has no client of the API is nobody there (tests/sharing/api/ shows who has one)."""
MEMBERS: Final = "login 403 200 200 200 403 403"
OWN: Final = "login 403 200 200 404 403 403"
TO_THE_LIST: Final = "login 403 →/shared-results/ →/shared-results/ →/shared-results/ 403 403"
NO_POST: Final = "login 405 405 405 405 405 405"
ONCE_LOGGED_IN: Final = "→/ →/ →/ →/ →/ →/"


def members(outcome: str) -> str:
    """Every user of an active organisation gets the same, on their own organisation's page."""
    return f"login 403 {outcome} {outcome} {outcome} 403 403"


def primary(outcome: str) -> str:
    """Only the Primary User."""
    return f"login 403 403 {outcome} 403 403 403"


def everybody(outcome: str) -> str:
    """Whoever is logged in gets the same."""
    return "login" + f" {outcome}" * 6


def staff(outcome: str) -> str:
    """Nobody but staff: the admin sends everybody else to its log-in, which refuses who is logged in (see there)."""
    return f"login login login login login login {outcome}"


def candidate(outcome: str) -> str:
    """Only the candidate whose result or share it is; nobody else learns that there is one."""
    return f"login {outcome} 404 404 404 404 404"


PRIMARY: Final = primary("200")
ASKED_AGAIN: Final = everybody("→/account/confirm/")
"""A sensitive change: who is there must be proved once more."""
THEIRS: Final = candidate("200")
ONCE_CANDIDATE: Final = " ".join(["→/candidate/results/add/"] * 6)

# Rows that addresses lead back to.
JOB: Final = "00000000-0000-4000-8000-0000000000a1"
LOOK: Final = "00000000-0000-4000-8000-0000000000a2"
MAIL: Final = "3b0f0c6e-5d43-4d26-9f7e-0a4b6f6f9f31"
CLAIM: Final = "00000000-0000-4000-8000-0000000000a3"
SHARE: Final = "00000000-0000-4000-8000-0000000000a4"
DOWNLOAD: Final = "00000000-0000-4000-8000-0000000000a5"
BATCH: Final = "00000000-0000-4000-8000-0000000000a6"
WEBHOOK: Final = "00000000-0000-4000-8000-0000000000a7"
MESSAGE: Final = "00000000-0000-4000-8000-0000000000a8"
OF_WEBHOOK: Final = f"→/organisation/webhooks/{WEBHOOK}/"
OF_BATCH: Final = f"login 403 →/downloads/batch-check/{BATCH}/ →/downloads/batch-check/{BATCH}/ 404 403 403"
OF_DOWNLOAD: Final = f"login 403 →/downloads/{DOWNLOAD}/ →/downloads/{DOWNLOAD}/ 404 403 403"

MATRIX: Final[dict[str, tuple[str, str]]] = {
    "": ("200 →/candidate/ →/shared-results/ →/shared-results/ →/shared-results/ →/shared-results/ →/admin/",
         READ_ONLY),
    "verifiers": ("→/", "→/"),
    "register/": ("200", "200"),
    "register/sent/": ("200", READ_ONLY),
    "register/link/": ("200", "200"),
    "register/confirm/<str:token>/": ("404", "404"),
    "register/application/<str:token>/": ("404", READ_ONLY),
    "register/application/<str:token>/answer/": (READ_ONLY, "404"),
    "register/join/": ("200", "200"),
    "register/join/sent/": ("200", READ_ONLY),
    "register/join/confirm/<str:token>/": ("404", "404"),
    "register/student/": ("200", READ_ONLY),
    "help/": ("200", READ_ONLY),
    "help/<slug:slug>/": ("200", READ_ONLY),
    "accessibility/": ("200", READ_ONLY),
    "privacy/": ("200", READ_ONLY),
    "livez": ("200", READ_ONLY),
    "readyz": ("200", READ_ONLY),
    "check/": ("200", "200"),
    "check/<str:code>/": ("404", READ_ONLY),
    "login/": (f"200 {ONCE_LOGGED_IN}", f"200 {ONCE_LOGGED_IN}"),
    "logout/": ("→/login/ 200 200 200 200 200 200", "→/login/"),
    "login/passkey/": (f"→/login/ {ONCE_LOGGED_IN}", f"→/login/ {ONCE_LOGGED_IN}"),
    "login/second-step/": (f"→/login/ {ONCE_LOGGED_IN}", f"→/login/ {ONCE_LOGGED_IN}"),
    "account/inactive/": ("200", READ_ONLY),
    "account/": (everybody("200"), NO_POST),
    "account/details/": (everybody("200"), everybody("200")),
    "account/events/": (everybody("200"), NO_POST),
    "account/sessions/": (everybody("200"), NO_POST),
    "account/sessions/<uuid:session_id>/end/": (NO_POST, everybody("404")),
    "account/sessions/end-others/": (NO_POST, everybody("→/account/sessions/")),
    "account/session/": ("200", "200"),
    "account/password/": (everybody("200"), everybody("200")),
    "account/email/": (ASKED_AGAIN, ASKED_AGAIN),
    "account/email/cancel/": (NO_POST, everybody("→/account/")),
    "account/email/confirm/<str:token>/": ("404", "404"),
    "account/address/ask/": (NO_POST, everybody("→/account/")),
    "account/address/confirm/<str:token>/": ("404", "404"),
    "account/email/confirm/<str:token>/refuse/": (READ_ONLY, "404"),
    "account/confirm/": (everybody("200"), everybody("200")),
    "account/confirm/code/": (ASKED_AGAIN, ASKED_AGAIN),
    "account/confirm/passkey/": (ASKED_AGAIN, ASKED_AGAIN),
    "account/second-step/": (everybody("200"), NO_POST),
    "account/second-step/app/": (ASKED_AGAIN, ASKED_AGAIN),
    "account/second-step/app/remove/": (everybody("404"), everybody("404")),
    "account/second-step/codes/": (everybody("404"), NO_POST),
    "account/second-step/codes/new/": (ASKED_AGAIN, ASKED_AGAIN),
    "account/second-step/codes/file/": (everybody("404"), everybody("404")),
    "account/second-step/passkeys/": (everybody("200"), NO_POST),
    "account/second-step/passkeys/add/": (ASKED_AGAIN, ASKED_AGAIN),
    "account/second-step/passkeys/<int:pk>/rename/": (ASKED_AGAIN, ASKED_AGAIN),
    "account/second-step/passkeys/<int:pk>/remove/": (ASKED_AGAIN, ASKED_AGAIN),
    "password/reset/": ("200", "200"),
    "password/reset/done/": ("200", READ_ONLY),
    "^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": ("200", "200"),
    "password/reset/key/done/": ("200", READ_ONLY),
    "candidate/": (everybody("200"), NO_POST),
    "candidate/register/": (f"200 {ONCE_CANDIDATE}", f"200 {ONCE_CANDIDATE}"),
    "candidate/register/sent/": ("200", READ_ONLY),
    "candidate/register/confirm/<str:token>/": ("404", "404"),
    "candidate/data/": (everybody("200"), NO_POST),
    "candidate/data/my-data.json": (ASKED_AGAIN, NO_POST),
    "candidate/data/my-data.html": (ASKED_AGAIN, NO_POST),
    "candidate/share/<slug:slug>": ("200", everybody("200")),
    "candidate/share/<slug:slug>/send/": (NO_POST, everybody("200")),
    "candidate/shares/": (everybody("200"), NO_POST),
    "candidate/shares/new/": (candidate("→/candidate/shares/new/organisation/").replace("404", "200"), NO_POST),
    "candidate/shares/new/organisation/": (everybody("→/candidate/shares/new/"), NO_POST),
    "candidate/shares/new/invite/": (everybody("200"), everybody("200")),
    "candidate/shares/<uuid:share_id>/": (THEIRS, NO_POST),
    "candidate/shares/<uuid:share_id>/withdraw/": (THEIRS, candidate("→/candidate/shares/")),
    "candidate/shares/<uuid:share_id>/end/": (THEIRS, candidate("200")),
    "candidate/notices/": (everybody("200"), candidate("→/candidate/notices/").replace("404", "200")),
    "candidate/notices/released/": (NO_POST, everybody("→/candidate/")),
    "candidate/notices/stop/<str:token>/": ("404", "404"),
    "candidate/activity/": (everybody("200"), NO_POST),
    "candidate/close/": (ASKED_AGAIN, ASKED_AGAIN),
    "candidate/closed/": ("200", READ_ONLY),
    "candidate/results/": (everybody("→/candidate/"), everybody("→/candidate/")),
    "candidate/results/add/": (everybody("200"), everybody("200")),
    "candidate/results/<uuid:claim_id>/": (THEIRS, NO_POST),
    "candidate/results/<uuid:claim_id>/statement.pdf": (THEIRS, NO_POST),
    "candidate/results/<uuid:claim_id>/photo": (THEIRS, NO_POST),
    "candidate/results/<uuid:claim_id>/photo/hide/": (NO_POST, candidate(f"→/candidate/results/{CLAIM}/")),
    "candidate/results/<uuid:claim_id>/photo/show/": (NO_POST, candidate(f"→/candidate/results/{CLAIM}/")),
    "shared-results/": (MEMBERS, TO_THE_LIST),
    "shared-results/mark-read/": (NO_POST, TO_THE_LIST),
    "shared-results/mark-all-read/": (NO_POST, TO_THE_LIST),
    "shared-results/<uuid:share_id>/": (OWN, NO_POST),
    "shared-results/<uuid:share_id>/statement.pdf": (OWN, NO_POST),
    "shared-results/<uuid:share_id>/photo": (OWN, NO_POST),
    "shared-results/<uuid:share_id>/notes/": (NO_POST, OWN),
    "shared-results/<uuid:share_id>/notes/<uuid:note_id>/delete/": (
        NO_POST, f"login 403 →/shared-results/{SHARE}/#notes 404 404 403 403"),
    "shared-results/<uuid:share_id>/acknowledge/": (NO_POST, "login 403 404 404 404 403 403"),
    "candidate-search/<uuid:verification_id>/acknowledge/": (NO_POST, "login 403 404 404 404 403 403"),
    "downloads/": (MEMBERS, NO_POST),
    "downloads/ask/": (NO_POST, TO_THE_LIST),
    "downloads/<uuid:download_id>/": (OWN, NO_POST),
    "downloads/<uuid:download_id>/file": (OWN, NO_POST),
    "downloads/<uuid:download_id>/again/": (NO_POST, OWN),
    "downloads/<uuid:download_id>/cancel/": (NO_POST, OF_DOWNLOAD),
    "downloads/<uuid:download_id>/mail/": (NO_POST, OF_DOWNLOAD),
    "downloads/<uuid:download_id>/colleagues/": (NO_POST, OF_DOWNLOAD),
    "downloads/batch-check/": (MEMBERS, NO_POST),
    "downloads/batch-check/upload/": (NO_POST, MEMBERS),
    "downloads/batch-check/<uuid:batch_id>/": (OWN, NO_POST),
    "downloads/batch-check/<uuid:batch_id>/columns/": (OF_BATCH, OF_BATCH),
    "downloads/batch-check/<uuid:batch_id>/answer.csv": (OWN, NO_POST),
    "downloads/batch-check/<uuid:batch_id>/answer.xlsx": (OWN, NO_POST),
    "downloads/batch-check/<uuid:batch_id>/cancel/": (NO_POST, OF_BATCH),
    "downloads/batch-check/<uuid:batch_id>/go-on/": (NO_POST, OF_BATCH),
    "downloads/batch-check/<uuid:batch_id>/delete/": (NO_POST, OF_BATCH),
    "downloads/templates/": (MEMBERS, NO_POST),
    "downloads/templates/new/": (MEMBERS, MEMBERS),
    "downloads/templates/<uuid:template_id>/": (OWN, NO_POST),
    "downloads/templates/<uuid:template_id>/edit/": (OWN, OWN),
    "downloads/templates/<uuid:template_id>/delete/": (
        OWN, "login 403 →/downloads/templates/ →/downloads/templates/ 404 403 403"),
    "email-notifications/": (MEMBERS, NO_POST),
    "email-notifications/edit/": (MEMBERS, MEMBERS),
    "email-notifications/keep/": (NO_POST, members("→/email-notifications/")),
    "email-notifications/names/": (NO_POST, primary("→/email-notifications/")),
    "email-notifications/unsubscribe/<str:token>/": ("404", "404"),
    "organisation/": (MEMBERS, NO_POST),
    "organisation/edit/": (PRIMARY, PRIMARY),
    "organisation/name/": (PRIMARY, PRIMARY),
    "organisation/share-code.svg": (MEMBERS, NO_POST),
    "organisation/exams/": (MEMBERS, NO_POST),
    "organisation/exams/choose/": (PRIMARY, PRIMARY),
    "organisation/exams/<slug:code>/": (primary("404"), primary("404")),
    "organisation/api/": (MEMBERS, NO_POST),
    "organisation/api/create/": (primary("→/account/confirm/"), primary("→/account/confirm/")),
    "organisation/api/<uuid:client_id>/": (primary("→/account/confirm/"), primary("→/account/confirm/")),
    "organisation/api/<uuid:client_id>/revoke/": (PRIMARY, primary("→/organisation/api/")),
    "organisation/webhooks/": (MEMBERS, NO_POST),
    "organisation/webhooks/create/": (primary("→/account/confirm/"), primary("→/account/confirm/")),
    "organisation/webhooks/<uuid:webhook_id>/": (OWN, NO_POST),
    "organisation/webhooks/<uuid:webhook_id>/edit/": (primary("→/account/confirm/"), primary("→/account/confirm/")),
    "organisation/webhooks/<uuid:webhook_id>/secret/": (primary("→/account/confirm/"), primary("→/account/confirm/")),
    "organisation/webhooks/<uuid:webhook_id>/test/": (NO_POST, primary(f"{OF_WEBHOOK}messages/NEW/")),
    "organisation/webhooks/<uuid:webhook_id>/switch-off/": (NO_POST, primary(OF_WEBHOOK)),
    "organisation/webhooks/<uuid:webhook_id>/switch-on/": (NO_POST, primary(OF_WEBHOOK)),
    "organisation/webhooks/<uuid:webhook_id>/send-again/": (NO_POST, primary(OF_WEBHOOK)),
    "organisation/webhooks/<uuid:webhook_id>/messages/<uuid:message_id>/": (OWN, NO_POST),
    "organisation/webhooks/<uuid:webhook_id>/messages/<uuid:message_id>/send-again/": (
        NO_POST, primary(f"{OF_WEBHOOK}messages/{MESSAGE}/")),
    "organisation/webhooks/<uuid:webhook_id>/delete/": (PRIMARY, primary("→/organisation/webhooks/")),
    "organisation/activity/": (MEMBERS, NO_POST),
    "organisation/activity/activity.csv": (MEMBERS, NO_POST),
    "organisation/security/": (MEMBERS, NO_POST),
    "organisation/security/edit/": (PRIMARY, PRIMARY),
    "organisation/users/": (MEMBERS, NO_POST),
    "organisation/users/add/": (PRIMARY, PRIMARY),
    "organisation/users/hand-over/": (primary("→/account/confirm/"), primary("→/account/confirm/")),
    "organisation/users/hand-over/accept/": (members("→/account/confirm/"), members("→/account/confirm/")),
    "organisation/users/hand-over/end/": (NO_POST, members("→/organisation/users/")),
    "organisation/users/requests/<uuid:request_id>/accept/": (NO_POST, primary("→/organisation/users/")),
    "organisation/users/requests/<uuid:request_id>/decline/": (NO_POST, primary("→/organisation/users/")),
    "organisation/users/<uuid:member_id>/": (PRIMARY, PRIMARY),
    "organisation/users/<uuid:member_id>/resend/": (NO_POST, primary("→/organisation/users/")),
    "organisation/users/<uuid:member_id>/deactivate/": (NO_POST, primary("→/organisation/users/")),
    "organisation/users/<uuid:member_id>/reactivate/": (NO_POST, primary("→/organisation/users/")),
    "organisation/users/<uuid:member_id>/delete/": (PRIMARY, primary("→/organisation/users/")),
    "invitation/<str:token>/": ("404", "404"),
    "oauth/token/": (READ_ONLY, "401"),
    **{
        f"api/v1/{call}": (PROGRAMS, READ_ONLY)
        for call in (
            "shares", "shares/<uuid:share_id>", "shares/<uuid:share_id>/statement.pdf", "shares/<uuid:share_id>/photo",
            "changes", "verifications/<uuid:verification_id>", "verifications/<uuid:verification_id>/statement.pdf",
        )
    },
    "api/v1/verifications": (READ_ONLY, PROGRAMS),
    "ce/v1/result-verification": (PROGRAMS, READ_ONLY),
    "api/v1/openapi.json": ("200", READ_ONLY),
    "api/docs": ("200", READ_ONLY),
    "candidate-search/": (MEMBERS, MEMBERS),
    "candidate-search/<uuid:verification_id>/": (OWN, NO_POST),
    "candidate-search/<uuid:verification_id>/statement.pdf": (OWN, NO_POST),
    "candidate-search/<uuid:verification_id>/photo": (OWN, NO_POST),
    "admin/": (staff("200"), staff("200")),
    "admin/login/": ("login 403 403 403 403 403 →/admin/", "login 403 403 403 403 403 200"),
    "admin/logout/": ("→/admin/ →/admin/ →/admin/ →/admin/ →/admin/ →/admin/ 200",
                      "→/admin/ →/admin/ →/admin/ →/admin/ →/admin/ →/admin/ →/login/"),
    "admin/password_change/": (staff("→/account/password/"), staff("→/account/password/")),
    "admin/password_change/done/": (staff("200"), staff("405")),
    "admin/autocomplete/": (staff("403"), staff("405")),
    "admin/jsi18n/": (staff("200"), staff("405")),
    "admin/r/<path:content_type_id>/<path:object_id>/": (staff("404"), staff("404")),
    "admin/help/": (staff("200"), staff("405")),
    "admin/^(?P<app_label>accounts|notifications|sharing|results|organisations)/$": (staff("200"), staff("200")),
    "admin/accounts/mail/<uuid:mail_id>/again/": (staff("200"), staff(f"→/admin/accounts/mail/{MAIL}/change/")),
    "admin/accounts/user/<path:object_id>/open/": (staff("405"), staff("200")),
    "admin/results/importjob/": (staff("200"), staff("200")),
    "admin/results/importjob/add/": (staff("200"), staff("200")),
    "admin/results/importjob/<uuid:job_id>/": (staff("200"), staff("405")),
    "admin/results/importjob/<uuid:job_id>/problems/": (staff("200"), staff("405")),
    "admin/results/importjob/<uuid:job_id>/rejects.csv": (staff("404"), staff("405")),
    "admin/results/importjob/<uuid:job_id>/confirm/": (staff("405"), staff(f"→/admin/results/importjob/{JOB}/")),
    "admin/results/importjob/<uuid:job_id>/discard/": (staff("405"), staff(f"→/admin/results/importjob/{JOB}/")),
    "admin/results/importjob/<uuid:job_id>/restart/": (staff("405"), staff(f"→/admin/results/importjob/{JOB}/")),
    "admin/results/result/": (staff("200"), staff("200")),
    "admin/results/result/held/": (staff("200"), staff("405")),
    "admin/results/result/open/": (staff("405"), staff("404")),
    "admin/results/result/<uuid:look_id>/": (staff("200"), staff("405")),
    "admin/results/result/<uuid:look_id>/photo/<int:number>/": (staff("200"), staff("405")),
    "admin/results/result/<uuid:look_id>/hold/": (staff("405"), staff(f"→/admin/results/result/{LOOK}/")),
    "admin/results/result/<uuid:look_id>/release/": (staff("405"), staff(f"→/admin/results/result/{LOOK}/")),
    "admin/organisations/registration/": (staff("200"), staff("405")),
    "admin/organisations/registration/<uuid:registration_id>/": (staff("200"), staff("405")),
    **{
        f"admin/organisations/registration/<uuid:registration_id>/{step}/": (staff("200"), staff("200"))
        for step in ("approve", "reject", "ask")
    },
    "admin/organisations/joinrequest/": (staff("200"), staff("405")),
    **{
        f"admin/organisations/joinrequest/<uuid:join_id>/{step}/": (staff("200"), staff("200"))
        for step in ("accept", "decline")
    },
    "admin/organisations/namechange/": (staff("200"), staff("405")),
    "admin/organisations/namechange/<uuid:change_id>/grant/": (staff("200"), staff("200")),
    "admin/organisations/namechange/<uuid:change_id>/refuse/": (staff("200"), staff("200")),
    "admin/organisations/organisation/": (staff("200"), staff("200")),
    "admin/organisations/organisation/<uuid:organisation_id>/": (staff("200"), staff("405")),
    **{
        f"admin/organisations/organisation/<uuid:organisation_id>/{step}/": (staff("200"), staff("200"))
        for step in ("edit", "suspend", "reinstate", "primary")
    },
    "admin/organisations/organisation/<uuid:organisation_id>/clients/<uuid:client_id>/revoke/": (
        staff("200"), staff("200"),
    ),
    "admin/organisations/organisation/<uuid:organisation_id>/users/<uuid:membership_id>/resend/": (
        staff("405"), staff("404"),
    ),
    "admin/organisations/reasontext/": (staff("200"), staff("405")),
    "admin/organisations/reasontext/add/": (staff("200"), staff("200")),
    "admin/organisations/reasontext/<int:text_id>/": (staff("200"), staff("200")),
    "admin/organisations/reasontext/<int:text_id>/delete/": (staff("200"), staff("→/admin/organisations/reasontext/")),
    "admin/(?P<url>.*)$": (staff("404"), staff("404")),
    # Only in the demonstration (tests/rvs/test_env.py).
    "_hooks/": (READ_ONLY, PROGRAMS),
    "_mail/": ("200", READ_ONLY),
    "_mail/<str:name>/": ("404", READ_ONLY),
    "_mail/<str:name>/html/": ("404", READ_ONLY),
    "ui-components/": ("200", READ_ONLY),
    "ui-components/mails/": ("200", READ_ONLY),
    "ui-components/mails/<str:name>/": ("404", READ_ONLY),
    "ui-components/mails/<str:name>/html/": ("404", READ_ONLY),
}  # fmt: skip

READ_BY_STAFF: Final = (
    "accounts/auditevent", "accounts/mail", "accounts/refusedaddress", "accounts/user", "results/importbatch",
    "results/claim", "notifications/webhook", "sharing/organisationinvitation", "sharing/organisationnotice",
    "sharing/pause",
)  # fmt: skip
for _model in READ_BY_STAFF:
    MATRIX.update({  # only read by staff, never added, changed or deleted
        f"admin/{_model}/": (staff("200"), staff("200")),
        f"admin/{_model}/add/": (staff("403"), staff("403")),
        f"admin/{_model}/<path:object_id>/": (staff("→change/"), staff("→change/")),
        f"admin/{_model}/<path:object_id>/change/": (staff("200"), staff("403")),
        f"admin/{_model}/<path:object_id>/delete/": (staff("403"), staff("403")),
        f"admin/{_model}/<path:object_id>/history/": (staff("200"), staff("200")),
    })  # fmt: skip


def _routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        route = f"{prefix}{entry.pattern}"
        if isinstance(entry, URLPattern):
            yield route
        else:
            yield from _routes(entry, route)


def test_every_address_is_listed_and_every_line_is_an_address() -> None:
    assert sorted(_routes(get_resolver())) == sorted(MATRIX)


@pytest.mark.parametrize("route", [route for route in MATRIX if route.startswith("admin/")])
def test_the_table_gives_no_admin_page_to_others_than_staff(route: str) -> None:
    for row in MATRIX[route]:
        outcomes = row.split()
        assert len(outcomes) == len(PERSONAS)
        assert not {outcome for outcome in outcomes[:-1] if outcome.startswith("2")}


@pytest.fixture
def people(organisation: Organisation) -> dict[str, User | None]:
    return {
        "anonymous": None,
        "candidate": make_user(),
        "verifier": make_member(organisation),
        "primary": make_member(organisation, Role.PRIMARY),
        "outsider": make_member(make_organisation()),
        "suspended": make_member(make_organisation(state="suspended")),
        "staff": make_user(is_staff=True, is_superuser=True),
    }


@pytest.fixture
def addresses(organisation: Organisation, people: dict[str, User | None]) -> dict[str, str]:
    """Every route of the table with ids of real rows, all of them `organisation`'s where they are somebody's."""
    Organisation.objects.filter(pk=organisation.pk).update(slug="logging-in")
    make_result("213GB5990001", photo=photos.store(drawn_photo(1)))
    verification = door.check_by_number(
        organisation=organisation,
        actor="system:tests",
        number="213GB5990001",
        date_of_birth=date(1999, 2, 24),
        now=timezone.now(),
    )
    share = make_share(organisation, Result.objects.get(), id=SHARE)
    author = people["verifier"]
    note = Note.objects.create(share=share, author=f"user:{author and author.pk}", text="-")
    values: dict[str, Any] = {
        "<uuid:verification_id>": verification,
        "<uuid:claim_id>": make_claim(Result.objects.get(), people["candidate"], claim_id=CLAIM).pk,
        "<uuid:share_id>": share.pk,
        "<uuid:note_id>": note.pk,
        "<uuid:download_id>": make_download(share, author, id=DOWNLOAD).pk,
        "<uuid:batch_id>": organisation.batch_checks.create(
            id=BATCH, asked_by=author, asked_by_name="A. Uthor", state="cancelled", ended_at=timezone.now()
        ).pk,
        "<uuid:template_id>": organisation.download_templates.create(
            owner=author, name="-", options={}, shared=True
        ).pk,
        "<uuid:member_id>": make_member(organisation).membership.pk,
        "<uuid:request_id>": make_join_request(organisation).pk,
        "<slug:slug>": "logging-in",
        "<slug:code>": "no-such-exam",
        "<uuid:session_id>": "00000000-0000-4000-8000-000000000000",
        "<str:token>": "no-such-token",
        "<int:pk>": 0,
        "<str:code>": "ABCDEFGHJKMN",
        "<str:name>": "no-such-mail",
        "<path:content_type_id>": 0,
        "<uuid:job_id>": make_import(id=JOB).pk,
        "<uuid:registration_id>": make_registration().pk,
        "<uuid:organisation_id>": organisation.pk,
        "<uuid:membership_id>": "00000000-0000-4000-8000-000000000000",
        "<uuid:join_id>": make_join_request(organisation, due_on=date(2026, 1, 5)).pk,
        "<uuid:change_id>": organisation.name_changes.create(new_name="-", reason="-", asked_by="system:tests").pk,
        "<uuid:client_id>": make_api_client(organisation).pk,
        "<uuid:webhook_id>": (webhook := make_webhook(organisation, id=WEBHOOK)).pk,
        "<uuid:message_id>": webhook.messages.create(
            id=MESSAGE, type="webhook.test", state="failed", ended_at=timezone.now()
        ).pk,
        "<int:text_id>": ReasonText.objects.create(decision="ask", title="-", text="-").pk,
        "<uuid:look_id>": make_look(Result.objects.get(), people["staff"], id=LOOK).pk,
        "<uuid:mail_id>": Mail.objects.create(
            id=MAIL, sender="a@example.org", recipient="b@example.org", subject="-"
        ).pk,
        "<int:number>": 1,
        "^(?P<app_label>accounts|notifications|sharing|results|organisations)/$": "accounts/",
        "(?P<url>.*)$": "no-such-page/",
        "^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "password/reset/key/1-no-such-key/",
    }
    read_by_staff: dict[str, Any] = {
        "accounts/auditevent": AuditEvent.objects.filter(action=Action.CHECK_MATCHED)[0].pk,
        "accounts/mail": MAIL,
        "accounts/refusedaddress": RefusedAddress.objects.create(email="a@example.org", failure="-").pk,
        "accounts/user": people["verifier"] and people["verifier"].pk,
        "results/importbatch": make_batch().pk,
        "results/claim": CLAIM,
        "notifications/webhook": WEBHOOK,
        "sharing/organisationinvitation": OrganisationInvitation.objects.create(organisation_name="-").pk,
        "sharing/organisationnotice": organisation.notices.create(result=share.result, version=share.result.current).pk,
        "sharing/pause": Pause.objects.create(
            scope="organisation", organisation=organisation, until=timezone.now(), misses=1
        ).pk,
    }
    found = {}
    for route in MATRIX:
        row = next((pk for model, pk in read_by_staff.items() if f"admin/{model}/" in route), 0)
        address = f"/{route}".replace("<path:object_id>", str(row).replace("_", "_5F"))
        for pattern, value in values.items():
            address = address.replace(pattern, str(value))
        found[route] = address
    return found


def _log_in(person: User | None, **options: bool) -> Client:
    client = Client(**options)  # type: ignore[arg-type]
    if person:
        client.force_login(person)
    return client


NEW_ROW: Final = re.compile(r"(?!00000000-)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _outcome(client: Client, method: str, address: str) -> str:
    response = client.generic(method, address)
    if response.streaming:
        list(response)  # read to its end, and so closed
    if response.status_code not in {301, 302}:
        return str(response.status_code)
    target, _, query = response["Location"].partition("?")
    if target in {"/login/", "/admin/login/"} and query.startswith("next="):
        return "login"
    if address.startswith("/admin/"):
        return f"→{target.removeprefix(address)}"
    return f"→{NEW_ROW.sub('NEW', target)}"


def _expected(row: str, persona: str) -> str:
    outcomes = row.split()
    return outcomes[0] if len(outcomes) == 1 else outcomes[PERSONAS.index(persona)]


@pytest.mark.parametrize("persona", PERSONAS)
def test_everybody_gets_what_the_table_says(
    persona: str, people: dict[str, User | None], addresses: dict[str, str]
) -> None:
    client = _log_in(people[persona])
    for column, method in enumerate(("GET", "POST")):
        outcomes = {
            route: _outcome(_log_in(people[persona]) if "logout" in route else client, method, address)
            for route, address in addresses.items()
        }
        assert outcomes == {route: _expected(rows[column], persona) for route, rows in MATRIX.items()}, method


FOR_PROGRAMS: Final = ("/api/", "/ce/", "/oauth/", "/_hooks/")
"""No session counts there, so that no form can be sent there in anybody's name."""


WAYS_OUT: Final = ("/email-notifications/unsubscribe/", "/candidate/notices/stop/")
"""A mail program posts there without having seen a page (RFC 8058); a signed token stops mails, and does no more."""


@pytest.mark.parametrize(
    ("persona", "method"),
    [("anonymous", "POST"), ("primary", "POST"), ("primary", "PUT"), ("staff", "POST"), ("staff", "DELETE")],
)
def test_nothing_is_done_without_the_forms_token(
    persona: str, method: str, people: dict[str, User | None], addresses: dict[str, str]
) -> None:
    client = _log_in(people[persona], enforce_csrf_checks=True)

    forms = [address for address in addresses.values() if not address.startswith((*FOR_PROGRAMS, *WAYS_OUT))]
    responses = {address: client.generic(method, address) for address in forms}

    assert {address for address, response in responses.items() if response.status_code != 403} == set()
    assert {response.templates[0].name for response in responses.values()} == {"403_csrf.html"}


@pytest.mark.parametrize("persona", PERSONAS)
def test_who_is_logged_in_is_nobody_to_a_program(
    persona: str, people: dict[str, User | None], addresses: dict[str, str]
) -> None:
    client = _log_in(people[persona])
    public = {f"/{route}" for route, (read, _write) in MATRIX.items() if read == "200"}
    for address in {address for address in addresses.values() if address.startswith(FOR_PROGRAMS)} - public:
        assert {client.generic(method, address).status_code for method in ("GET", "POST")} <= {401, 405}


def test_anothers_id_looks_like_no_id(addresses: dict[str, str], outsider: Client) -> None:
    rights = re.compile(r"<uuid:(verification|share)_id>/(statement\.pdf|photo)?$")
    routes = [route for route in addresses if rights.search(route) and not route.startswith("api/")]
    assert len(routes) == 7
    for route in routes:
        foreign = addresses[route]
        unknown = rights.sub(r"00000000-0000-4000-8000-000000000000/\2", route)
        answers = [outsider.get(address) for address in (foreign, f"/{unknown}")]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert len({answer.content.count(b"<") for answer in answers}) == 1
        assert all(b"Mu\xc3\xb1oz" not in answer.content for answer in answers)
