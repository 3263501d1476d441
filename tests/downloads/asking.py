"""Asking for downloads as the pages do, and reading what came of it."""

import csv
import io
import zipfile
from typing import Any

from django.utils import timezone

from accounts.models import User
from downloads import requests, worker
from downloads.models import Download, Format
from organisations.models import Organisation
from sharing.models import Share
from tests.factories import make_member, share_result


def shared(organisation: Organisation, count: int, **fields: Any) -> list[Share]:
    return [share_result(organisation, **fields) for _number in range(count)]


def ask(
    organisation: Organisation,
    *,
    by: User | None = None,
    format: Format = Format.STATEMENTS,  # noqa: A002  (the field's name)
    **more: Any,
) -> Download:
    """Everything that is shared, the latest first."""
    rights = organisation.shares.in_force(timezone.now()).order_by("-shared_at", "pk")
    chosen = requests.Chosen(words="Everything", rights=rights)
    by = by or make_member(organisation)
    return requests.ask(organisation=organisation, by=by, chosen=chosen, format=format, now=timezone.now(), **more)


def work() -> None:
    """The worker, until nothing is left to do."""
    while worker.work_on_next():
        pass


def again(download: Download) -> Download:
    return Download.objects.get(pk=download.pk)


def archive(download: Download) -> zipfile.ZipFile:
    with again(download).file.open("rb") as file:
        return zipfile.ZipFile(io.BytesIO(file.read()))


def index(files: zipfile.ZipFile) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files.read("index.csv").decode("utf-8-sig"))))
