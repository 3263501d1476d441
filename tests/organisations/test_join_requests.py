"""Who asks to join waits on top of the list of users, until the Primary User answers."""

import threading

import pytest
from django.db import connection
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains

from accounts.models import Action, AuditEvent, Mail
from organisations import join_requests
from organisations.errors import UserError
from organisations.models import JoinRequest, Membership, Organisation, Role
from tests.factories import make_join_request, make_member, make_organisation
from tests.organisations.mails import invitation_link

pytestmark = pytest.mark.django_db

LIST = "/organisation/users/"


@pytest.fixture
def asked(organisation: Organisation) -> JoinRequest:
    return make_join_request(organisation, email="jo@example.org")


def test_it_is_shown_with_a_warning_for_an_unknown_domain(
    organisation: Organisation, asked: JoinRequest, primary: Client, verifier: Client
) -> None:
    assertContains(primary.get(LIST), "They ask to join")
    assertContains(primary.get(LIST), "This address is not in a confirmed e-mail domain")
    organisation.email_domains.create(domain="example.org", confirmed=True)
    assertNotContains(primary.get(LIST), "This address is not in a confirmed e-mail domain")
    assertContains(verifier.get(LIST), "Jo Ning")
    assertNotContains(verifier.get(LIST), "Decline")


def test_nobody_sees_it_before_its_address_is_confirmed(organisation: Organisation, primary: Client) -> None:
    hidden = make_join_request(organisation, state="unconfirmed", confirmed_at=None, due_on=None)
    assertNotContains(primary.get(LIST), "They ask to join")
    assert primary.post(f"{LIST}requests/{hidden.pk}/accept/").status_code == 404


def test_accepting_makes_an_admin_user(organisation: Organisation, asked: JoinRequest, primary: Client) -> None:
    assertContains(primary.post(f"{LIST}requests/{asked.pk}/accept/", follow=True), "jo@example.org has been sent")
    added = Membership.objects.get(user__email="jo@example.org")
    assert (added.organisation, added.role, added.shown_name) == (organisation, Role.ADMIN, "Jo Ning")
    assert invitation_link("jo@example.org")
    asked.refresh_from_db()
    boss = organisation.memberships.get(role=Role.PRIMARY).user
    assert (asked.state, asked.decided_by) == ("accepted", f"user:{boss.pk}")
    assert AuditEvent.objects.filter(action=Action.JOIN_ACCEPTED, target=f"join_request:{asked.pk}").count() == 1


def test_declining_tells_the_person(asked: JoinRequest, primary: Client) -> None:
    assertContains(primary.post(f"{LIST}requests/{asked.pk}/decline/", follow=True), "has been declined")
    assert "did not accept your request" in Mail.objects.get(recipient="jo@example.org").text
    assert not Membership.objects.filter(user__email="jo@example.org").exists()
    assertNotContains(primary.get(LIST), "They ask to join")


def test_it_is_answered_once(asked: JoinRequest, primary: Client) -> None:
    primary.post(f"{LIST}requests/{asked.pk}/decline/")
    assertContains(primary.post(f"{LIST}requests/{asked.pk}/accept/", follow=True), "has been answered already")
    assert not Membership.objects.filter(user__email="jo@example.org").exists()


def test_who_belongs_elsewhere_meanwhile_is_refused_and_the_request_stays(asked: JoinRequest, primary: Client) -> None:
    make_member(make_organisation(), email="jo@example.org")
    page = primary.post(f"{LIST}requests/{asked.pk}/accept/", follow=True)
    assertContains(page, "in use with another organisation")
    assertContains(page, "They ask to join")
    asked.refresh_from_db()
    assert asked.state == "waiting"


def test_anothers_request_looks_like_none(primary: Client) -> None:
    foreign = make_join_request(make_organisation())
    for answer in ("accept", "decline"):
        assert primary.post(f"{LIST}requests/{foreign.pk}/{answer}/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_many_answers_at_once_one_counts() -> None:
    organisation = make_organisation()
    boss = make_member(organisation, Role.PRIMARY)
    asked = make_join_request(organisation, email="jo@example.org")
    barrier, answers = threading.Barrier(8), []

    def answer(number: int) -> None:
        barrier.wait()
        try:
            if number % 2:
                join_requests.accept(request=asked, by=boss)
            else:
                join_requests.decline(request=asked, by=boss)
            answers.append("accepted" if number % 2 else "declined")
        except UserError:
            answers.append("")
        finally:
            connection.close()

    threads = [threading.Thread(target=answer, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    asked.refresh_from_db()
    assert sorted(answers) == [""] * 7 + [asked.state]
    assert Membership.objects.filter(user__email="jo@example.org").exists() == (asked.state == "accepted")
    assert Mail.objects.filter(recipient="jo@example.org").count() == 1
