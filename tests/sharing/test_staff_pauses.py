"""Staff see what the limits paused, and lift it with a reason."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Action, AuditEvent
from organisations.models import Organisation
from sharing.models import Pause
from tests.factories import make_user
from tests.rvs.test_staff_groups import client_of, make_staff

pytestmark = pytest.mark.django_db

PAGE = "/admin/sharing/pause/"


@pytest.fixture
def pause(organisation: Organisation) -> Pause:
    until = timezone.now() + timedelta(hours=1)
    return Pause.objects.create(scope="organisation", organisation=organisation, misses=31, until=until)


def lift(client: Client, pause: Pause, reason: str) -> str:
    data = {"action": "lift", "_selected_action": [pause.pk], "reason": reason}
    text: str = client.post(PAGE, data, follow=True).content.decode()
    pause.refresh_from_db()
    return text


def test_a_pause_is_lifted_with_a_reason(pause: Pause) -> None:
    client = client_of(make_staff("Registrations"))
    assert "1 pause was lifted." in lift(client, pause, "They had a list with wrong dates")
    assert pause.lift_reason == "They had a list with wrong dates"
    assert AuditEvent.objects.get(action=Action.PAUSE_LIFTED).detail == {"reason": pause.lift_reason}


def test_not_without_a_reason_and_not_twice(pause: Pause) -> None:
    client = client_of(make_staff("Registrations"))
    assert "Say why the pause is lifted." in lift(client, pause, "  ")
    assert pause.lifted_at is None
    lift(client, pause, "A reason")
    assert "This pause is over." in lift(client, pause, "Another reason")
    assert pause.lift_reason == "A reason"


@pytest.mark.parametrize("group", ["Results", "Helpdesk"])
def test_who_may_only_look_cannot_lift(pause: Pause, group: str) -> None:
    client = client_of(make_staff(group))
    assert "University of Example" in client.get(PAGE).content.decode()
    lift(client, pause, "A reason")
    assert pause.lifted_at is None


def test_running_ones_can_be_told_from_others_and_users_have_names(pause: Pause, organisation: Organisation) -> None:
    person = make_user(given_name="Vera")
    over = timezone.now() - timedelta(hours=1)
    Pause.objects.create(scope="user", organisation=organisation, actor=f"user:{person.pk}", misses=31, until=over)
    client = client_of(make_staff("Helpdesk"))
    shown = {choice: client.get(f"{PAGE}?running={choice}").context["cl"].queryset for choice in ("yes", "no")}
    assert {choice: [each.scope for each in rows] for choice, rows in shown.items()} == {
        "yes": ["organisation"],
        "no": ["user"],
    }
    assert f"Vera Example ({person.email})" in client.get(PAGE).content.decode()
