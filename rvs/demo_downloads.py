"""Downloads and a batch check of the first organisation of the demonstration."""

import csv
import io
from collections.abc import Sequence

from django.core.files.base import ContentFile
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from downloads import requests, worker
from downloads.batch import lists
from downloads.batch import worker as batch_worker
from downloads.batch.reading import Understanding
from downloads.models import Format
from downloads.requests import Chosen
from organisations.models import Organisation, Role
from rvs.demo_templates import user_of
from rvs.sample_data import Row


def load(organisation: Organisation, rows: Sequence[Row]) -> None:
    """`rows` are some results of the sample file, cancelled ones among them."""
    primary, admin = (user_of(organisation, role) for role in (Role.PRIMARY, Role.ADMIN))
    _download(organisation, primary, Format.XLSX, 10)
    _download(organisation, admin, Format.CSV, 5)
    _download(organisation, primary, Format.STATEMENTS, 2)
    _check(organisation, admin, rows)


def _download(organisation: Organisation, by: User, format: Format, count: int) -> None:  # noqa: A002
    now = timezone.now()
    rights = organisation.shares.in_force(now).order_by("-shared_at", "pk")[:count]
    words = _("%(count)s ticked results") % {"count": count}
    download = requests.ask(
        organisation=organisation, by=by, chosen=Chosen(words=words, rights=rights), format=format, now=now
    )
    worker.make_now(download)


def _check(organisation: Organisation, by: User, rows: Sequence[Row]) -> None:
    now = timezone.now()
    content = ContentFile(_list_of(rows).encode())
    batch = lists.upload(organisation=organisation, by=by, file=content, name="applicants-autumn.csv", now=now)
    lists.start(batch=batch, understanding=Understanding.load(batch.mapping), by=by, now=now)
    while batch_worker.work_on_next():
        pass


def _list_of(rows: Sequence[Row]) -> str:
    """As an office would keep it: some names in another order, somebody else’s certificate, slips of the pen."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["Applicant ID", "Name", "Date of birth", "Reference number"])
    for number, row in enumerate(rows):
        name = f"{row['given_names']} {row['family_name']}".strip()
        if number % 3 == 1:
            name = f"{row['family_name']} {row['given_names']}".strip().upper()
        writer.writerow([f"14002{number:05}", name, row["date_of_birth"], row["reference_number"]])
    first = rows[0]
    writer.writerow(["1400290001", "Jordan Example", first["date_of_birth"], first["reference_number"]])
    writer.writerow(["1400290002", "Robin Example", "2001-05-09", "299ZZ9990001"])
    writer.writerow(["1400290003", "Kim Example", "31/02/2001", "299ZZ9990002"])
    return text.getvalue()
