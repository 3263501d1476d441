"""The one door through which mails are written: `mails.send("app/email/name", address, {...})`.

A mail has two templates, `_subject.txt` and `_message.txt` (which extends `email/layout.txt`).  Its HTML is made from
the text (accounts/mail_html.py), unless there is a `_message.html` as well, which extends `email/layout.html`.
"""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string, select_template

from accounts.mail_html import to_html
from accounts.models import MailKind

FOOTER_MARK: Final = "\n-- \n"
"""By which mail programs know where a footer begins."""


class Letter(EmailMultiAlternatives):
    """A mail to one person that knows its template; `send()` puts it into the outbox, in the caller's transaction."""

    template: str = ""
    kind: MailKind = MailKind.ACCOUNT
    pk: uuid.UUID | None = None


def write(
    template: str,
    email: str,
    context: Mapping[str, Any],
    *,
    kind: MailKind = MailKind.ACCOUNT,
    pk: uuid.UUID | None = None,
) -> Letter:
    """Make a mail without sending it.

    Args:
        template: without its ending, for example "organisations/email/invitation".
        email: to whom.
        context: for the templates; `settings_url` and `unsubscribe_url`, if given, are shown in the footer, and the
            latter is told to mail programs too, which offer it as one click (RFC 8058).
        kind: a NOTICE waits for account mails, and is not sent to an address that is suspended.
        pk: of the row in the outbox, and so the Message-ID.  A mail that is there already is not put there again.
    """
    site = {"base_url": settings.PUBLIC_BASE_URL, "helpdesk": settings.HELPDESK_EMAIL, "email": email}
    words = {**context, **site}
    words["subject"] = " ".join(render_to_string(f"{template}_subject.txt", words).split())
    text = render_to_string(f"{template}_message.txt", words).strip() + "\n"
    letter = Letter(words["subject"], text, settings.DEFAULT_FROM_EMAIL, [email], headers=_way_out(words))
    letter.attach_alternative(_html(template, text, words), "text/html")
    letter.template, letter.kind, letter.pk = template, kind, pk
    return letter


def send(template: str, email: str, context: Mapping[str, Any], **more: Any) -> None:
    """Write a mail and put it into the outbox, in the caller's transaction; `more` is as for `write`."""
    write(template, email, context, **more).send()


def send_all(letters: Iterable[Letter]) -> None:
    """Put many mails into the outbox with one insertion."""
    get_connection().send_messages(list(letters))


def _way_out(words: Mapping[str, Any]) -> dict[str, str]:
    address = words.get("unsubscribe_url")
    if not address:
        return {}
    return {"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _html(template: str, text: str, words: Mapping[str, Any]) -> str:
    body, _mark, footer = text.rpartition(FOOTER_MARK)
    layout = select_template([f"{template}_message.html", "email/layout.html"])
    html: str = layout.render({**words, "content": to_html(body), "footer": to_html(footer)})
    return html.strip()
