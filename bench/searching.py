"""Candidate Search through the server, against a signed-in page that only renders the base template."""

import http.client
import itertools
import random
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO, StringIO
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from bench import Figure
from organisations.models import Membership, Organisation, Role
from results.importer import import_results
from rvs.sample_data import Row, sample_rows, write_rows

GOAL = 0.4
MOST_QUERIES = 12
USERS = 8
SECONDS = 4.0
ROUNDS = 5
CSRF = "b" * 32


@dataclass(frozen=True)
class Request:
    """One request: as bytes over the wire, nothing is computed while the clock runs."""

    method: str
    path: str
    body: str
    expected: int


def run() -> list[Figure]:
    """Measure both pages in turn, several rounds; the medians count."""
    rows = _load_results()
    users = [_make_user(number) for number in range(USERS)]
    headers = [_headers(user) for user in users]
    searches = [_search(row) for row in rows]
    base = [Request("GET", "/bench/base/", "", 200)]
    with server() as (port, _process):
        rates = [(_rate(port, headers, base), _rate(port, headers, searches)) for _ in range(ROUNDS + 1)]
    limit, ours = (statistics.median(each) for each in zip(*rates[1:], strict=True))  # the first round warms up
    queries = _queries(users[0], rows[0])
    return [
        Figure("Candidate Search", ours, limit, ours / limit, GOAL, "requests/s", "a match; limit: base template"),
        Figure(
            name="Candidate Search, queries",
            ours=queries,
            limit=MOST_QUERIES,
            ratio=queries / MOST_QUERIES,
            goal=1,
            unit="queries",
            note="with audit, BEGIN and COMMIT",
            at_most=True,
        ),
    ]


def _load_results() -> list[Row]:
    rows = [row for row in sample_rows(seed=7, count=20_000) if row["status"] == "released"]
    text = StringIO(newline="")
    write_rows(text, rows)
    report = import_results(source=BytesIO(text.getvalue().encode()), file_name="bench.csv", actor="system:bench")
    assert report.accepted
    return rows


def _make_user(number: int) -> User:
    user = User.objects.create_user(f"bench{number}@example.org", None, given_name="Bench")
    with transaction.atomic():
        organisation = Organisation.objects.create(name=f"Bench {number}", country="GB")
        Membership.objects.create(organisation=organisation, user=user, role=Role.PRIMARY)
    return user


def _search(row: Row) -> Request:
    year, month, day = row["date_of_birth"].split("-")
    form = {
        "csrfmiddlewaretoken": CSRF,
        "reference_number": row["reference_number"],
        "date_of_birth_day": day,
        "date_of_birth_month": month,
        "date_of_birth_year": year,
    }
    return Request("POST", "/candidate-search/", urlencode(form), 302)


@contextmanager
def server(workers: int = 2) -> Iterator[tuple[int, int]]:
    """The service on a free port; yields that and the process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port)]
    silent = subprocess.DEVNULL
    command += ["--workers", str(workers), "--no-ws", "bench.wsgi:application"]
    process = subprocess.Popen(command, stdout=silent, stderr=silent)
    try:
        _wait_for(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(port: int) -> None:
    for _ in range(300):
        with suppress(OSError):
            ready = http.client.HTTPConnection("127.0.0.1", port)
            ready.request("GET", "/readyz")
            if ready.getresponse().status == 200:
                return
        time.sleep(0.1)
    raise RuntimeError("The benchmark's server did not start.")


def _rate(port: int, users: list[dict[str, str]], requests: list[Request]) -> float:
    """Requests a second that all users (known by their headers) together get answered, each on one connection."""
    end = time.perf_counter() + SECONDS
    answered: list[int] = []

    def work(headers: dict[str, str]) -> None:
        line = http.client.HTTPConnection("127.0.0.1", port)
        done = 0
        for request in itertools.cycle(random.sample(requests, len(requests))):
            if time.perf_counter() >= end:
                break
            line.request(request.method, request.path, request.body, headers)
            answer = line.getresponse()
            answer.read()
            assert answer.status == request.expected, answer.status
            done += 1
        answered.append(done)

    threads = [threading.Thread(target=work, args=(headers,)) for headers in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answered) == len(users), "a request was not answered as expected"
    return sum(answered) / SECONDS


def _headers(user: User) -> dict[str, str]:
    """Of a session that has begun."""
    client = _logged_in(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    cookies = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={CSRF}"
    return {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}


def _logged_in(user: User) -> Client:
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    client.get("/help/")
    return client


def _queries(user: User, row: Row) -> int:
    client = _logged_in(user)
    form = dict(pair.split("=") for pair in _search(row).body.split("&"))
    with CaptureQueriesContext(connection) as queries:
        assert client.post("/candidate-search/", form).status_code == 302
    return len(queries)
