"""The environment variables: what must be set, what is refused, and what production is like."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rvs import env

ROOT = Path(__file__).parents[2]
SECRET = "canary-secret-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ"
COMPLETE = {
    "SECRET_KEY": SECRET,
    "DATABASE_URL": f"postgresql://rvs:{SECRET}@127.0.0.1:1/rvs",
    "REDIS_URL": f"redis://:{SECRET}@127.0.0.1:1/0",
    "ALLOWED_HOSTS": "results.example.org",
    "PUBLIC_BASE_URL": "https://results.example.org/",
    "EMAIL_URL": f"smtp+tls://rvs:{SECRET}@mail.example.org:587",
    "STORAGE_URL": "file:///srv/results",
}


def run(code: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Runs `code` in a fresh interpreter, in production's environment with `changes`."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = {**inherited, **COMPLETE, "DJANGO_SETTINGS_MODULE": "rvs.settings", **changes}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


START = "import django; django.setup()"


@pytest.mark.parametrize("name", env.REQUIRED)
def test_a_missing_variable_stops_the_start_with_one_sentence(name: str) -> None:
    environment = env.Environment({**COMPLETE, name: ""})
    with pytest.raises(env.Misconfigured) as stopped:
        environment.require(env.REQUIRED)
    assert str(stopped.value).startswith(f"Set {name} in the environment")
    assert SECRET not in str(stopped.value)


def test_all_missing_variables_are_named_at_once() -> None:
    with pytest.raises(env.Misconfigured, match="Set SECRET_KEY, DATABASE_URL, REDIS_URL, ALLOWED_HOSTS, "):
        env.Environment({}).require(env.REQUIRED)


@pytest.mark.parametrize(
    "changes",
    [
        {"SECRET_KEY": ""},
        {"DEBUG": f"perhaps-{SECRET[:6]}"},
        {"TWO_PERSON_APPROVAL": "sometimes"},
        {"DATABASE_URL": f"mysql://rvs:{SECRET}@localhost/rvs"},
        {"DATABASE_URL": f"postgresql://rvs:{SECRET}@localhost:port/rvs"},
        {"DATABASE_URL": SECRET},
        {"DATABASE_URL": f"postgresql://rvs:{SECRET}/x@localhost/rvs"},
        {"ALLOWED_HOSTS": "*"},
        {"ALLOWED_HOSTS": ","},
        {"ALLOWED_HOSTS": "https://results.example.org"},
        {"REDIS_URL": f"amqp://:{SECRET}@localhost"},
        {"REDIS_URL": f"redis://:{SECRET}@[::1"},
        {"PUBLIC_BASE_URL": "http://results.example.org"},
        {"PUBLIC_BASE_URL": "results.example.org"},
        {"PUBLIC_BASE_URL": "https://"},
        {"EMAIL_URL": f"pop3://rvs:{SECRET}@mail.example.org"},
        {"EMAIL_URL": "smtp://"},
        {"EMAIL_URL": f"smtp://rvs:{SECRET}@mail.example.org:99999"},
        {"EMAIL_URL": "memory://"},
        {"STORAGE_URL": "ftp://example.org/"},
        {"TRUSTED_PROXY_COUNT": "two"},
        {"TRUSTED_PROXY_COUNT": "-1"},
    ],
    ids=lambda changes: "-".join(f"{name}={value.replace(SECRET, '*')}" for name, value in changes.items()),
)
def test_a_bad_variable_stops_the_start_with_one_sentence(changes: dict[str, str]) -> None:
    done = run(START, **changes)
    assert done.returncode == 1, done.stdout
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    sentence = done.stderr.strip()
    assert next(iter(changes)) in sentence
    assert SECRET not in sentence
    assert SECRET[7:20] not in sentence


@pytest.fixture(scope="module")
def production() -> dict[str, object]:
    """What a browser meets in production, told by a fresh interpreter."""
    code = """
import json, logging, sys
import django; django.setup()
logging.disable(logging.CRITICAL)
from django.conf import settings
from django.test import Client
from django.urls import Resolver404, resolve
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
def found(path):
    try: return bool(resolve(path))
    except Resolver404: return False
plain = Client(headers={"host": "results.example.org"})
secure = Client(headers={"host": "results.example.org"})
page = secure.get("/login/", secure=True)
answer = {
    "plain": {path: plain.get(path).status_code for path in ("/", "/login/", "/admin/", "/livez")},
    "location": plain.get("/help/?x=1").headers["Location"],
    "foreign host": Client(headers={"host": "evil.example"}).get("/livez", secure=True).status_code,
    "status": page.status_code,
    "hsts": page.headers["Strict-Transport-Security"],
    "cookies": {name: [bool(c["secure"]), bool(c["httponly"]), c["samesite"], c["path"], c["domain"]]
                for name, c in secure.cookies.items()},
    "session cookie": [settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_SECURE],
    "debug": settings.DEBUG,
    "demonstration pages": [
        path for path in ("/_mail/", "/_mail/x/", "/ui-components/", "/ui-components/mails/") if found(path)
    ],
    "links": settings.PUBLIC_BASE_URL,
}
print(json.dumps(answer))
"""
    done = run(code)
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_production_speaks_https_alone(production: dict[str, object]) -> None:
    assert production["plain"] == {"/": 301, "/login/": 301, "/admin/": 301, "/livez": 200}
    assert production["location"] == "https://results.example.org/help/?x=1"
    assert production["hsts"] == "max-age=31536000; includeSubDomains; preload"
    assert production["links"] == "https://results.example.org"


def test_productions_cookies_are_bound_to_the_host(production: dict[str, object]) -> None:
    assert production["cookies"] == {"__Host-csrf": [True, True, "Lax", "/", ""]}
    assert production["session cookie"] == ["__Host-session", True]


def test_production_has_no_demonstration(production: dict[str, object]) -> None:
    assert production["demonstration pages"] == []
    assert production["debug"] is False
    assert production["status"] == 200
    assert production["foreign host"] == 400


def test_production_passes_djangos_deployment_check() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "INFO"],
        env={"PATH": os.environ["PATH"], **COMPLETE}, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.org", {"port": 25, "use_ssl": False, "use_tls": False}),
        ("smtps://mail.example.org", {"port": 465, "use_ssl": True, "use_tls": False}),
        (
            "smtp+tls://a%40b:p%2Fw@mail.example.org",
            {"port": 587, "use_tls": True, "username": "a@b", "password": "p/w"},
        ),
        ("smtp+tls://mail.example.org:2525", {"port": 2525}),
        ("file:///var/a%20b", {"folder": "/var/a b", "backend": "accounts.outbox.EmlFileBackend"}),
    ],
)
def test_a_mail_address_is_read(url: str, expected: dict[str, object]) -> None:
    parts = env.Environment({"EMAIL_URL": url}).url("EMAIL_URL", ["smtp", "smtps", "smtp+tls", "file"])
    assert expected.items() <= env.mail_transport(parts).items()


@pytest.mark.parametrize(("value", "flag"), [("1", True), ("TRUE", True), ("yes", True), ("0", False), ("", False)])
def test_a_flag_is_read(value: str, flag: bool) -> None:
    assert env.Environment({"DEBUG": value}).flag("DEBUG") is flag
