"""Games with the protocol on every address: no fault of ours, no foreign host in a mail, no way off the site."""

import re
from collections.abc import Iterable
from copy import deepcopy
from typing import Any, Final
from urllib.parse import quote

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import Mail
from tests.factories import PASSWORD, make_user
from tests.hostile.addresses import some
from tests.hostile.test_forms import put_away
from tests.results.loading import undone

pytestmark = pytest.mark.django_db

EVIL: Final = "evil.example"
HOSTS: Final[list[dict[str, str]]] = [
    *({"Host": host} for host in (
        EVIL, f"testserver.{EVIL}", f"testserver@{EVIL}", f"testserver:80@{EVIL}", f"{EVIL}#testserver",
        f"{EVIL}/testserver",
        f"{EVIL}?testserver", f"testserver, {EVIL}", f"{EVIL}, testserver", f"testserver {EVIL}",
        f"testserver\t{EVIL}",
        f"testserver:{EVIL}", f"testserver:80:{EVIL}", "testserver:99999", "testserver:-1", "testserver:0x50",
        "testserver:",
        ":80", "", ".", "testserver.", "TESTSERVER", "LOCALHOST.", f".{EVIL}", f"*.{EVIL}", "*", "[::1]",
        f"[::1]@{EVIL}",
        f"[{EVIL}]", "[::1", "127.1", "2130706433", "0", "xn--",
        "ｔｅｓｔｓｅｒｖｅｒ", "testserver\x00", "testserver%00",
        f"testserver%40{EVIL}",
        "a" * 300, f"testserver\\{EVIL}", f"//{EVIL}", f"https://{EVIL}/", "null", "testserver;x", "testserver'",
        '"><script>',
    )),
    *({name: value} for name in ("X-Forwarded-Host", "X-Forwarded-Server", "X-Host", "X-Original-Host",
    "Forwarded-Host")
      for value in (EVIL, f"testserver, {EVIL}")),
    {"Forwarded": f"for=1.1.1.1;host={EVIL};proto=https"},
    {"X-Original-URL": f"https://{EVIL}/"}, {"X-Rewrite-URL": f"//{EVIL}/"}, {"X-Forwarded-Prefix": f"//{EVIL}"},
    {"X-Forwarded-Proto": "gopher", "X-Forwarded-Port": "1"}, {"X-HTTP-Method-Override": "DELETE"},
    {"X-Forwarded-For": "'; DROP TABLE x; --, ::ffff:1.2.3.4%lo, 999.1.1.1"}, {"X-Forwarded-For": "1.1.1.1," * 3_000},
    {"Origin": f"https://{EVIL}", "Referer": f"https://{EVIL}/"}, {"Origin": "null", "Referer": "\x7f"},
    {"Accept": "*/*;q=NaN," * 2_000}, {"Accept-Language": "a" * 9_000}, {"Accept-Encoding": "gzip;q=x"},
    {"Range": "bytes=0-,5-,9-" * 500}, {"If-Modified-Since": "Thu, 99 Foo 99999 99:99:99 GMT"},
    {"If-None-Match": '"' * 999},
    {"Authorization": "Basic ====", "Cookie": ""}, {"Authorization": "Bearer " + "x" * 9_000},
]  # fmt: skip
PATHS: Final = (
    "",
    "/",
    "\\",
    "//",
    "///",
    "\\\\",
    "/\\",
    "\\/",
    "/\t/",
    "\t//",
    " //",
    "\n//",
    "\x01//",
    "/%09/",
    "/%2f",
    "//%2e%2e/",
)
REDIRECTS: Final = [
    *(f"{start}{EVIL}" for start in PATHS if start not in {"", "/", "/%2f", "/%09/"}),
    *(f"{scheme}{EVIL}" for scheme in ("https://", "http:", "https:", "http:/",
    "https:\\\\", "HTTPS://", "ftp://", "//a@", "hTTp:///")),
    *(f"{start}{EVIL}/login/" for start in ("//testserver@", "http://testserver@", "http://testserver:80@",
    "//testserver%40", "////")),
    f"https://testserver.{EVIL}", f"https://{EVIL}#testserver", f"https://{EVIL}?testserver",
    f"https://{EVIL}\\@testserver",
    f"https://testserver\\.{EVIL}", f"http://[::1]@{EVIL}", f"//[{EVIL}", "//[::1", f"http://{EVIL}%00.testserver/",
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "\x01javascript:alert(1)",
    " javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>", "vbscript:x", "file:///etc/passwd", "blob:x", "about:blank",
    "mailto:a@b",
    f"/\t/{EVIL}", f"/\n/{EVIL}", f"/\r/{EVIL}", f"/\\/{EVIL}", f"/.//{EVIL}", f"/..//{EVIL}",
    f"/%0d%0aLocation:https://{EVIL}",
    f"\r\nLocation: https://{EVIL}", "/\r\nSet-Cookie: a=b", f"／／{EVIL}", f"//{EVIL}/%2f..", f"。{EVIL}",
    "//ｅvil.example",
    f"https:{EVIL}", f"https:////{EVIL}", f"///{EVIL}/..", f"/\u200b/{EVIL}", "http://", "//", "///",
    "\\\\\\", "%", "\0", "/" * 5_000,
    f"http://a.b:99999999/{EVIL}", f"//{EVIL}:80", "http:///", "///a",
]  # fmt: skip
METHODS: Final = (
    "HEAD",
    "OPTIONS",
    "PUT",
    "PATCH",
    "DELETE",
    "TRACE",
    "CONNECT",
    "PROPFIND",
    "MKCOL",
    "FOO",
    "get",
    "GET ",
    "*",
)
FORM: Final = "application/x-www-form-urlencoded"
BODIES: Final[list[tuple[str, bytes]]] = [
    ("application/json", b"{"), ("application/json", b"[" * 50_000), ("text/xml",
    b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///'>]>"),
    ("", b"a=b"), ("x", b"\0" * 1_000), (f"{FORM}; charset=utf-99", b"a=b"), (f"{FORM}; charset=utf-7", b"a=+ADw-"),
    (FORM, b"%"), (FORM, b"a=%zz&%00=%ff"), (FORM, b"=&=&" * 400), (FORM, b"a=1&" * 600),
    (FORM, b"a=" + b"x" * 2_000_000),
    ("multipart/form-data", b"--x"), ("multipart/form-data; boundary=", b"--x"), ("multipart/form-data; boundary=x",
    b""),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\ncut off"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--"),
    ("multipart/form-data; boundary=x",
    b"--x\r\nContent-Disposition: form-data; name=\"a\xff\"\r\n\r\n\xff\r\n--x--"),
    ("multipart/form-data; boundary=x",
    b"--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"../../\0x\"\r\n\r\n1\r\n--x--"),
    ("multipart/form-data; boundary=x",
     b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\r\n--x--"),
    ("multipart/form-data; boundary=x",
    b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n" * 700 + b"--x--"),
    ("multipart/form-data; boundary=x",
     b"--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n\r\n1\r\n" * 200 + b"--x--"),
    ("multipart/form-data; boundary=" + "x" * 5_000, b"--x"), ("multipart/form-data; boundary=\xff", b"--x"),
    ("multipart/mixed; boundary=x", b"--x--"), ("multipart/form-data; boundary=x; charset=\xff", b"--x--"),
]  # fmt: skip
QUERIES: Final = (
    "%", "%zz", "%00", "a=%00", "%ff%fe=%ff", "a" * 20_000, "&" * 5_000, "a[]=1&a[x]=2",
    "next=%0d%0aSet-Cookie:%20a=b", "?" * 99,
    "q=%00", "o=-99999999999999999999", "o=x.y.z", "p=1e9", "p=-1", "id__exact=%00", "id__exact=x",
    "password__startswith=a",
    "user__password__regex=.", "_changelist_filters=%00", "_to_field=password", "_popup=1", "e=1", "all=", "page=0",
)  # fmt: skip
COOKIES: Final = (
    r'session="\000\000\000\000\000\000\000\000\000"', "session=" + "x" * 9_000,
    "session=../../../../etc/passwd; csrf=\xff\xfe",
    "session=a;session=b;session=c", "=;=;=", ";" * 3_000,
    'messages="W1siX19qc29uX21lc3NhZ2UiXV0"', r'csrf="\000"; messages="\000"',
    "sessionid='; DROP TABLE x; --", "session=" + quote("ﷺ" * 500),
    r'device="\377\000"; session="\377"', "language=../../x",
)  # fmt: skip


def no_fault(answer: Any, *what: object) -> None:
    put_away(answer)
    assert answer.status_code < 500, what
    if "Location" in answer.headers:
        assert stays(answer.headers["Location"]), (answer.headers["Location"], what)
    assert not any("\r" in value or "\n" in value for value in answer.headers.values()), what


def stays(location: str) -> bool:
    """Whether a browser that is sent there is still with us.  It ignores tabs and line breaks, and takes \\ for /."""
    seen = re.sub(r"[\t\r\n]", "", location).strip("".join(map(chr, range(33)))).replace("\\", "/")
    seen = re.sub("^http://testserver(?=$|/)", "", seen)
    return seen == "//" or (
        not seen.startswith("//") and (seen.startswith(("/", "?", ".")) or not re.match(r"[a-zA-Z][\w+.-]*:", seen))
    )


@pytest.mark.parametrize(
    "location",
    [f"//{EVIL}", f"/\\{EVIL}", f"\t/\t/{EVIL}", f"https://{EVIL}", f"http://testserver@{EVIL}", "javascript:1"],
)
def test_a_way_off_the_site_is_noticed(location: str) -> None:
    assert not stays(location)


@pytest.mark.parametrize("headers", HOSTS, ids=lambda headers: ascii(headers)[:60])
def test_mail_and_redirects_name_our_host_whatever_a_request_claims(headers: dict[str, str]) -> None:
    person = make_user("known@example.org")
    client = Client()

    for address in ("/", "/login/", "/help", "/verifiers", "/candidate/", "/admin/"):
        no_fault(client.get(address, headers=headers), address, headers)
    answer = client.post("/password/reset/", {"email": person.email}, headers=headers)

    no_fault(answer, headers)
    mails = list(Mail.objects.all())
    assert bool(mails) == (answer.status_code == 302)
    for mail in mails:
        said = f"{mail.subject} {mail.text} {mail.html} {mail.headers} {mail.sender}"
        assert set(re.findall(r"https?://([^/\s\"]+)", said)) == {"testserver"}
        assert EVIL not in said
        assert settings.PUBLIC_BASE_URL in mail.text


def test_there_are_enough_games() -> None:
    assert len({str(headers) for headers in HOSTS if "Host" in str(headers)}) >= 40
    assert len(set(REDIRECTS)) >= 60


@pytest.mark.parametrize("target", REDIRECTS, ids=lambda target: ascii(target)[:50])
def test_nobody_is_sent_off_the_site(target: str) -> None:
    person = make_user("known@example.org")
    for address, data in (
        (f"/login/?next={quote(target)}", {"login": person.email, "password": PASSWORD}),
        ("/login/", {"login": person.email, "password": PASSWORD, "next": target}),
        (f"/admin/login/?next={quote(target)}", {"login": person.email, "password": PASSWORD}),
    ):
        with undone():
            client = Client()
            no_fault(client.get(address), address)
            no_fault(client.post(address, data), address, target)
            for page in ("/logout/", "/account/confirm/", "/login/"):
                no_fault(client.get(page, {"next": target}), page, target)
                no_fault(client.post(page, {"next": target, "password": PASSWORD}), page, target)


def play(targets: list[tuple[Client, str]], games: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """Each game (a method and what else the request holds) on the addresses; nothing that it does stays."""
    for turn, (method, options) in enumerate(games):
        for client, address in some(targets, turn):
            with undone():
                cookies = deepcopy(client.cookies)
                no_fault(client.generic(method, address, **options), method, address, options)
                client.cookies = cookies  # after a log-out too


def test_methods(targets: list[tuple[Client, str]]) -> None:
    play(targets, [(method, {"data": b"a=b"}) for method in METHODS])


def test_bodies(targets: list[tuple[Client, str]]) -> None:
    play(targets, [("POST", {"data": body, "content_type": kind}) for kind, body in BODIES])


def test_queries(targets: list[tuple[Client, str]]) -> None:
    play(targets, [("GET", {"QUERY_STRING": query}) for query in QUERIES])


def test_redirects_on_every_address(targets: list[tuple[Client, str]]) -> None:
    worst = (f"//{EVIL}", f"/\\{EVIL}", f"https://{EVIL}", "javascript:alert(1)")
    names = ("next", "redirect", "redirect_to", "return", "url", "continue", "_continue", "success_url")
    queries = ["&".join(f"{name}={quote(target)}" for name in names) for target in worst]
    play(targets, [(method, {"QUERY_STRING": query}) for method in ("GET", "POST") for query in queries])


def test_cookies(everywhere: list[str]) -> None:
    for turn, cookie in enumerate(COOKIES):
        for address in some(everywhere, turn):
            no_fault(Client().get(address, HTTP_COOKIE=cookie), address, cookie[:80])


TRICKS: Final = (
    "{0}%00", "{0}/../../etc/passwd", "{0}%2e%2e/", "/{0}", "//evil.example{0}", "/\\evil.example{0}", "{0};x=1",
    "{0}.json", "{0}%0a",
    "{0}%c0%af", "{0}%ff", "/.{0}", "/%2e{0}", "{0}" + "a" * 8_000, "/static{0}", "/static/../rvs/settings.py",
    "{0}*", "{0}%25", "{0}~",
)  # fmt: skip


def test_paths(targets: list[tuple[Client, str]]) -> None:
    for turn, trick in enumerate(TRICKS):
        for client, address in some(targets, turn):
            for path in (trick.format(address.rstrip("/")), f"{trick.format(address.rstrip('/'))}/"):
                with undone():
                    cookies = deepcopy(client.cookies)
                    no_fault(client.get(path), path[:200])
                    client.cookies = cookies
