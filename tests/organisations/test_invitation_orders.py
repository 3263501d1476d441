"""In whatever order an invitation is sent, withdrawn, replaced and used, nobody gets a place that is not theirs."""

from collections.abc import Callable
from typing import Final

import pytest
from django.test import Client

from accounts.models import Mail, User
from organisations import invitations, leaving, users
from organisations.errors import UserError
from organisations.models import Membership, Organisation, Role
from tests.factories import make_member, make_organisation
from tests.organisations.mails import invitation_link

pytestmark = pytest.mark.django_db

CHOSEN: Final = {"password1": "quite-another-passphrase", "password2": "quite-another-passphrase"}
ORDERS: Final = {
    "invite accept": True,
    "invite accept accept": True,
    "invite resend accept_first": False,
    "invite resend accept": True,
    "invite resend accept_first accept": True,
    "invite deactivate accept": False,
    "invite deactivate reactivate accept": False,
    "invite deactivate reactivate resend accept": True,
    "invite delete accept": False,
    "invite delete invite accept": True,
    "invite delete invite accept_first": False,
    "invite change_email accept": False,
    "invite change_email resend accept": True,
    "invite accept deactivate": False,
    "invite accept deactivate accept": False,
    "invite accept deactivate reactivate": True,
    "invite accept delete": False,
    "invite accept delete accept": False,
    "invite accept delete invite": False,
    "invite accept delete invite accept_first": False,
    "invite accept delete invite accept": True,
    "invite invite_elsewhere accept": True,
    "invite delete invite_elsewhere accept": False,
    "invite delete invite_elsewhere accept_first": False,
}


class Story:
    """One person, whom two organisations want."""

    def __init__(self, organisation: Organisation) -> None:
        self.organisation, self.elsewhere = organisation, make_organisation("Elsewhere")
        self.boss = make_member(organisation, Role.PRIMARY)
        self.email, self.links = "ada@example.org", [""]

    def do(self, step: str) -> None:
        action: Callable[[], object] = getattr(self, step)
        sent = Mail.objects.count()
        try:
            action()
        except UserError:
            assert step == "invite_elsewhere", "only the other organisation may be refused here"
        if Mail.objects.count() > sent and step in {"invite", "resend", "invite_elsewhere"}:
            self.links = [link for link in self.links if link] + [invitation_link(self.email)]

    @property
    def membership(self) -> Membership:
        return Membership.objects.get(user__email=self.email)

    def invite(self) -> None:
        self._invite(self.organisation)

    def invite_elsewhere(self) -> None:
        self._invite(self.elsewhere)

    def resend(self) -> None:
        invitations.resend(membership=self.membership, by=self.boss)

    def accept(self) -> None:
        Client().post(self.links[-1], CHOSEN)

    def accept_first(self) -> None:
        Client().post(self.links[0], CHOSEN)

    def deactivate(self) -> None:
        leaving.deactivate(membership=self.membership, by=self.boss)

    def reactivate(self) -> None:
        leaving.reactivate(membership=self.membership, by=self.boss)

    def delete(self) -> None:
        leaving.delete(membership=self.membership, by=self.boss)

    def change_email(self) -> None:
        User.objects.filter(email=self.email).update(email="ada@example.com")
        self.email = "ada@example.com"

    def _invite(self, organisation: Organisation) -> None:
        users.add_user(
            organisation=organisation,
            by="system:tests",
            given_name="Ada",
            family_name="New",
            job_title="Officer",
            email=self.email,
        )


@pytest.mark.parametrize("order", ORDERS)
def test_only_the_newest_link_that_still_stands_opens_the_place(organisation: Organisation, order: str) -> None:
    story = Story(organisation)
    for step in order.split():
        story.do(step)
    here = organisation.memberships.in_force().filter(user__email=story.email)
    assert here.exists() is ORDERS[order]
    client = Client()
    client.post("/login/", {"login": story.email, "password": CHOSEN["password1"]})
    elsewhere = order == "invite delete invite_elsewhere accept"
    assert (client.get("/organisation/").status_code == 200) is (ORDERS[order] or elsewhere)
    assert story.elsewhere.memberships.in_force().filter(user__email=story.email).exists() is elsewhere
