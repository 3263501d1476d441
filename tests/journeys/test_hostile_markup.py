"""Markup in names and other texts, in a browser: it is read, it does nothing, and nobody is asked for anything."""

from datetime import date

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from organisations.models import Organisation, Role
from sharing import door
from tests.factories import make_member, make_organisation, make_result
from tests.hostile.markup import listening, texts
from tests.journeys.conftest import OpenPage
from tests.journeys.test_verify_candidate import log_in


@pytest.fixture
def organisation(transactional_db: None) -> Organisation:
    return make_organisation("University of Example")


@pytest.mark.parametrize("part", range(4))
def test_a_browser_shows_markup_as_text_and_asks_nobody(
    open_page: OpenPage, live_server: LiveServer, organisation: Organisation, part: int
) -> None:
    with listening() as (listener, heard):
        # Given results, a person and an organisation that are named with markup
        names = texts(listener, 150)[part::4]
        user = make_member(organisation, Role.PRIMARY, given_name=names[0], family_name=names[1], job_title=names[2])
        organisation.name = names[3]
        organisation.save()
        for number, name in enumerate(names):
            make_result(f"M{number}", given_names=name, family_name=name, centre_name=name, place_of_entry=name)
            door.check_by_number(
                organisation=organisation,
                actor=f"user:{user.pk}",
                number=f"M{number}",
                date_of_birth=date(1999, 2, 24),
                applicant_reference=name[:64],
                now=timezone.now(),
            )
        # When that person looks at everything
        page = open_page(f"{live_server.url}/login/")
        log_in(page, user)
        for address in ("/account/", "/account/details/", "/account/sessions/", "/organisation/", "/candidate-search/"):
            page.goto(f"{live_server.url}{address}")
        expect(page.get_by_text(names[0]).first).to_be_visible()
        for name in names:
            page.goto(f"{live_server.url}/candidate-search/")
            page.get_by_role("link", name=f"{name} {name}").first.click()
            # Then every name stands there as it was written
            expect(page.get_by_role("heading", level=1)).to_have_text(f"{name} {name}")
        page.wait_for_timeout(300)
    # And the listener, like the other hosts that `open_page` watches, was asked for nothing
    assert heard == []
