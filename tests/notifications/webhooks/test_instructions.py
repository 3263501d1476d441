"""The receiver that the help page gives to copy accepts what is ours, and nothing else."""

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.asserts import assertContains

from organisations.models import Organisation
from tests.factories import share_result
from tests.notifications.webhooks.steps import make_webhook, send
from tests.programs import wait_until
from tests.test_architecture import ROOT

pytestmark = pytest.mark.django_db
PROGRAM = "pages/help/receive-webhooks.py.txt"


def listens(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


def test_the_receiver_to_copy_receives(organisation: Organisation, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    _webhook, secret = make_webhook(organisation, f"http://127.0.0.1:{port}/")
    share = share_result(organisation)
    said = tmp_path / "said"
    environment = {**os.environ, "WEBHOOK_SECRET": secret, "PORT": str(port)}
    program = ROOT / "templates" / PROGRAM
    with (
        said.open("wb") as out,
        subprocess.Popen([sys.executable, program], env=environment, stdout=out, stderr=subprocess.DEVNULL) as process,
    ):
        try:
            wait_until(lambda: listens(port), "the receiver did not start")
            send()
            forged = urllib.request.Request(
                f"http://127.0.0.1:{port}/", b"{}", {"webhook-id": "msg_1", "webhook-signature": "v1,AAAA"}
            )
            with pytest.raises(urllib.error.HTTPError, match="401"):
                urllib.request.urlopen(forged)  # noqa: S310  (of loopback)
        finally:
            process.kill()
    (line,) = said.read_text().splitlines()
    assert "share.created" in line
    assert str(share.pk) in line


def test_the_page_shows_it_as_it_is() -> None:
    page = Client().get("/help/webhooks/")
    assertContains(page, "class Receiver(BaseHTTPRequestHandler):")
    assertContains(page, "from standardwebhooks import Webhook, WebhookVerificationError")


def test_the_openapi_document_tells_of_every_message(organisation: Organisation) -> None:
    told = Client().get("/api/v1/openapi.json").json()["webhooks"]
    assert set(told) == {
        "share.created", "share.updated", "share.withdrawn", "share.expired", "result.changed", "webhook.test",
    }  # fmt: skip
