"""What the help pages give to copy does what they say.  Against a stand-in; tests of the API itself are elsewhere."""

import ast
import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from defusedxml import ElementTree
from django.template.loader import render_to_string
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains

from organisations.api_clients import slate
from tests.test_architecture import ROOT

CHANGES = [
    {"id": str(number), "type": "share.created", "share": {"applicant_reference": "é <&"}} for number in range(5)
]


class StandIn(BaseHTTPRequestHandler):
    """A list of changes in pages of two; asks for the header of `client:secret`."""

    asked: list[str] = []

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        self.asked.append(self.path)
        right = f"Basic {base64.b64encode(b'client:secret').decode()}"
        after = int(query.get("cursor", ["c+/=0"])[0].removeprefix("c+/="))
        page = {"items": CHANGES[after : after + 2], "next_cursor": f"c+/={min(after + 2, len(CHANGES))}"}
        self.send_response(200 if self.headers["Authorization"] == right else 401)
        self.end_headers()
        self.wfile.write(json.dumps(page).encode())

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    StandIn.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def run(folder: Path) -> None:
    subprocess.run(["sh", "./fetch-results"], cwd=folder, check=True, capture_output=True)


@pytest.mark.skipif(not (shutil.which("jq") and shutil.which("curl")), reason="jq or curl is not installed")
def test_the_script_for_cron_fetches_each_change_once(address: str, tmp_path: Path) -> None:
    (tmp_path / "fetch-results").write_text(render_to_string("pages/help/fetch-results.sh", {"base_url": address}))
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login client password secret\n")

    run(tmp_path)
    run(tmp_path)

    lines = (tmp_path / "changes.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == CHANGES
    assert (tmp_path / "cursor").read_text() == "c+/=5"
    assert len(StandIn.asked) == 5, "three pages and the empty one; then only the empty one"
    assert all("secret" not in path for path in StandIn.asked)
    assert (tmp_path / "changes.jsonl").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(not (shutil.which("jq") and shutil.which("curl")), reason="jq or curl is not installed")
def test_the_script_for_cron_stops_when_it_is_refused(address: str, tmp_path: Path) -> None:
    (tmp_path / "fetch-results").write_text(render_to_string("pages/help/fetch-results.sh", {"base_url": address}))
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login client password wrong\n")
    with pytest.raises(subprocess.CalledProcessError):
        run(tmp_path)
    assert not (tmp_path / "cursor").exists()


def test_the_definition_for_slate_is_xml_and_names_each_column_once() -> None:
    layout = ElementTree.fromstring(slate.format_definition())
    assert (layout.tag, layout.attrib) == ("layout", {"type": "json", "node": "/ListCandidateResultDetails"})
    fields = [field.attrib for field in layout]
    assert {"s": "CandidateResults[1]/ComponentList[1]/Score", "id": "Result1_Component1_Score"} in fields
    assert {"s": "CandidateResults[2]/ComponentList[5]/Name", "id": "Result2_Component5_Name"} in fields
    columns = [field["id"] for field in fields]
    assert len(columns) == len(set(columns)) == 7 + 2 * (5 + 10)


@pytest.mark.django_db
def test_the_pages_show_what_is_copied_as_it_is(client: Client) -> None:
    page = client.get("/help/slate/")
    assertContains(page, "startDateTime={{dtstart|date:'s'}}&amp;endDateTime")
    assertContains(page, "&lt;layout type=&quot;json&quot;")
    assertContains(page, "<td>Cambridge English Proficiency (C2 Proficiency)</td>")
    page = client.get("/help/api/")
    assertContains(page, "machine testserver login")
    assertContains(page, "&gt;&gt; changes.jsonl")
    page = client.get("/help/spreadsheets/")
    assertContains(page, "each _ &lt;&gt; null")
    assertNotContains(page, "each _ <> null")


def codes() -> set[str]:
    """Every reason for which a program is refused, as the code names it."""
    modules = [path for app in ("organisations/api_clients", "sharing/api", "rvs/api.py") for path in _modules(app)]
    calls = [node for path in modules for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    refusals = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Refused"]
    named = [call.args[1].value for call in refusals if isinstance(call.args[1], ast.Constant)]
    return {str(code) for code in named if code}


def _modules(place: str) -> list[Path]:
    path = ROOT / place
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]


@pytest.mark.django_db
def test_the_type_of_each_problem_leads_to_what_it_means(client: Client) -> None:
    page = client.get("/help/api/").content.decode()
    assert len(codes()) > 15
    assert {code for code in codes() if f'<dt id="{code}">' not in page} == set()
