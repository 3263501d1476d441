"""Public pages, error pages and what every page has in common."""

import re
from html.parser import HTMLParser

import pytest
from django.template.loader import render_to_string
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import Mail, User
from organisations.models import Membership, Role
from results.catalogue import EXAMS
from rvs.help import TOPICS
from tests.factories import make_organisation

PUBLIC = [
    "/",
    "/register/",
    "/register/sent/",
    "/register/link/",
    "/register/join/",
    "/register/join/sent/",
    "/register/student/",
    "/login/",
    "/password/reset/",
    "/help/",
    *(f"/help/{topic.slug}/" for topic in TOPICS),
    "/accessibility/",
    "/privacy/",
]
PASSWORD = "correct horse battery staple"


class Links(HTMLParser):
    """Collects what a browser would follow, and what a strict Content-Security-Policy would refuse."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.hrefs: list[str] = []
        self.ids: list[str] = []
        self.inline: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.hrefs += [href for href in [found.get("href")] if tag == "a" and href]
        self.ids += [value for value in [found.get("id")] if value]
        self.inline += [f"{tag} {name}" for name in found if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in found):
            self.inline.append(tag)


@pytest.mark.django_db
@pytest.mark.parametrize("path", [*PUBLIC, "/ui-components/"])
def test_public_page_needs_no_account_and_no_inline_code(client: Client, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 200
    page = Links(response.content.decode())
    assert page.inline == []
    assert len(page.ids) == len(set(page.ids)), "an id stands twice in the page"
    assert client.post(path).status_code in {200, 302, 405}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/", "/register/student/", "/help/", "/help/logging-in/", "/accessibility/", "/privacy/"]
)
def test_reading_is_all_that_can_be_done(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize("path", PUBLIC)
def test_no_link_is_dead(client: Client, path: str) -> None:
    hrefs = {href.partition("#")[0] for href in Links(client.get(path).content.decode()).hrefs}
    internal = {href for href in hrefs if href.startswith("/")}

    assert internal, "a page has links"
    assert not {href for href in hrefs - internal if href and not href.startswith("mailto:")}, "only our own pages"
    for href in internal:
        assert client.get(href).status_code in {200, 302}, href


@pytest.mark.django_db
@pytest.mark.parametrize("path", PUBLIC)
def test_nobody_is_invited_to_sign_up(client: Client, path: str) -> None:
    response = client.get(path)

    assertNotContains(response, "signup")
    assertNotContains(response, "sign up")


@pytest.mark.django_db
def test_landing_page_names_every_qualification_of_the_catalogue(client: Client) -> None:
    response = client.get("/")

    for exam in EXAMS.values():
        assertContains(response, exam.display_name)
    assertContains(response, "including B2 First for Schools")
    assertNotContains(response, "including C1 Advanced")


@pytest.mark.django_db
def test_unknown_help_topic_is_not_found(client: Client) -> None:
    response = client.get("/help/no-such-topic/")

    assert response.status_code == 404
    assertContains(response, "We cannot find this page", status_code=404)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("member", "staff", "start"),
    [(True, False, "/shared-results/"), (True, True, "/shared-results/"), (False, True, "/admin/"),
     (False, False, "/candidate/")],
)  # fmt: skip
def test_each_person_starts_on_their_own_page(client: Client, *, member: bool, staff: bool, start: str) -> None:
    user = User.objects.create_user("someone@example.org", PASSWORD, given_name="Sam", is_staff=staff)
    if member:
        Membership.objects.create(organisation=make_organisation("Exampleton"), user=user, role=Role.ADMIN)
    client.force_login(user)

    assertRedirects(client.get("/"), start, fetch_redirect_response=False)


@pytest.mark.django_db
def test_navigation_of_a_verifier(client: Client) -> None:
    user = User.objects.create_user("v@example.org", PASSWORD, given_name="<b>Vera</b>", family_name="O’Brien")
    organisation = make_organisation("Exampleton & Sons")
    Membership.objects.create(organisation=organisation, user=user, role=Role.ADMIN)
    client.force_login(user)

    response = client.get("/downloads/")

    text = response.content.decode()
    for label in ("Shared Results", "Candidate Search", "Downloads", "Your Organisation", "Help"):
        assert re.search(rf"<a [^>]*>\s*{label}\s*</a>", text), label
    assertContains(response, 'href="/downloads/" aria-current="true"')
    assertContains(response, "&lt;b&gt;Vera&lt;/b&gt; O’Brien")
    assertContains(response, "Exampleton &amp; Sons")
    assertNotContains(response, "Staff administration")


@pytest.mark.django_db
def test_visitor_and_candidate_do_not_get_the_verifiers_navigation(client: Client) -> None:
    assertNotContains(client.get("/help/"), 'href="/candidate-search/"')
    client.force_login(User.objects.create_user("c@example.org", PASSWORD, given_name="Cleo"))

    response = client.get("/help/")

    assertNotContains(response, 'href="/candidate-search/"')
    assertContains(response, 'href="/candidate/"')
    assert client.get("/downloads/").status_code == 403


@pytest.mark.parametrize("name", ["400.html", "500.html", "503.html"])
def test_error_page_needs_neither_request_nor_context_nor_database(name: str) -> None:
    page = render_to_string(name)

    assert "<h1>" in page
    assert 'href="/static/rvs/rvs.css"' in page
    assert Links(page).inline == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["403.html", "403_csrf.html", "404.html", "429.html"])
def test_error_page_says_what_to_do(name: str) -> None:
    page = render_to_string(name)

    assert Links(page).hrefs
    assert "Error 4" in page


@pytest.mark.django_db
def test_log_in_page_is_the_one_of_the_leaflet(client: Client) -> None:
    response = client.get("/login/")

    assertContains(response, "<h1>Verification Service</h1>", html=True)
    assertContains(response, 'name="login"')
    assertContains(response, 'name="password"')
    assertContains(response, "Don’t remember your password?")
    assertContains(response, "novalidate")


@pytest.mark.django_db
def test_reset_mail_says_that_nothing_happens_by_itself(client: Client) -> None:
    User.objects.create_user("known@example.org", PASSWORD, given_name="Kim")

    client.post("/password/reset/", {"email": "known@example.org"})

    mail = Mail.objects.get(recipient="known@example.org")
    assert mail.subject == "Set a new password for the Results Verification Service"
    assert re.search(r"^http://testserver/password/reset/key/\S+$", mail.text, re.MULTILINE)
    assert "Nothing changes until" in mail.text
    assert "helpdesk@example.org" in mail.text
    assert PASSWORD not in mail.text


@pytest.mark.django_db
def test_mail_to_an_unknown_address_invites_nobody_to_sign_up(client: Client) -> None:
    client.post("/password/reset/", {"email": "unknown@example.org"})

    mail = Mail.objects.get(recipient="unknown@example.org")
    assert "We have no account with that address" in mail.text
    assert "http://testserver/register/" in mail.text
    assert "sign up" not in mail.text.lower()
