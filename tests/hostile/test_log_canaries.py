"""Distinct words in every field that tells of a person: no log, no broker and no mail header repeats one."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from smtplib import SMTPException
from typing import Any, Final
from unittest import mock

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.test import Client
from django.utils import timezone

from accounts import tasks
from accounts.audit import user_actor
from accounts.models import Mail, RefusedAddress, User
from notifications.webhooks import signing
from organisations.models import Membership, Organisation, Registration, Role
from results.models import Candidate, CandidateRegistration, Result
from results.numbers import secret_digest
from rvs.logs import JsonFormatter
from rvs.personal_data import Kind, kinds
from tests.factories import basic, make_api_client, make_organisation, make_result, make_webhook
from tests.hostile.faults import CULPRITS, FAULTS
from tests.hostile.leaks import broker_contents, servers_log
from tests.results.loading import undone

pytestmark = pytest.mark.django_db

# Every word is one that occurs nowhere else; forms and columns decide what it may look like.
PLANTED: Final = {
    "accounts.User.given_name": "Kanarigiven",
    "accounts.User.family_name": "Kanarifamily",
    "accounts.User.job_title": "Kanarijob",
    "accounts.User.email": "kanari-user@example.org",
    "accounts.User.password": "kanari-password-2026",
    "accounts.Mail.text": "kanari-mail-text",
    "accounts.Mail.html": "kanari-mail-html",
    "accounts.Mail.recipient": "kanari-recipient@example.org",
    "accounts.Mail.subject": "kanari-subject",
    "accounts.RefusedAddress.email": "kanari-refused@example.org",
    "accounts.EmailChange.new_email": "kanari-new@example.org",
    "accounts.Session.session_key": "kanarisessionkey0123456789abcdef",
    "results.Result.reference_number": "KANARI0REFERENCE",
    "results.Result.verification_number": "KANARI0VERIFY",
    "results.Result.candidate_id": "KANARI0ID",
    "results.Result.secret_digest": "7419",  # the secret number itself
    "results.ResultVersion.given_names": "Kanariones",
    "results.ResultVersion.family_name": "Kanaritwo",
    "results.ResultVersion.date_of_birth": "1987-11-23",
    "results.ResultVersion.email": "kanari-candidate@example.org",
    "results.ResultVersion.note": "kanari-note",
    "results.ResultVersion.session": "Kanarisession 2021",
    "results.ResultVersion.centre_number": "KANARICENTRE",
    "results.ResultVersion.centre_name": "Kanaricentrename",
    "results.ResultVersion.place_of_entry": "KANARIPLACE",
    "results.ResultVersion.certificate_number": "KANARICERT",
    "accounts.RecordLook.note": "kanari-look",
    "results.Candidate.first_language": "Kanarilanguage",
    "results.CandidateRegistration.email": "kanari-newcomer@example.org",
    "results.CandidateRegistration.password": "kanari-newcomers-password",
    "results.CandidateRegistration.first_language": "Kanarinewlanguage",
    "organisations.Membership.given_name": "Kanarimember",
    "organisations.Membership.family_name": "Kanarimembers",
    "organisations.Membership.job_title": "Kanarimembersjob",
    "organisations.Registration.given_name": "Kanariapplicant",
    "organisations.Registration.family_name": "Kanariapplying",
    "organisations.Registration.job_title": "Kanariapplicantjob",
    "organisations.Registration.email": "kanari-registration@example.org",
    "organisations.RegistrationMessage.text": "kanari-registration-message",
    "organisations.JoinRequest.given_name": "Kanarijoiner",
    "organisations.JoinRequest.family_name": "Kanarijoining",
    "organisations.JoinRequest.job_title": "Kanarijoinerjob",
    "organisations.JoinRequest.email": "kanari-join@example.org",
    "organisations.ApiClient.secret_digest": "rvs_KanariSecretOfAProgram012345678941GaOl",  # the secret itself
    "notifications.Webhook.secret": "whsec_S2FuYXJpU2VjcmV0T2ZBV2ViaG9vaw==",  # before it is sealed
    "sharing.Verification.applicant_reference": "kanari-applicant",
    "sharing.Note.text": "kanari-share-note",
    "sharing.Note.author_name": "Kanarinotewriter",
    "sharing.OrganisationInvitation.email": "kanari-invited@example.org",
    "downloads.Download.asked_by_name": "Kanaridownloader",
    "downloads.BatchCheck.asked_by_name": "Kanaribatcher",
    "downloads.BatchRow.number": "KANARI0BATCH",
    "downloads.BatchRow.read_number": "KANARI0READ",
    "downloads.BatchRow.date_of_birth": "23.XI.1987",
    "downloads.BatchRow.name": "Kanaribatchname",
    "downloads.BatchRow.explanation": "kanari-explanation",
}
# What is no word of a person by itself: choices, numbers up to 230, files whose names come from their content.
WITHOUT_WORDS: Final = {
    "results.ResultVersion": "status issued_status exam exam_date label cefr reading use_of_english writing listening "
    "speaking reading_and_writing country photo certificate_date",
    "results.ImportJob": "file photos rejects samples",
    "accounts.Session": "session_data",
    "results.Candidate": "country",
    "downloads.BatchRow": "outcome read_date",
    "results.CandidateRegistration": "country",
}
TEXT: Final = (models.CharField, models.TextField, models.DateField, models.BinaryField)
CANARIES: Final = sorted({word for word in PLANTED.values() if len(word) > 4} | {"23 November 1987", "23/11/1987"})


def unplanted(classified: list[tuple[str, Kind]]) -> set[str]:
    """Fields with words of a person that no canary stands in."""
    telling = {name for name, kind in classified if kind not in {Kind.NONE, Kind.PSEUDONYM}}
    stored = {
        name
        for name in telling
        if isinstance(_field(name), TEXT) and not isinstance(_field(name), models.DateTimeField)
    }
    wordless = {f"{model}.{name}" for model, names in WITHOUT_WORDS.items() for name in names.split()}
    return stored - set(PLANTED) - wordless


def _field(name: str) -> Any:
    app, model, field = name.split(".")
    return apps.get_model(app, model)._meta.get_field(field)


def test_every_field_that_tells_of_a_person_has_a_canary() -> None:
    assert unplanted(kinds()) == set()


def test_a_field_without_a_canary_is_noticed() -> None:
    assert unplanted([*kinds(), ("organisations.Organisation.name", Kind.IDENTITY)]) == {
        "organisations.Organisation.name"
    }


@contextmanager
def overheard() -> Iterator[io.StringIO]:
    """Everything that is logged meanwhile, at every level, as the service would write it."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    handler.setFormatter(JsonFormatter())
    configured: Any = settings.LOGGING["loggers"]
    loggers = [logging.getLogger(name) for name in ("", *configured)]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG if logger.name.startswith(("rvs", "django.request")) else logging.INFO)
    try:
        yield said
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)


