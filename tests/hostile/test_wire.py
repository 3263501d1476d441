"""Requests that no library would send, straight to the server: a refusal or a page, never a fault, never a hang."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Final

import pytest

from tests import programs

PATIENCE: Final = 3.0
EVIL: Final = b"evil.example"

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def port(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The product's own server."""
    with programs.web(tmp_path_factory.mktemp("wire") / "web.log") as number:
        yield number


def ask(port: int, request: bytes) -> bytes:
    """What the server says until it closes the connection, or until the client has waited long enough for more."""
    answer = b""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(request)
        while part := connection.recv(65_536):
            answer += part
    return answer


def get(
    target: bytes, *headers: bytes, method: bytes = b"GET", host: bytes = b"Host: localhost", body: bytes = b""
) -> bytes:
    lines = [method + b" " + target + b" HTTP/1.1", *([host] if host else []), b"Connection: close", *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


REQUESTS: Final = {
    "absolute form": get(b"http://" + EVIL + b"/login/"),
    "absolute form of our own": get(b"http://localhost/login/", host=b"Host: " + EVIL),
    "authority form": get(b"localhost:80", method=b"CONNECT"),
    "asterisk": get(b"*", method=b"OPTIONS"),
    "no slash": get(b"login/"),
    "backslash": get(b"\\\\" + EVIL + b"\\"),
    "two slashes": get(b"//" + EVIL + b"/%2e%2e"),
    "a trace": get(b"/", method=b"TRACE"),
    "a method of our own": get(b"/login/", method=b"FROBNICATE"),
    "a method of 9,000 letters": get(b"/", method=b"A" * 9_000),
    "two hosts": get(b"/password/reset/", b"Host: " + EVIL),
    "no host": get(b"/", host=b""),
    "an empty host": get(b"/", host=b"Host:"),
    "NUL in the host": get(b"/", host=b"Host: localhost\0." + EVIL),
    "a folded header": get(b"/", b"X-A: b\r\n c"),
    "a header without a colon": get(b"/", b"nothing"),
    "bytes beyond ASCII": get(b"/\xff\xfe?\xff=\xfe", b"Cookie: session=\xff\xfe"),
    "bad percent signs": get(b"/%/%zz%u0041/%00%ff?%=%zz"),
    "a long address": get(b"/" + b"a" * 60_000),
    "a header of a megabyte": get(b"/", b"X-A: " + b"b" * 1_000_000),
    "ten thousand headers": get(b"/", *[b"X-%d: b" % number for number in range(10_000)]),
    "a length below nothing": get(b"/login/", b"Content-Length: -1", method=b"POST"),
    "a length beyond everything": get(b"/login/", b"Content-Length: " + b"9" * 30, method=b"POST", body=b"x"),
    "a length that never comes": get(b"/login/", b"Content-Length: 1000000", method=b"POST", body=b"x"),
    "a length of letters": get(b"/login/", b"Content-Length: ten", method=b"POST", body=b"x"),
    "two lengths": get(b"/login/", b"Content-Length: 1", b"Content-Length: 5", method=b"POST", body=b"xxxxx"),
    "no length": get(b"/login/", method=b"POST"),
    "a length and chunks": get(
        b"/login/",
        b"Content-Length: 4",
        b"Transfer-Encoding: chunked",
        method=b"POST",
        body=b"0\r\n\r\nGET /x HTTP/1.1\r\n\r\n",
    ),
    "chunks that are none": get(b"/login/", b"Transfer-Encoding: chunked", method=b"POST", body=b"zz\r\nx"),
    "chunks that end early": get(b"/login/", b"Transfer-Encoding: chunked", method=b"POST", body=b"5\r\nab"),
    "a form of NUL": get(
        b"/login/",
        b"Content-Type: application/x-www-form-urlencoded; charset=\0",
        b"Content-Length: 1",
        method=b"POST",
        body=b"\0",
    ),
    "a greeting of another protocol": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a handshake": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
    "no protocol": b"GET /\r\n\r\n",
    "nonsense": bytes(range(256)) * 10,
}


@pytest.mark.parametrize("name", REQUESTS)
def test_the_server_refuses_or_answers(name: str, port: int) -> None:
    answer = ask(port, REQUESTS[name])

    assert not answer[9:10].startswith(b"5"), answer[:300]
    location = next((line for line in answer.split(b"\r\n") if line.lower().startswith(b"location:")), b"")
    assert EVIL not in location
    assert not answer.startswith(b"HTTP/1.1 200") or EVIL not in answer
    if name == "a trace":
        assert not answer.startswith(b"HTTP/1.1 2")


def test_it_still_answers_afterwards(port: int) -> None:
    assert ask(port, get(b"/livez")).startswith(b"HTTP/1.1 200")
