"""Every staff group times every address of the admin; groups are what the table says, whatever was done to them."""

import re
from typing import Final

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from organisations.models import Organisation
from results.models import Result
from rvs import staff_groups
from tests.factories import make_look, make_user
from tests.test_access_matrix import JOB, LOOK, MAIL, MATRIX, _outcome, addresses, people

pytestmark = pytest.mark.django_db
__all__ = ["addresses", "people"]  # fixtures

NOBODY: Final = "nobody"
"""Staff without any group."""
PERSONAS: Final = ("Registrations", "Results", "Helpdesk", NOBODY)

# What each gets with GET and with POST, in the order above.  One word: the same for all.
HIDDEN: Final = "403"
OWN_POST: Final = "405"
EVERYBODY: Final = {
    "admin/": ("200", "200"),
    "admin/help/": ("200", OWN_POST),
    "admin/login/": ("→/admin/", "200"),
    "admin/logout/": ("200", "→/login/"),
    "admin/password_change/": ("→/account/password/", "→/account/password/"),
    "admin/password_change/done/": ("200", OWN_POST),
    "admin/autocomplete/": ("403", OWN_POST),
    "admin/jsi18n/": ("200", OWN_POST),
    "admin/r/<path:content_type_id>/<path:object_id>/": ("404", "404"),
    "admin/(?P<url>.*)$": ("404", "404"),
    "admin/^(?P<app_label>accounts|notifications|sharing|results|organisations)/$": (
        "200 404 200 404",
        "200 404 200 404",
    ),
}
RESULTS_ONLY: Final = "403 200 403 403"
LOOKUP: Final = "403 200 200 403"
PEOPLE: Final = "200 403 200 403"
REGISTRATIONS: Final = "200 403 403 403"
ORGANISATIONS: Final = "admin/organisations/organisation/<uuid:organisation_id>/"
TABLE: Final[dict[str, tuple[str, str]]] = {
    **EVERYBODY,
    "admin/accounts/mail/<uuid:mail_id>/again/": (
        "200 403 200 403",
        f"→/admin/accounts/mail/{MAIL}/change/ 403 →/admin/accounts/mail/{MAIL}/change/ 403",
    ),
    "admin/accounts/user/<path:object_id>/open/": (OWN_POST, "200 403 200 403"),
    "admin/organisations/registration/": (PEOPLE, OWN_POST),
    "admin/organisations/registration/<uuid:registration_id>/": (PEOPLE, OWN_POST),
    **{
        f"admin/organisations/registration/<uuid:registration_id>/{step}/": (REGISTRATIONS, REGISTRATIONS)
        for step in ("approve", "reject", "ask")
    },
    "admin/organisations/joinrequest/": (PEOPLE, OWN_POST),
    "admin/organisations/joinrequest/<uuid:join_id>/accept/": (REGISTRATIONS, REGISTRATIONS),
    "admin/organisations/joinrequest/<uuid:join_id>/decline/": (REGISTRATIONS, REGISTRATIONS),
    "admin/organisations/namechange/": (PEOPLE, OWN_POST),
    "admin/organisations/namechange/<uuid:change_id>/grant/": (REGISTRATIONS, REGISTRATIONS),
    "admin/organisations/namechange/<uuid:change_id>/refuse/": (REGISTRATIONS, REGISTRATIONS),
    "admin/organisations/organisation/": (PEOPLE, PEOPLE),
    ORGANISATIONS: (PEOPLE, OWN_POST),
    **{
        f"{ORGANISATIONS}{step}/": (REGISTRATIONS, REGISTRATIONS)
        for step in ("edit", "suspend", "reinstate", "primary", "clients/<uuid:client_id>/revoke")
    },
    f"{ORGANISATIONS}users/<uuid:membership_id>/resend/": (OWN_POST, "404 403 403 403"),
    "admin/organisations/reasontext/": (PEOPLE, OWN_POST),
    "admin/organisations/reasontext/add/": (REGISTRATIONS, REGISTRATIONS),
    "admin/organisations/reasontext/<int:text_id>/": (REGISTRATIONS, REGISTRATIONS),
    "admin/organisations/reasontext/<int:text_id>/delete/": (
        REGISTRATIONS,
        "→/admin/organisations/reasontext/ 403 403 403",
    ),
    "admin/results/importjob/": (RESULTS_ONLY, RESULTS_ONLY),
    "admin/results/importjob/add/": (RESULTS_ONLY, RESULTS_ONLY),
    "admin/results/importjob/<uuid:job_id>/": (RESULTS_ONLY, OWN_POST),
    "admin/results/importjob/<uuid:job_id>/problems/": (RESULTS_ONLY, OWN_POST),
    "admin/results/importjob/<uuid:job_id>/rejects.csv": ("403 404 403 403", OWN_POST),
    **{
        f"admin/results/importjob/<uuid:job_id>/{step}/": (OWN_POST, f"403 →/admin/results/importjob/{JOB}/ 403 403")
        for step in ("confirm", "discard", "restart")
    },
    "admin/results/result/": (LOOKUP, LOOKUP),
    "admin/results/result/held/": (LOOKUP, OWN_POST),
    "admin/results/result/open/": (OWN_POST, "403 404 404 403"),
    "admin/results/result/<uuid:look_id>/": (LOOKUP, OWN_POST),
    "admin/results/result/<uuid:look_id>/photo/<int:number>/": (LOOKUP, OWN_POST),
    **{
        f"admin/results/result/<uuid:look_id>/{step}/": (OWN_POST, f"403 →/admin/results/result/{LOOK}/ 403 403")
        for step in ("hold", "release")
    },
}
READERS: Final = {
    "accounts/auditevent": "403 403 403 403",
    "accounts/mail": "200 403 200 403",
    "accounts/refusedaddress": "200 403 200 403",
    "accounts/user": "200 403 200 403",
    "results/importbatch": "403 200 403 403",
    "results/claim": "403 200 200 403",
    "sharing/organisationinvitation": "200 403 200 403",
    "sharing/organisationnotice": "403 200 403 403",
    "notifications/webhook": "200 403 200 403",
    "sharing/pause": "200 200 200 403",
}
for _model, _row in READERS.items():
    TABLE.update({
        f"admin/{_model}/": (_row, _row),
        f"admin/{_model}/add/": (HIDDEN, HIDDEN),
        f"admin/{_model}/<path:object_id>/": ("→change/", "→change/"),
        f"admin/{_model}/<path:object_id>/change/": (_row, HIDDEN),
        f"admin/{_model}/<path:object_id>/delete/": (HIDDEN, HIDDEN),
        f"admin/{_model}/<path:object_id>/history/": (_row, _row),
    })  # fmt: skip


