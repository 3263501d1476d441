"""/_mail/: the mail that the demonstration wrote, to read in the browser.  Not routed anywhere else."""

import email
import email.policy
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from rvs.mail_pages import FRAMES_MAILS, SHOWS_A_MAIL

SHOWN = 100


class Letter(NamedTuple):
    name: str
    written_at: datetime
    recipient: str
    subject: str
    text: str
    html: str


def _letters() -> list[Path]:
    """The newest first: a file's name begins with the time it was written."""
    folder = settings.MAIL_TRANSPORT.get("folder")
    return sorted(Path(str(folder)).glob("*.eml"), reverse=True) if folder else []


def _read(path: Path) -> Letter:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101  (what the default policy makes)
    body, html = message.get_body(("plain",)), message.get_body(("html",))
    return Letter(
        name=path.stem,
        written_at=datetime.fromtimestamp(path.stat().st_mtime, timezone.get_current_timezone()),
        recipient=str(message["To"]),
        subject=str(message["Subject"]),
        text=str(body.get_content()) if body else "",
        html=str(html.get_content()) if html else "",
    )


@login_not_required
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """The newest mails first."""
    return render(request, "pages/mailbox.html", {"letters": [_read(path) for path in _letters()[:SHOWN]]})


@login_not_required
@require_safe
@FRAMES_MAILS
def letter(request: HttpRequest, name: str) -> HttpResponse:
    """One mail as a person would read it."""
    return render(request, "pages/letter.html", {"letter": _find(name)})


@login_not_required
@require_safe
@xframe_options_sameorigin
@SHOWS_A_MAIL
def letter_html(request: HttpRequest, name: str) -> HttpResponse:
    """The same as a mail program shows it."""
    return HttpResponse(_find(name).html)


def _find(name: str) -> Letter:
    found = next((path for path in _letters() if path.stem == name), None)
    if found is None:
        raise Http404
    return _read(found)