def assert_silent(text: str) -> None:
    assert [(word, line[:300]) for line in text.splitlines() for word in CANARIES if word.lower() in line.lower()] == []


@pytest.fixture
def somebody() -> tuple[User, Organisation]:
    """A verifier, a candidate and everything between them, under the names of canaries."""
    user = User.objects.create_user(is_staff=True, is_superuser=True, **_planted("accounts.User"))
    organisation = make_organisation("University of Example")
    Membership.objects.create(
        organisation=organisation, user=user, role=Role.ADMIN, **_planted("organisations.Membership")
    )
    content = _planted("results.ResultVersion")
    content["date_of_birth"] = date.fromisoformat(content["date_of_birth"])
    result = make_result("KANARI0REFERENCE", "KANARI0VERIFY", **content)
    type(result).objects.filter(pk=result.pk).update(
        candidate_id="KANARI0ID", secret_digest=secret_digest("KANARI0ID", PLANTED["results.Result.secret_digest"])
    )
    Mail.objects.create(sender="a@example.org", **_planted("accounts.Mail"))
    RefusedAddress.objects.create(failure="-", **_planted("accounts.RefusedAddress"))
    make_api_client(organisation, PLANTED["organisations.ApiClient.secret_digest"])
    make_webhook(organisation, secret=signing.seal(PLANTED["notifications.Webhook.secret"]))
    _plant_applications(organisation)
    _plant_share(user, organisation, result)
    return user, organisation


