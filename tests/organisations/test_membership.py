"""Who may do what for an organisation, and what the database itself refuses."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertNumQueries

from organisations.models import Membership, Organisation, OrganisationState, Role
from organisations.permissions import ROLE_PERMISSIONS, Permission, may
from tests.factories import make_member, make_organisation, make_user

pytestmark = pytest.mark.django_db

DETAILS = "/organisation/"


def test_every_role_has_its_line() -> None:
    assert set(ROLE_PERMISSIONS) == set(Role.values)


@pytest.mark.parametrize("permission", list(Permission))
def test_a_suspended_organisation_may_nothing(organisation: Organisation, permission: Permission) -> None:
    membership = make_member(organisation, Role.PRIMARY).membership
    assert may(membership, permission)
    organisation.state = OrganisationState.SUSPENDED
    assert not may(membership, permission)


def test_rights_are_read_at_every_request(organisation: Organisation, verifier: Client) -> None:
    assert verifier.get(DETAILS).status_code == 200
    Organisation.objects.update(state=OrganisationState.SUSPENDED)
    assert verifier.get(DETAILS).status_code == 403
    Organisation.objects.update(state=OrganisationState.ACTIVE)
    assert verifier.get(DETAILS).status_code == 200
    Membership.objects.filter(role=Role.ADMIN).delete()
    assert verifier.get(DETAILS).status_code == 403


def test_the_page_shows_the_organisation_and_its_people_alone(organisation: Organisation, verifier: Client) -> None:
    make_member(organisation, Role.PRIMARY, given_name="Prima", family_name="Facie")
    make_member(make_organisation("Elsewhere College"), given_name="Foreign", family_name="Person")
    assertContains(verifier.get(DETAILS), "University of Example")
    page = verifier.get(f"{DETAILS}users/")
    for shown in ("Prima Facie", "Primary User", "Admin User"):
        assertContains(page, shown)
    for hidden in ("Elsewhere College", "Foreign Person"):
        assertNotContains(page, hidden)


def test_who_is_acting_for_whom_takes_one_query(verifier: Client) -> None:
    verifier.get("/account/session/")  # the first page of a session writes down the role
    with assertNumQueries(2):  # the session, and the person with their organisation
        verifier.get("/account/session/")


@pytest.mark.parametrize("role", ["owner", ""])
def test_an_unknown_role_is_refused(organisation: Organisation, role: str) -> None:
    with pytest.raises(IntegrityError, match="membership_role_known"), transaction.atomic():
        Membership.objects.create(organisation=organisation, user=make_user(), role=role)


def test_an_organisation_has_at_most_one_primary_user(organisation: Organisation) -> None:
    make_member(organisation, Role.PRIMARY)
    with pytest.raises(IntegrityError, match="membership_one_primary"), transaction.atomic():
        make_member(organisation, Role.PRIMARY)
    make_member(make_organisation(), Role.PRIMARY)
    make_member(organisation)


def test_a_person_belongs_to_one_organisation(organisation: Organisation) -> None:
    user = make_member(organisation)
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(organisation=make_organisation(), user=user, role=Role.ADMIN)


def test_an_organisation_with_members_cannot_be_deleted(organisation: Organisation) -> None:
    make_member(organisation)
    with pytest.raises(IntegrityError), transaction.atomic():
        organisation.delete()
