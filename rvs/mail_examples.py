"""Every mail with example data: for /ui-components/mails/, and for the test that looks for personal data in mails.

Whoever adds a mail adds it here (tests/hostile/test_mail_scan.py fails until then), and says what of people it may
hold.  What an organisation is called, and the reference of its application, are nobody's personal data.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from types import SimpleNamespace
from typing import Any, Final, NamedTuple

from django.conf import settings

from notifications.models import SwitchedOff
from organisations.models import JoinRequest, NameChange, Organisation, Registration
from sharing.models import Pause, Scope


class Holds(StrEnum):
    """What a mail may hold of people."""

    NEW_ADDRESS = "the address that is to become the reader’s"
    OWN_ADDRESS = "the reader’s address"
    BROWSER = "the kind of the reader’s browser"
    COLLEAGUE = "the name of a colleague"
    STRANGER = "name, job and address of whoever asks to join"
    CANDIDATE_NAME = "the name of a candidate, if the organisation switched that on"


class Person(NamedTuple):
    """What could be written about somebody."""

    given_name: str
    family_name: str
    job_title: str
    email: str
    date_of_birth: date
    candidate_id: str
    reference_number: str
    verification_number: str
    score: int


class People(NamedTuple):
    """Whom a mail may be about: its reader, a colleague, and a candidate."""

    reader: Person
    colleague: Person
    candidate: Person


Words = dict[str, Any]


@dataclass(frozen=True)
class Example:
    template: str
    words: Callable[[People], Words]
    holds: frozenset[Holds] = frozenset()
    case: str = ""
    """What is particular, where a mail has several examples."""

    @property
    def name(self) -> str:
        """For its address."""
        return "-".join([self.template.replace("/", "."), *filter(None, [self.case])]).replace(" ", "-")


AT: Final = datetime(2026, 5, 9, 14, 30, tzinfo=UTC)
ORGANISATION: Final = "University of Fenland"


def _link(path: str) -> str:
    return f"{settings.PUBLIC_BASE_URL}/{path}"


def _organisation() -> Organisation:
    return Organisation(name=ORGANISATION)


def _registration(people: People, **fields: Any) -> Registration:
    reader = people.reader
    values = {"organisation_name": ORGANISATION, "organisation_type": "university", "reference": "R-7F3K-9QXM"}
    person = {"given_name": reader.given_name, "family_name": reader.family_name, "job_title": reader.job_title}
    return Registration(due_on=date(2026, 5, 18), email=reader.email, **{**values, **person, **fields})


def _application(people: People, **more: Any) -> Words:
    return {"registration": _registration(people), "link": _link("register/application/example/"), **more}


def _join(people: People) -> Words:
    asks = people.colleague
    request = JoinRequest(
        organisation=_organisation(),
        given_name=asks.given_name,
        family_name=asks.family_name,
        job_title=asks.job_title,
        email=asks.email,
        due_on=date(2026, 5, 18),
    )
    return {"request": request, "link": _link("organisation/users/")}


def _invitation(**words: Any) -> Callable[[People], Words]:
    link = _link("invitation/example/")
    common = {"link": link, "organisation": ORGANISATION, "role": "Admin User", "new": True, "application": ""}
    return lambda _people: {**common, **words}


def _email_change(people: People) -> Words:
    return {"new_email": people.colleague.email, "link": _link("account/email/confirm/example/")}


def _done(**words: Any) -> Callable[[People], Words]:
    return lambda _people: {"timestamp": AT, **words}


def _said(**words: Any) -> Callable[[People], Words]:
    return lambda _people: words


def _handover(people: People) -> Words:
    primary = f"{people.colleague.given_name} {people.colleague.family_name}"
    return {"organisation": ORGANISATION, "primary": primary, "address": _link("organisation/role/")}


def _taken(people: People) -> Words:
    taker = f"{people.colleague.given_name} {people.colleague.family_name}"
    return {"organisation": _organisation(), "taker": taker}


def _name_change(*, granted: bool) -> Callable[[People], Words]:
    change = NameChange(new_name="Fenland University", granted=granted, answer="" if granted else "It is not proved.")
    return _said(change=change, former_name=ORGANISATION)


def _pause(_people: People) -> Words:
    pause = Pause(scope=Scope.ORGANISATION, organisation=_organisation(), misses=31, until=AT)
    return {"pause": pause, "address": _link("admin/sharing/pause/")}


def _client(**more: Any) -> Callable[[People], Words]:
    client = SimpleNamespace(name="Admissions portal", expires_at=AT)
    return _said(client=client, organisation=_organisation(), address=_link("organisation/api/"), **more)


def _webhook() -> Callable[[People], Words]:
    webhook = SimpleNamespace(name="CRM", get_switched_off_why_display=SwitchedOff.FAILING.label)
    return _said(webhook=webhook, organisation=_organisation(), address=_link("organisation/webhooks/example/"))


def _digest(*, names: bool = False, changed: bool = False) -> Callable[[People], Words]:
    lines = [("Re-marked", 1), ("Name corrected", 2)] if changed else [("B2 First", 2), ("C1 Advanced", 1)]

    def words(people: People) -> Words:
        candidate = people.candidate
        return {
            "organisation": ORGANISATION,
            "count": 3,
            "lines": lines,
            "names": [f"{candidate.given_name} {candidate.family_name}"] if names else [],
            "more_names": 2,
            "address": _link("shared-results/"),
            "settings_url": _link("email-notifications/"),
            "unsubscribe_url": _link("email-notifications/unsubscribe/example/"),
        }

    return words


ACCOUNT: Final = [
    Example("account/email/confirm_address", _said(link=_link("account/address/confirm/example/"))),
    Example("account/email/email_change_new", _email_change),
    Example("account/email/email_change_old", _email_change, frozenset({Holds.NEW_ADDRESS})),
    Example("account/email/email_change_taken", _email_change),
    Example("account/email/email_changed", _done()),
    Example("account/email/new_device", _done(device="Firefox on Windows"), frozenset({Holds.BROWSER})),
    Example("account/email/password_changed", _done()),
    Example("account/email/password_reset", _done()),
    Example("account/email/password_reset_key", _said(password_reset_url=_link("password/reset/key/1-example/"))),
    Example("account/email/unknown_account", _said(), frozenset({Holds.OWN_ADDRESS})),
    Example("mfa/email/recovery_codes_generated", _done()),
    Example("mfa/email/totp_activated", _done()),
    Example("mfa/email/totp_deactivated", _done()),
    Example("mfa/email/webauthn_added", _done()),
    Example("mfa/email/webauthn_removed", _done()),
]
APPLICATIONS: Final = [
    Example("organisations/email/already_applied", _application),
    Example("organisations/email/already_user", _said()),
    Example("organisations/email/confirm_registration", _application),
    Example(
        "organisations/email/confirm_registration",
        lambda people: _application(people, registration=_registration(people, organisation_type="school")),
        case="school",
    ),
    Example("organisations/email/registration_received", _application),
    Example(
        "organisations/email/registration_links",
        lambda people: {"lines": [_application(people), _application(people)]},
    ),
    Example("organisations/email/registration_unknown", _said()),
    Example(
        "organisations/email/registration_question",
        lambda people: _application(people, text="Which department will look at the results?"),
    ),
    Example("organisations/email/registration_answered", _application),
    Example(
        "organisations/email/registration_rejected",
        lambda people: _application(people, text="We could not reach anybody at the telephone number you gave."),
    ),
    Example("organisations/email/confirm_join", _said(organisation=ORGANISATION, link=_link("register/join/example/"))),
    Example("organisations/email/join_waits", _said(organisation=ORGANISATION)),
    Example("organisations/email/join_asked", _join, frozenset({Holds.STRANGER})),
    Example("organisations/email/join_declined", _said(organisation=ORGANISATION)),
]
USERS: Final = [
    Example("organisations/email/invitation", _invitation(), case="new user"),
    Example("organisations/email/invitation", _invitation(new=False), case="known user"),
    Example(
        "organisations/email/invitation",
        _invitation(application="R-7F3K-9QXM", role="Primary User"),
        case="approved application",
    ),
    Example("organisations/email/handover_offered", _handover),
    Example("organisations/email/handover_accepted", _handover, frozenset({Holds.COLLEAGUE})),
    Example("organisations/email/handover_ended", _handover),
    Example("organisations/email/primary_given", _said(organisation=_organisation())),
    Example("organisations/email/primary_taken", _taken, frozenset({Holds.COLLEAGUE})),
    Example("organisations/email/name_change", _name_change(granted=True), case="granted"),
    Example("organisations/email/name_change", _name_change(granted=False), case="refused"),
    Example(
        "organisations/email/name_change_asked",
        _said(
            asked=NameChange(new_name="Fenland University", reason="The two universities have merged."),
            organisation=_organisation(),
            address=_link("admin/"),
        ),
    ),
    Example("organisations/email/api_client_expires", _client(days=7)),
    Example("organisations/email/api_client_revoked", _client(reason="Its secret was found in a public place.")),
    Example("organisations/email/api_clients_left", _client(names=["Admissions portal", "Nightly export"])),
    Example("organisations/email/api_secret_exposed", _client()),
    Example("notifications/email/new_results", _digest()),
    Example(
        "notifications/email/new_results", _digest(names=True), frozenset({Holds.CANDIDATE_NAME}), case="with names"
    ),
    Example("notifications/email/changes", _digest(changed=True)),
    Example("notifications/email/webhook_switched_off", _webhook()),
    Example("notifications/email/webhook_gave_up", _webhook()),
    Example("downloads/email/ready", _said(day=AT, path="/downloads/example/")),
]


def _candidate_notice(**more: Any) -> Callable[[People], Words]:
    common = {"exam": "C1 Advanced", "organisation": ORGANISATION, "kinds": ["Re-marked"], "at": AT, "ends_at": AT}
    links = {"address": _link("candidate/results/"), "settings_url": _link("candidate/notices/")}
    return _said(**common, **links, **more)


_STOP: Final = {"unsubscribe_url": _link("candidate/notices/stop/example/")}
CANDIDATES: Final = [
    Example("notifications/email/candidate_changed", _candidate_notice()),
    Example("notifications/email/candidate_released", _candidate_notice(**_STOP)),
    Example("notifications/email/candidate_opened", _candidate_notice(**_STOP)),
    Example("notifications/email/candidate_expiring", _candidate_notice(**_STOP)),
    Example("results/email/confirm_candidate", _said(link=_link("candidate/register/confirm/example/"))),
    Example("results/email/candidate_known", _said(add=_link("candidate/add/"), reset=_link("password/reset/"))),
    Example("sharing/email/result_moved_away", _said()),
    Example("sharing/email/result_moved_here", _said()),
    Example("sharing/email/account_closed", _said()),
    Example("sharing/email/organisation_invited", _said()),
]
STAFF: Final = [Example("sharing/email/checks_paused", _pause)]
EXAMPLES: Final = [*ACCOUNT, *APPLICATIONS, *USERS, *CANDIDATES, *STAFF]

ZOE: Final = Person(
    "Zoë", "O’Brien-Łukasiewicz", "Registrar", "zoe@example.org", date(2001, 5, 9), "ZE1234567", "243GB9990042",
    "ABCD1234", 174,
)  # fmt: skip
MIA: Final = ZOE._replace(given_name="Mia", family_name="Example-Featherstone", email="mia@example.org")
SHOWN: Final = People(reader=ZOE, colleague=MIA, candidate=ZOE)
