"""Keeps a copy of what candidates share with your organisation in an SQLite file.  Nothing but Python 3.11 is needed.

    export RVS_CLIENT_ID=... RVS_CLIENT_SECRET=...
    python3 sync_client.py https://results.example.org shares.sqlite3 [changes in a page]

Run it as often as you like.  Each page of changes is stored in one transaction together with the cursor that leads to
the next page: whatever interrupts it, the next run goes on where the last transaction ended, and misses nothing.
"""

import base64
import json
import os
import sqlite3
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

TABLES = """
    create table if not exists share (id text primary key, reference_number text not null, document text not null);
    create table if not exists state (name text primary key, value text not null);
"""


class ProblemError(Exception):
    """The service says why it does not answer: `kind` for programs, the text for people."""

    def __init__(self, status: int, problem: Json) -> None:
        super().__init__(problem.get("detail", f"HTTP status {status}"))
        self.status = status
        self.kind = str(problem.get("type", "")).rpartition("#")[2]


@dataclass(frozen=True)
class Service:
    """The API, as one client of your organisation sees it."""

    base_url: str
    client_id: str
    client_secret: str
    timeout: float = 60
    tries: int = 5

    def changes(self, cursor: str | None, limit: int = 500) -> Json:
        """One page of what has happened, with the cursor for the next."""
        return self.get("/changes", cursor=cursor, limit=limit)

    def shares(self, **filters: str) -> Iterator[Json]:
        """Every active share, page by page; filters: exam, shared_from, shared_to."""
        cursor = None
        while True:
            page = self.get("/shares", cursor=cursor, limit=500, **filters)
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def verify(self, reference_number: str, date_of_birth: str, applicant_reference: str = "") -> Json:
        """Check a result by its number; `date_of_birth` as YYYY-MM-DD."""
        check = {"reference_number": reference_number, "date_of_birth": date_of_birth}
        if applicant_reference:
            check["applicant_reference"] = applicant_reference
        return self._ask("/verifications", json.dumps(check).encode())

    def get(self, path: str, **query: str | int | None) -> Json:
        given = {name: value for name, value in query.items() if value is not None}
        return self._ask(f"{path}?{urllib.parse.urlencode(given)}" if given else path)

    def _ask(self, path: str, body: bytes | None = None) -> Json:
        """Asks again when the service is busy or cannot be reached, after the time that it names."""
        for left in range(self.tries - 1, -1, -1):
            try:
                with urllib.request.urlopen(self._request(path, body), timeout=self.timeout) as answer:  # noqa: S310
                    told: Json = json.load(answer)
                return told
            except urllib.error.HTTPError as error:
                problem = _problem(error)
                wait = float(error.headers.get("Retry-After") or 1)
                if error.code not in {429, 502, 503, 504} or not left or wait > self.timeout:
                    raise problem from None
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                wait = 1
                if not left:
                    raise
            time.sleep(wait)
        raise AssertionError("unreachable")

    def _request(self, path: str, body: bytes | None) -> urllib.request.Request:
        proof = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        headers = {"Authorization": f"Basic {proof}", "Accept": "application/json", "Content-Type": "application/json"}
        return urllib.request.Request(f"{self.base_url}/api/v1{path}", body, headers)  # noqa: S310


def _problem(error: urllib.error.HTTPError) -> ProblemError:
    try:
        return ProblemError(error.code, json.load(error))
    except ValueError:
        return ProblemError(error.code, {})


def sync(service: Service, database: sqlite3.Connection, limit: int = 500) -> int:
    """Bring the copy up to date; returns how many changes there were."""
    database.executescript(TABLES)
    count = 0
    while True:
        cursor = _cursor(database)
        try:
            page = service.changes(cursor, limit)
        except ProblemError as problem:
            if problem.kind != "invalid-cursor" or cursor is None:
                raise
            with database:  # the copy is of another organisation, or of another service: begin again
                database.execute("delete from share")
                database.execute("delete from state")
            continue
        with database:  # all of the page and the way to the next one, or nothing
            for change in page["items"]:
                _store(database, change)
            database.execute("insert or replace into state values ('cursor', ?)", [page["next_cursor"]])
        if not page["items"]:
            return count
        count += len(page["items"])


def _cursor(database: sqlite3.Connection) -> str | None:
    row = database.execute("select value from state where name = 'cursor'").fetchone()
    return row[0] if row else None


def _store(database: sqlite3.Connection, change: Json) -> None:
    if "share_id" not in change:
        return  # a result that was checked by number has changed: look at it with GET /verifications/{id}
    share = change["share"]
    if share is None:  # it has ended
        database.execute("delete from share where id = ?", [change["share_id"]])
    else:
        row = [share["id"], share["result"]["reference_number"], json.dumps(share, sort_keys=True)]
        database.execute("insert or replace into share values (?, ?, ?)", row)


def main(arguments: list[str]) -> int:
    try:
        base_url, file, *limits = arguments
        (limit,) = map(int, limits or ["500"])
        service = Service(base_url.rstrip("/"), os.environ["RVS_CLIENT_ID"], os.environ["RVS_CLIENT_SECRET"])
    except (ValueError, KeyError):
        print(__doc__, file=sys.stderr)  # noqa: T201
        return 2
    with closing(sqlite3.connect(file)) as database:
        count = sync(service, database, limit)
        (held,) = database.execute("select count(*) from share").fetchone()
    print(f"{count} changes; {held} shares are held.")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
