"""Texts that would be more than text if anything took them for markup, and a listener that notices."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# {0} is the listener's address.  Short ones first: the shortest column that a file fills has 20 characters.
PAYLOADS: Final = (
    "<b>x</b>", "{{7*7}}{%x%}", "<script src={0}a>", "<img src={0}b>", '"><img src={0}c>',
    "<link rel=stylesheet href={0}d>", "<link rel=attachment href={0}e>", "<style>@import url({0}f)</style>",
    "url({0}g)", "');background:url({0}h);x:('", "<svg onload=fetch('{0}i')>", "<iframe src={0}j>",
    "<object data={0}k>", "<embed src={0}l>", "<base href={0}>", "<meta http-equiv=refresh content='0;url={0}m'>",
    "<image xlink:href={0}n />", "<video poster={0}o>", "<a href={0}p ping={0}q>", "&lt;img src={0}r&gt;",
    "&#60;img src={0}s&#62;", "]]><img src={0}t>", "--><img src={0}u>", "</title><img src={0}v>",
    "</textarea><img src={0}w>", "<img srcset={0}x>", "<body background={0}y>",
    "<input autofocus onfocus=fetch('{0}z')>", "<?xml-stylesheet href='{0}1'?>", "<!ENTITY x SYSTEM '{0}2'>",
    "<img src=file:///etc/passwd>", "<form action={0}3><button>",
)  # fmt: skip


def texts(listener: str, longest: int) -> list[str]:
    """The payloads that a column has room for."""
    return [text for text in (payload.replace("{0}", listener) for payload in PAYLOADS) if len(text) <= longest]


@contextmanager
def listening() -> Iterator[tuple[str, list[bytes]]]:
    """An address on this machine, and whatever anybody asks of it meanwhile."""
    heard: list[bytes] = []

    class Ear(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            heard.append(self.request.recv(200))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Ear) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/", heard
        server.shutdown()