def _plant_applications(organisation: Organisation) -> None:
    now = timezone.now()
    registration = Registration.objects.create(
        organisation_name="Kin College",
        organisation_type="college",
        website="https://kin.example",
        country="GB",
        terms_accepted_at=now,
        **_planted("organisations.Registration"),
    )
    registration.messages.create(by_staff=False, author="x", **_planted("organisations.RegistrationMessage"))
    organisation.join_requests.create(
        state="waiting", confirmed_at=now, due_on=now.date(), **_planted("organisations.JoinRequest")
    )


def _plant_share(user: User, organisation: Organisation, result: Result) -> None:
    candidate = Candidate.objects.create(user=user, **_planted("results.Candidate"))
    candidate.claims.create(result=result)
    CandidateRegistration.objects.create(results=[result.pk], **_planted("results.CandidateRegistration"))
    share = organisation.shares.create(result=result, version_shared=result.current, shared_by=user_actor(user))
    share.notes.create(author=user_actor(user), **_planted("sharing.Note"))
    organisation.downloads.create(format="csv", asked_for=1, asked_by=user, **_planted("downloads.Download"))
    batch = organisation.batch_checks.create(asked_by=user, **_planted("downloads.BatchCheck"))
    batch.rows.create(line=2, outcome="no_match", **_planted("downloads.BatchRow"))
    candidate.invitations.create(
        organisation_name="Kin College", website="https://kin.example", **_planted("sharing.OrganisationInvitation")
    )


def _planted(model: str) -> dict[str, Any]:
    return {name.rpartition(".")[2]: word for name, word in PLANTED.items() if name.startswith(f"{model}.")}


SEARCH: Final = {
    "reference_number": "KANARI0REFERENCE", "date_of_birth_day": "23", "date_of_birth_month": "11",
    "date_of_birth_year": "1987", "applicant_reference": "kanari-applicant",
}  # fmt: skip


def log_in(user: User) -> Client:
    client = Client(raise_request_exception=False, HTTP_REFERER="http://testserver/?q=kanari-referer")
    answer = client.post("/login/", {"login": user.email, "password": PLANTED["accounts.User.password"]})
    assert answer.status_code == 302
    return client


def wander(client: Client, addresses: list[str]) -> None:
    """What people do, with what they type, in the right places and in wrong ones."""
    client.post("/candidate-search/", SEARCH)
    typed = dict(zip(map(str, range(len(PLANTED))), PLANTED.values(), strict=True))
    for address in addresses:
        if "logout" not in address:
            with undone():
                client.get(address, typed)
                client.post(address, {**SEARCH, **typed})
    for word in CANARIES:
        client.get(f"/{word}/")
        client.get(f"/check/{word}/", headers={"User-Agent": word, "Host": word.replace("@", "")})
        client.post("/password/reset/", {"email": word})
        client.post("/login/", {"login": word, "password": word})
        client.post("/check/", {"code": word}, HTTP_COOKIE=f"session={word}")


def test_logs_say_nothing_of_anybody_on_any_page(everywhere: list[str], somebody: tuple[User, Organisation]) -> None:
    with overheard() as said:
        wander(log_in(somebody[0]), everywhere)

    lines = said.getvalue().splitlines()
    assert len(lines) > len(everywhere)
    assert all(json.loads(line)["message"] for line in lines)
    assert_silent(said.getvalue())


def test_logs_say_nothing_of_what_programs_send_and_get(somebody: tuple[User, Organisation]) -> None:
    headers = {"Authorization": basic(make_api_client(somebody[1]))}
    client = Client(raise_request_exception=False, headers=headers)
    born = PLANTED["results.ResultVersion.date_of_birth"]
    check = {"reference_number": "KANARI0REFERENCE", "date_of_birth": born, "applicant_reference": "kanari-applicant"}
    with overheard() as said:
        for body in (check, {**check, "date_of_birth": "1987-11-24"}, {**check, "kanari-name": "Kanariones"}):
            client.post("/api/v1/verifications", json.dumps(body), content_type="application/json")
        for address in ("/api/v1/shares", "/api/v1/changes", "/ce/v1/result-verification"):
            answers = [client.get(address), client.get(address, {"referenceNumber": "KANARI0REFERENCE"})]
            for word in CANARIES:
                client.get(address, {"cursor": word, "limit": word, word: word}, headers={"X-Request-ID": word})
        for fault in FAULTS:
            with undone(), mock.patch("sharing.api.v1.door.take", side_effect=fault(" ".join(CANARIES))):
                client.get("/api/v1/shares")
    assert b"KANARI0REFERENCE" in answers[1].content
    assert said.getvalue().count('"exception"') >= len(FAULTS)
    assert_silent(said.getvalue())