def make_staff(group: str) -> User:
    person = make_user(is_staff=True)
    if group != NOBODY:
        person.groups.add(Group.objects.get(name=group))
    return person


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_every_address_of_the_admin_is_in_the_table() -> None:
    assert sorted(TABLE) == sorted(route for route in MATRIX if route.startswith("admin/"))


@pytest.mark.parametrize("group", PERSONAS)
@pytest.mark.parametrize(("column", "method"), [(0, "GET"), (1, "POST")])
def test_each_group_gets_what_the_table_says(
    group: str, column: int, method: str, addresses: dict[str, str], organisation: Organisation
) -> None:
    person = make_staff(group)
    look = make_look(Result.objects.get(), person).pk
    outcomes, expected = {}, {}
    for route, rows in TABLE.items():
        # Each has a look of their own: another's is closed to them.
        address = addresses[route].replace(LOOK, str(look))
        outcomes[route] = _outcome(client_of(person), method, address).replace(str(look), LOOK)
        words = rows[column].split()
        expected[route] = words[0] if len(words) == 1 else words[PERSONAS.index(group)]
    assert outcomes == expected


def test_anothers_look_at_a_record_is_closed(addresses: dict[str, str]) -> None:
    client = client_of(make_staff("Results"))
    route = "admin/results/result/<uuid:look_id>/"
    assert client.get(addresses[route])["Location"] == "/admin/results/result/"
    assert client.get(addresses[f"{route}photo/<int:number>/"]).status_code == 404


@pytest.mark.parametrize("group", staff_groups.GROUPS)
def test_the_groups_have_exactly_what_the_table_says(group: str) -> None:
    assert make_staff(group).get_all_permissions() == staff_groups.GROUPS[group]


def test_what_somebody_added_by_hand_is_taken_away_by_the_next_migration() -> None:
    stranger = Group.objects.create(name="Stranger")
    everything = Permission.objects.all()
    for group in Group.objects.all():
        group.permissions.set(everything)

    call_command("migrate", verbosity=0)

    assert make_staff("Helpdesk").get_all_permissions() == staff_groups.GROUPS["Helpdesk"]
    assert not stranger.permissions.exists()


def test_no_group_may_change_or_delete_anything_but_texts_with_djangos_permissions() -> None:
    given = {name.partition(".")[2].partition("_")[0] for names in staff_groups.GROUPS.values() for name in names}
    assert given == {
        "view",
        "add",
        "change",
        "delete",
        "confirm",
        "hold",
        "lift",
        "move",
        "decide",
        "supervise",
        "send",
    }
    rows = re.compile(r"\.(add|change|delete)_")
    edited = {name for names in staff_groups.GROUPS.values() for name in names if rows.search(name)}
    assert edited == {
        "results.add_importjob",
        *(f"organisations.{step}_reasontext" for step in ("add", "change", "delete")),
    }
