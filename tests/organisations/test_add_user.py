"""Adding a user of an organisation: whose address it may be."""

import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from accounts.models import Action, AuditEvent, Mail, User
from organisations.errors import AlreadyUserError, ElsewhereError, ForeignDomainError, UserError
from organisations.models import Membership, Organisation
from organisations.users import add_user
from tests.factories import make_join_request, make_member, make_organisation, make_user

pytestmark = pytest.mark.django_db

EMAIL = "new@example.org"


def add(organisation: Organisation, email: str = EMAIL, **changed: Any) -> Membership:
    names = {"given_name": "Ada", "family_name": "New", "job_title": "Officer"}
    return add_user(organisation=organisation, by="system:tests", email=email, **{**names, **changed})


def test_an_address_is_kept_in_lower_case(organisation: Organisation) -> None:
    assert add(organisation, " New@Example.ORG ").user.email == EMAIL


def test_a_user_of_ones_own_is_not_added_twice(organisation: Organisation) -> None:
    add(organisation)
    with pytest.raises(AlreadyUserError):
        add(organisation)
    assert Mail.objects.filter(recipient=EMAIL).count() == 1


@pytest.mark.parametrize("is_active", [True, False])
def test_a_user_of_another_organisation_cannot_be_taken_over(organisation: Organisation, is_active: bool) -> None:
    theirs = make_member(make_organisation("Elsewhere"), email=EMAIL)
    Membership.objects.filter(user=theirs).update(is_active=is_active)
    with pytest.raises(ElsewhereError) as refused:
        add(organisation)
    assert "Elsewhere" not in str(refused.value)
    assert Membership.objects.get(user=theirs).organisation.name == "Elsewhere"
    assert not Mail.objects.filter(recipient=EMAIL).exists()


def test_an_invitation_that_ran_out_keeps_nobody(organisation: Organisation) -> None:
    elsewhere = make_organisation("Elsewhere")
    add(elsewhere)
    with pytest.raises(ElsewhereError):
        add(organisation)
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        add(organisation)
    assert Membership.objects.get(user__email=EMAIL).organisation == organisation
    gone = AuditEvent.objects.get(action=Action.USER_DELETED)
    assert (gone.actor, gone.organisation) == ("system:invitations", str(elsewhere.pk))


def test_whoever_asked_to_join_and_is_added_waits_no_longer(organisation: Organisation) -> None:
    asked = make_join_request(organisation, email=EMAIL)
    other = make_join_request(make_organisation(), email=EMAIL)
    add(organisation)
    asked.refresh_from_db()
    other.refresh_from_db()
    assert (asked.state, asked.decided_by, other.state) == ("accepted", "system:tests", "waiting")
    assert AuditEvent.objects.filter(action=Action.JOIN_ACCEPTED, target=f"join_request:{asked.pk}").count() == 1


def test_an_invitation_tells_nothing_of_the_account(organisation: Organisation) -> None:
    make_user(EMAIL, given_name="Secret", family_name="Person")
    membership = add(organisation)
    assert membership.shown_name == "Ada New"
    assert User.objects.get(email=EMAIL).get_full_name() == "Secret Person"


def test_only_own_domains_if_the_organisation_says_so(organisation: Organisation) -> None:
    organisation.own_domains_only = True
    organisation.email_domains.create(domain="example.org")
    with pytest.raises(ForeignDomainError):
        add(organisation, "ada@notexample.org")
    add(organisation, "ada@staff.example.org")
    add(organisation, "ada@example.org")


@pytest.mark.django_db(transaction=True)
def test_one_of_many_who_add_the_same_person_at_once_wins() -> None:
    organisations = [make_organisation() for _number in range(8)]
    barrier, answers = threading.Barrier(len(organisations)), []

    def try_it(organisation: Organisation) -> None:
        barrier.wait()
        try:
            answers.append(str(add(organisation).organisation_id))
        except UserError as error:
            answers.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=try_it, args=(organisation,)) for organisation in organisations]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers).count("ElsewhereError") == len(organisations) - 1
    assert str(Membership.objects.get(user__email=EMAIL).organisation_id) in answers
    assert Mail.objects.filter(recipient=EMAIL).count() == 1
