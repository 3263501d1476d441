"""Staff edit the texts that they start from when they decide."""

from importlib import import_module

import pytest
from django.apps import apps
from django.test import Client

from accounts.models import Action, AuditEvent
from organisations.models import Decision, ReasonText
from tests.factories import make_registration
from tests.rvs.test_staff_groups import client_of, make_staff

pytestmark = pytest.mark.django_db

PAGE = "/admin/organisations/reasontext/"


@pytest.fixture
def client() -> Client:
    return client_of(make_staff("Registrations"))


def test_there_are_texts_to_start_from_for_every_decision() -> None:
    ReasonText.objects.all().delete()
    migration = import_module("organisations.migrations.0004_decisions")
    migration.add_texts(apps, None)
    assert {text.decision for text in ReasonText.objects.all()} == set(Decision.values)
    migration.remove_texts(apps, None)
    assert not ReasonText.objects.exists()


def test_a_text_is_added_edited_and_deleted_and_each_leaves_a_trace(client: Client) -> None:
    client.post(f"{PAGE}add/", {"decision": "ask", "title": "Telephone", "text": "What is your number?"})
    text = ReasonText.objects.get(title="Telephone")
    client.post(f"{PAGE}{text.pk}/", {"decision": "ask", "title": "Telephone", "text": "Which number can we call?"})
    text.refresh_from_db()
    assert text.text == "Which number can we call?"
    assert b"Which number can we call?" in client.get(PAGE).content
    assert b"Delete this text?" in client.get(f"{PAGE}{text.pk}/delete/").content
    client.post(f"{PAGE}{text.pk}/delete/")
    assert not ReasonText.objects.filter(pk=text.pk).exists()
    events = AuditEvent.objects.filter(action=Action.REASON_TEXT_CHANGED).order_by("pk")
    assert [event.detail["what"] for event in events] == ["added", "edited", "deleted"]
    assert {event.target for event in events} == {f"reasontext:{text.pk}"}


def test_two_texts_of_one_title_are_refused_and_nothing_is_empty(client: Client) -> None:
    values = {"decision": "ask", "title": "Telephone", "text": "What is your number?"}
    client.post(f"{PAGE}add/", values)
    assert b"already exists" in client.post(f"{PAGE}add/", values).content
    assert b"There is a problem" in client.post(f"{PAGE}add/", {**values, "title": "Other", "text": ""}).content
    assert ReasonText.objects.filter(text="What is your number?").count() == 1
    assert client.get(f"{PAGE}999999/").status_code == 404


def test_a_decision_starts_from_a_text(client: Client) -> None:
    ReasonText.objects.create(decision="reject", title="Not & found", text="We could not find it.")
    address = f"/admin/organisations/registration/{make_registration().pk}/reject/"
    page = client.get(address)
    assert b"?text=Not%20%26%20found" in page.content
    assert client.get(f"{address}?text=Not%20%26%20found").context["form"].initial["text"] == "We could not find it."
    assert client.get(f"{address}?text=unknown").context["form"].initial["text"] == ""
