"""A real mail server on loopback that misbehaves in every way we know."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

TIMEOUT = 0.5
"""Seconds that our side waits for the server."""


@dataclass
class MailServer:
    """Answers as told: `rcpt` and `data` are SMTP answers, `hangs` says nothing, `drops` hangs up after the mail."""

    rcpt: str = "250 OK"
    data: str = "250 OK"
    hangs: bool = False
    drops: bool = False
    seconds: float = 0
    port: int = 0
    offered: list[EmailMessage] = field(default_factory=list)
    refuses: frozenset[str] = frozenset()
    """Addresses that get the answer `refusal`."""
    refusal: str = "550 5.1.1 no such person"
    mails_a_connection: int = 1_000
    """After so many it hangs up without a word."""
    connections: int = 0

    async def handle_EHLO(  # noqa: N802  (the library's name)
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802  (the library's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refusal
        if self.rcpt.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        message: Any = message_from_bytes(envelope.content, policy=policy.default)
        self.offered.append(message)
        await asyncio.sleep(TIMEOUT * 3 if self.hangs else self.seconds)
        session.carried = getattr(session, "carried", 0) + 1  # type: ignore[attr-defined]
        if server.transport and (self.drops or session.carried > self.mails_a_connection):  # type: ignore[attr-defined]
            server.transport.close()
        return self.data


@contextmanager
def running(server: MailServer, port: int = 0) -> Iterator[dict[str, object]]:
    """Runs the server; gives the transport that leads to it, as `settings.MAIL_TRANSPORT` has it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server.port = port or probe.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield transport(server.port)
    finally:
        controller.stop()


def transport(port: int) -> dict[str, object]:
    return {
        "backend": "django.core.mail.backends.smtp.EmailBackend",
        "host": "127.0.0.1",
        "port": port,
        "username": "",
        "password": "",
        "use_ssl": False,
        "use_tls": False,
        "timeout": TIMEOUT,
    }
