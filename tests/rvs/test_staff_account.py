"""Who is staff is decided on the command line, with a trace."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Action, AuditEvent, Mail, User
from rvs.staff_groups import GROUPS
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def staff_account(*arguments: str) -> str:
    out = StringIO()
    call_command("staff_account", *arguments, stdout=out)
    return out.getvalue()


def test_a_new_member_of_staff_gets_the_groups_and_sets_the_password_by_mail(client: object) -> None:
    out = staff_account("Ben@examboard.example", "--name", "Ben Adeyemi Cole", "--group", "Helpdesk")
    person = User.objects.get()
    assert out == "ben@examboard.example: Helpdesk\n"
    assert (person.given_name, person.family_name, person.is_staff) == ("Ben", "Adeyemi Cole", True)
    assert not person.has_usable_password()
    assert person.get_all_permissions() == GROUPS["Helpdesk"]
    event = AuditEvent.objects.get(action=Action.STAFF_CHANGED)
    assert (event.target, event.detail) == (f"user:{person.pk}", {"groups": ["Helpdesk"]})
    client.post("/password/reset/", {"email": person.email})  # type: ignore[attr-defined]
    assert "/password/reset/key/" in Mail.objects.get(recipient=person.email).text


def test_groups_are_exactly_those_named_and_a_superuser_is_one_no_more() -> None:
    person = make_user("ann@examboard.example", is_staff=True, is_superuser=True)
    staff_account(person.email, "--group", "Helpdesk", "--group", "Results")
    staff_account(person.email, "--group", "Results")
    person = User.objects.get()
    assert person.get_all_permissions() == GROUPS["Results"]
    staff_account(person.email, "--leave")
    person = User.objects.get()
    assert (person.is_staff, person.get_all_permissions()) == (False, set())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ann@examboard.example"], "Name the groups"),
        (["ann@examboard.example", "--leave", "--group", "Results"], "Name the groups"),
        (["ann@examboard.example", "--group", "Results"], "There is no such account"),
        (["ann@examboard.example", "--leave"], "There is no such account"),
        (["ann", "--name", "Ann", "--group", "Results"], "ann is not an e-mail address"),
        (["ann@examboard.example", "--group", "Everything"], "invalid choice"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        staff_account(*arguments)
    assert not User.objects.exists()
