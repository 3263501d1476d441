"""What a template makes of the organisation's own first results, shown on a page.

It shows results, so they are taken through the door, and their candidates see that somebody looked at them on a page.
"""

import csv
import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from django.utils import timezone

from accounts.audit import user_actor
from accounts.models import User
from downloads.columns import EXAMPLE
from downloads.exporters import export
from downloads.models import Format
from downloads.options import Encoding, Options, Separator
from organisations.models import Organisation
from sharing import door
from sharing.door import Order, RightId, RightKind, Taken, take
from sharing.models import Channel

ROWS: Final = 3
_AS_TEXT: Final = {Format.JSON, Format.XML}


@dataclass(frozen=True, slots=True)
class Preview:
    """A table, or for JSON and XML the file itself.  `invented` is true where the organisation has no such result."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    text: str
    notes: Sequence[str]
    invented: bool


def preview(*, organisation: Organisation, by: User, options: Options) -> Preview:
    """The newest results that the template wants, as its file would show them."""
    taken = _first(organisation, by, options)
    shown = options if options.format in _AS_TEXT else replace(options, format=Format.CSV, separator=Separator.COMMA)
    with tempfile.TemporaryDirectory(prefix="rvs-preview-") as folder:
        wanted = replace(shown, exams=(), encoding=Encoding.UTF8)
        made = export(options=wanted, batches=[taken or [EXAMPLE]], folder=Path(folder), name="preview")
        text = made.files[0].read_text(encoding="utf-8")
    if shown.format in _AS_TEXT:
        return Preview((), (), text, made.notes, not taken)
    headings, *rows = csv.reader(io.StringIO(text, newline=""))
    return Preview(headings, rows, "", made.notes, not taken)


def _first(organisation: Organisation, by: User, options: Options) -> list[Taken]:
    now = timezone.now()
    shares = Order().sort(organisation.shares.in_force(now))
    wanted = door.of_exams(shares, options.exams) if options.exams else shares
    rights = [RightId(RightKind.SHARE, pk) for pk in wanted.values_list("pk", flat=True)[:ROWS]]
    found = take(
        organisation=organisation,
        rights=rights,
        actor=user_actor(by),
        channel=Channel.PAGE,
        now=now,
        purpose="template:preview",
    )
    return list(found.values())
