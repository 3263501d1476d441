"""The demonstration's data are worth looking at, and its log-ins are the contract's."""

import io
import json
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any, get_type_hints

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker, Settings

from accounts.models import AuditEvent, Mail, RefusedAddress, User
from notifications.models import Webhook
from notifications.webhooks import signing
from organisations.models import ApiClient, Membership, Organisation
from results.catalogue import EXAMS
from results.models import Claim, Result, ResultVersion, Status
from rvs import demo_data, demo_webhooks
from sharing.models import Check, Share, Verification


@pytest.fixture(scope="module", autouse=True)
def _demonstration(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Loaded once for this module, and taken back."""
    cache.clear()
    with django_db_blocker.unblock(), transaction.atomic():
        assert demo_data.load()
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def printed() -> dict[str, Any]:
    """What `demo_accounts --json` prints."""
    out = io.StringIO()
    call_command("demo_accounts", "--json", stdout=out)
    accounts: dict[str, Any] = json.loads(out.getvalue())
    return accounts


def _log_in(person: dict[str, str]) -> Client:
    client = Client()
    response = client.post("/login/", {"login": person["email"], "password": person["password"]})
    assert response.status_code == 302
    return client


def test_the_program_gets_in(printed: dict[str, Any]) -> None:
    form = {"grant_type": "client_credentials", **printed["api"]}
    answer = Client().post("/oauth/token/", form)
    assert answer.status_code == 200
    client = ApiClient.objects.select_related("organisation").get(pk=printed["api"]["client_id"])
    assert client.organisation.name == printed["primary"]["organisation"]


def test_the_log_ins_have_the_contracts_shape(printed: dict[str, Any]) -> None:
    member, person = {"email", "password", "organisation"}, {"email", "password"}
    assert {key: set(value) for key, value in printed.items() if key != "base_url"} == {
        "primary": member,
        "admin": member,
        "other_organisation": member,
        "candidate": person,
        "staff": person,
        "api": {"client_id", "client_secret"},
        "unshared_result": {"reference_number", "date_of_birth"},
        "unclaimed_candidate": {"candidate_id", "secret_number", "date_of_birth"},
    }
    assert list(printed) == list(get_type_hints(demo_data.Accounts))
    assert printed["base_url"] == "http://testserver"
    assert all(isinstance(value, str) and value for entry in printed.values() if entry for value in _values(entry))


def _values(entry: Any) -> list[Any]:
    return list(entry.values()) if isinstance(entry, dict) else [entry]


@pytest.mark.parametrize(
    ("who", "start"),
    [
        ("primary", "/shared-results/"),
        ("admin", "/shared-results/"),
        ("other_organisation", "/shared-results/"),
        ("candidate", "/candidate/"),
        ("staff", "/admin/"),
    ],
)
def test_every_log_in_works(printed: dict[str, Any], who: str, start: str) -> None:
    client = _log_in(printed[who])
    assert client.get("/", follow=True).redirect_chain == [(start, 302)]
    if organisation := printed[who].get("organisation"):
        membership = Membership.objects.select_related("organisation").get(user__email=printed[who]["email"])
        assert membership.organisation.name == organisation
    if who == "primary":
        assert membership.role == "primary"


def test_the_other_organisation_is_another(printed: dict[str, Any]) -> None:
    assert printed["primary"]["organisation"] == printed["admin"]["organisation"]
    assert printed["primary"]["organisation"] != printed["other_organisation"]["organisation"]


def test_the_unshared_result_is_found_by_nobody_yet_and_then_by_the_search(printed: dict[str, Any]) -> None:
    wanted = printed["unshared_result"]
    born = date.fromisoformat(wanted["date_of_birth"])
    result = Result.objects.select_related("current").get(reference_number=wanted["reference_number"])
    assert (result.current.status, result.current.date_of_birth) == (Status.RELEASED, born)
    assert not Verification.objects.filter(result=result).exists()

    client = _log_in(printed["admin"])
    response = client.post(
        "/candidate-search/",
        {
            "reference_number": wanted["reference_number"],
            "date_of_birth_day": born.day,
            "date_of_birth_month": born.month,
            "date_of_birth_year": born.year,
        },
    )
    assert response.status_code == 302
    page = client.get(response["Location"])
    assert result.current.family_name in page.content.decode()
    assert result.current.label in page.content.decode()
    photo = client.get(f"{response['Location']}photo")
    assert photo.content[:2] == b"\xff\xd8"


def test_the_unclaimed_candidate_has_a_result(printed: dict[str, Any]) -> None:
    wanted = printed["unclaimed_candidate"]
    result = Result.objects.select_related("current").filter(candidate_id=wanted["candidate_id"]).latest("pk")
    assert result.current.date_of_birth == date.fromisoformat(wanted["date_of_birth"])
    assert result.secret_digest
    assert wanted["secret_number"].encode() not in bytes(result.secret_digest)


def test_there_is_something_to_see_of_everything() -> None:
    versions = ResultVersion.objects.all()
    assert Result.objects.count() == demo_data.RESULTS
    assert set(versions.values_list("exam", flat=True)) == set(EXAMS)
    assert set(versions.values_list("status", flat=True)) == set(Status.values)
    assert versions.filter(number=2).count() == 4, "re-marked and held: of what was checked, and of what was shared"
    assert Organisation.objects.values("country").distinct().count() == 3
    assert {organisation.verifications.count() > 0 for organisation in Organisation.objects.all()} == {True}
    assert not User.objects.exclude(email__endswith=".example").exists(), "all people are invented"


def test_loading_again_changes_nothing() -> None:
    models = (User, Organisation, Result, ResultVersion, Verification, Check, AuditEvent)
    before = [model.objects.count() for model in models]
    assert demo_data.load() is False
    assert [model.objects.count() for model in models] == before


def test_a_person_at_a_terminal_reads_the_same(printed: dict[str, Any]) -> None:
    out = io.StringIO()
    call_command("demo_accounts", stdout=out)
    for who in ("primary", "admin", "other_organisation", "candidate", "staff"):
        assert printed[who]["email"] in out.getvalue()
    assert printed["unshared_result"]["reference_number"] in out.getvalue()


def test_outside_the_demonstration_there_are_no_log_ins(settings: Settings) -> None:
    settings.DEMONSTRATION = False
    with pytest.raises(CommandError, match="only in a demonstration"):
        call_command("demo_accounts", "--json")


def test_the_candidate_has_results_and_shares_of_every_kind(printed: dict[str, Any]) -> None:
    client = _log_in(printed["candidate"])
    results, shares = client.get("/candidate/").content.decode(), client.get("/candidate/shares/").content.decode()
    assert all(exam in results for exam in ("C1 Advanced", "B2 First", "B1 Preliminary"))
    assert all(
        word in shares for word in ("Active", "Withdrawn", "Not opened yet", "Read: first opened", "Saved, last")
    )
    assert "Saved the Statement of Results" in client.get("/candidate/activity/").content.decode()


def test_shared_results_look_alive() -> None:
    shares = Share.objects.filter(organisation__name="University of Fenland")
    assert shares.filter(ended_at=None).count() >= 20
    assert shares.exclude(applicant_reference="").exists()
    assert shares.filter(seen=None).exists()
    assert shares.exclude(seen=None).exists()
    assert shares.filter(result__current__status=Status.WITHHELD).exists()
    assert shares.filter(result__current__number=2, result__current__status=Status.RELEASED).exists()


def test_what_others_may_try_is_untouched(printed: dict[str, Any]) -> None:
    unshared = Result.objects.get(reference_number=printed["unshared_result"]["reference_number"])
    unclaimed = Result.objects.get(candidate_id=printed["unclaimed_candidate"]["candidate_id"])
    assert not unshared.shares.exists()
    assert not Claim.objects.filter(result__in=[unshared, unclaimed]).exists()


def test_of_the_changed_results_one_is_acknowledged_and_others_are_open() -> None:
    notices = Organisation.objects.get(name="University of Fenland").notices.all()
    assert notices.filter(acknowledged_at__isnull=False).count() == 1
    assert notices.filter(acknowledged_at=None).exists()


def test_one_colleague_gets_no_notices_for_the_mailbox_is_full() -> None:
    assert set(Mail.objects.values_list("state", flat=True)) >= {"sent", "failed", "held"}
    assert RefusedAddress.objects.suspended().count() == 1


def test_a_webhook_tells_a_program_that_checks_the_signature() -> None:
    webhook = Webhook.objects.get(pk=demo_webhooks.RECEIVED)
    message = webhook.messages.create(type="webhook.test")
    body, at = signing.body_of(message), timezone.now()
    headers = signing.headers_of(message.message_id, body, signing.secrets_of(webhook), at)
    send = partial(Client().post, "/_hooks/", content_type="application/json")
    assert send(body, headers=headers).status_code == 204
    assert send(body + b" ", headers=headers).status_code == 401
    assert send(body, headers={**headers, "webhook-timestamp": "9" * 40}).status_code == 401
    assert send(body).status_code == 401