def test_a_canary_that_is_logged_is_noticed() -> None:
    with overheard() as said:
        logging.getLogger("rvs.request").warning("Kanarigiven")
    with pytest.raises(AssertionError):
        assert_silent(said.getvalue())


def test_a_hundred_faults_in_different_places_say_nothing_of_anybody(somebody: tuple[User, Organisation]) -> None:
    faults = 0
    client = log_in(somebody[0])
    words = " ".join(CANARIES)
    with overheard() as said:
        for turn, culprit in enumerate(CULPRITS):
            for fault in (FAULTS * 2)[turn % len(FAULTS) :][:3]:
                with undone(), mock.patch(culprit, side_effect=fault(words)) as guilty:
                    client.get("/candidate-search/")
                    client.post("/candidate-search/", SEARCH)
                    client.get("/check/0123456789AB/")
                    client.get("/admin/accounts/user/")
                    client.post("/password/reset/", {"email": PLANTED["accounts.User.email"]})
                    Client(raise_request_exception=False).post("/login/", {"login": "x@example.org", "password": words})
                faults += guilty.call_count
    assert faults > 100
    assert said.getvalue().count('"exception"') > 100
    assert_silent(said.getvalue())


def test_faults_of_the_database_and_of_tasks_say_nothing_of_anybody(somebody: tuple[User, Organisation]) -> None:
    broken: list[Callable[[], object]] = [
        lambda: User.objects.create_user(PLANTED["accounts.User.email"], None, given_name="Kanarigiven"),
        lambda: User.objects.create_user("kanari-new@example.org", None, given_name="Kanarigiven" * 50),
        lambda: make_result("KANARI0REFERENCE"),
        lambda: connection.cursor().execute("select %s::date", ["Kanarifamily"]),
        lambda: connection.cursor().execute("select cast('Kanarifamily' as uuid)"),
    ]
    with overheard() as said:
        for action in broken:
            with undone():
                try:
                    action()
                except Exception:
                    logging.getLogger("rvs.tests").exception("it failed")
                else:
                    pytest.fail("nothing failed")
        with mock.patch("accounts.delivery.get_connection", side_effect=SMTPException(" ".join(CANARIES))):
            tasks.deliver_mail.apply()
        with mock.patch("accounts.delivery.deliver_due", side_effect=ValueError(" ".join(CANARIES))):
            tasks.deliver_mail.apply()
    assert said.getvalue().count('"exception"') >= len(broken)
    assert_silent(said.getvalue())
    assert_silent(servers_log())


@pytest.mark.django_db(transaction=True)
def test_the_broker_holds_nothing_of_anybody(somebody: tuple[User, Organisation]) -> None:
    client = log_in(somebody[0])
    client.post("/candidate-search/", SEARCH)
    client.post("/password/reset/", {"email": PLANTED["accounts.User.email"]})

    held = broker_contents()

    assert "deliver_mail" in held, "the bell was rung"
    assert_silent(held)


def test_mail_headers_say_nothing_but_to_whom_the_mail_goes(somebody: tuple[User, Organisation]) -> None:
    Mail.objects.all().delete()
    Client().post("/password/reset/", {"email": PLANTED["accounts.User.email"]})
    Mail.objects.update(due_at=timezone.now())
    sent: list[Any] = []
    with mock.patch("accounts.delivery.get_connection") as transport:
        transport.return_value.send_messages.side_effect = sent.extend
        tasks.deliver_mail.apply()

    assert sent
    for mail in sent:
        headers = dict(mail.message().items())
        assert headers.pop("To") == PLANTED["accounts.User.email"]
        assert_silent(str(headers))
