"""Requests to join that a Primary User leaves unanswered: staff see and answer them once they are overdue."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Action, AuditEvent, Mail, User
from organisations import join_requests
from organisations.errors import AnsweredError, NotPrimaryError, UserError
from organisations.models import JoinRequest, JoinState, Organisation, Role
from organisations.working_days import uk_date
from tests.factories import make_join_request, make_member, make_organisation, make_user
from tests.rvs.test_staff_groups import client_of, make_staff

pytestmark = pytest.mark.django_db

PAGE = "/admin/organisations/joinrequest/"


def days(number: int) -> date:
    return uk_date(timezone.now()) + timedelta(days=number)


@pytest.fixture
def overdue(organisation: Organisation) -> JoinRequest:
    return make_join_request(organisation, due_on=days(-1), email="jo@example.org")


@pytest.fixture
def registrations(db: None) -> Client:
    return client_of(make_staff("Registrations"))


def test_staff_see_what_is_overdue_and_nothing_else(overdue: JoinRequest, registrations: Client) -> None:
    older = make_join_request(overdue.organisation, due_on=days(-3))
    today = make_join_request(overdue.organisation, due_on=days(0))
    make_join_request(overdue.organisation, state=JoinState.UNCONFIRMED, confirmed_at=None, due_on=None)
    assert list(registrations.get(PAGE).context["rows"]) == [older, overdue]
    page = registrations.post(f"{PAGE}{today.pk}/accept/", {"reason": "Seen"}, follow=True)
    assert "does not wait for staff" in page.content.decode()
    today.refresh_from_db()
    assert today.state == JoinState.WAITING


def test_staff_accept_and_the_person_is_invited(overdue: JoinRequest, registrations: Client) -> None:
    assert "jo@example.org" in registrations.get(f"{PAGE}{overdue.pk}/accept/").content.decode()
    registrations.post(f"{PAGE}{overdue.pk}/accept/", {"reason": "The registrar vouches for them"})
    member = overdue.organisation.memberships.get(user__email="jo@example.org")
    assert (member.role, member.is_pending) == (Role.ADMIN, True)
    assert "/invitation/" in Mail.objects.get(recipient="jo@example.org").text
    event = AuditEvent.objects.get(action=Action.JOIN_ACCEPTED)
    assert event.detail == {"reason": "The registrar vouches for them"}
    overdue.refresh_from_db()
    assert (overdue.state, overdue.decided_by) == (JoinState.ACCEPTED, event.actor)


def test_staff_decline_and_the_person_is_told(overdue: JoinRequest, registrations: Client) -> None:
    registrations.post(f"{PAGE}{overdue.pk}/decline/", {"reason": "Nobody knows them"})
    overdue.refresh_from_db()
    assert overdue.state == JoinState.DECLINED
    mail = Mail.objects.get(recipient="jo@example.org")
    assert "Nobody knows them" not in mail.text
    assert AuditEvent.objects.get(action=Action.JOIN_DECLINED).detail == {"reason": "Nobody knows them"}


@pytest.mark.parametrize("step", ["accept", "decline"])
def test_a_reason_is_needed(overdue: JoinRequest, registrations: Client, step: str) -> None:
    assert "Give the reason" in registrations.post(f"{PAGE}{overdue.pk}/{step}/", {"reason": " "}).content.decode()
    with pytest.raises(NotPrimaryError):
        getattr(join_requests, step)(request=overdue, by=make_staff("Registrations"))
    overdue.refresh_from_db()
    assert overdue.state == JoinState.WAITING


def test_what_the_primary_user_answered_first_is_answered(overdue: JoinRequest) -> None:
    join_requests.decline(request=overdue, by=make_member(overdue.organisation, Role.PRIMARY))
    with pytest.raises(AnsweredError):
        join_requests.accept(request=overdue, by=make_staff("Registrations"), reason="Seen")


@pytest.mark.parametrize("group", ["Helpdesk", "Results"])
def test_who_may_not_decide_cannot(overdue: JoinRequest, group: str) -> None:
    person = make_staff(group)
    assert client_of(person).post(f"{PAGE}{overdue.pk}/accept/", {"reason": "Seen"}).status_code == 403
    with pytest.raises(NotPrimaryError):
        join_requests.accept(request=overdue, by=person, reason="Seen")


def test_before_it_is_overdue_it_is_the_primary_users_affair(organisation: Organisation) -> None:
    waiting = make_join_request(organisation, due_on=days(0))
    with pytest.raises(NotPrimaryError):
        join_requests.accept(request=waiting, by=make_staff("Registrations"), reason="Seen")


def test_an_address_in_use_elsewhere_is_told_to_staff(overdue: JoinRequest, registrations: Client) -> None:
    make_member(make_organisation(), email="jo@example.org")
    page = registrations.post(f"{PAGE}{overdue.pk}/accept/", {"reason": "Seen"}, follow=True)
    assert "another organisation" in page.content.decode()
    overdue.refresh_from_db()
    assert overdue.state == JoinState.WAITING


@pytest.mark.django_db(transaction=True)
def test_of_staff_and_the_primary_user_at_once_one_answers() -> None:
    organisation = make_organisation()
    primary = make_member(organisation, Role.PRIMARY)
    staff = make_user(is_staff=True, is_superuser=True)
    for _round in range(5):
        waiting = make_join_request(organisation, due_on=days(-1))
        start = Barrier(2)

        def answer(person: User, waiting: JoinRequest = waiting, start: Barrier = start) -> str:
            try:
                start.wait()
                if person == staff:
                    join_requests.accept(request=waiting, by=staff, reason="Seen")
                else:
                    join_requests.decline(request=waiting, by=primary)
            except UserError as error:
                return type(error).__name__
            finally:
                connection.close()
            return ""

        with ThreadPoolExecutor(2) as pool:
            told = sorted(pool.map(answer, [staff, primary]))
        assert told == ["", "AnsweredError"]
        waiting.refresh_from_db()
        invited = organisation.memberships.filter(user__email=waiting.email).exists()
        assert invited == (waiting.state == JoinState.ACCEPTED)
