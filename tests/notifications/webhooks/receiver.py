"""A receiver of webhooks on loopback, over a real network: it can be well, ill, slow, huge or a liar."""

import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook as Verifier


@dataclass
class Call:
    """One request that came in."""

    at: float
    path: str
    headers: dict[str, str]
    body: bytes
    answered: bool = False

    @property
    def message_id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.body)
        return content


Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Receiver:
    """Answers as told; remembers everything."""

    port: int = 0
    scheme: str = "http"
    answer: Answer = field(default_factory=lambda: status(204))
    calls: list[Call] = field(default_factory=list)
    connections: int = 0

    @property
    def address(self) -> str:
        return f"{self.scheme}://localhost:{self.port}/hooks"

    @property
    def ids(self) -> list[str]:
        return [call.message_id for call in self.calls]

    @property
    def accepted(self) -> list[dict[str, Any]]:
        """The content of what was answered, each message once."""
        return list({call.message_id: call.content for call in self.calls if call.answered}.values())

    def check(self, secret: str) -> None:
        """Every message is signed with the secret, as the reference library sees it."""
        for call in self.calls:
            Verifier(secret).verify(call.body, call.headers)


def status(code: int, **headers: str) -> Answer:
    """An answer without a body."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def slow(seconds: float) -> Answer:
    """Accepts, but only after a while."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(seconds)
        status(204)(handler)

    return answer


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """A header that never ends, byte by byte."""
    with contextlib.suppress(OSError):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
        for _second in range(600):
            handler.wfile.write(b"x")
            time.sleep(0.05)


def huge(handler: BaseHTTPRequestHandler) -> None:
    """Accepts, and then sends without an end."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(10 * 1024**3))
    handler.end_headers()
    with contextlib.suppress(OSError):
        for _megabyte in range(10 * 1024):
            handler.wfile.write(bytes(1024 * 1024))


def raw(*pieces: bytes) -> Answer:
    """Whatever these bytes are."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        with contextlib.suppress(OSError):
            for piece in pieces:
                handler.wfile.write(piece)
        handler.close_connection = True

    return answer


def hanging_up(handler: BaseHTTPRequestHandler) -> None:
    """Takes the message and hangs up without a word."""
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


@contextlib.contextmanager
def receiving(answer: Answer | None = None, *, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver on a free port of loopback."""
    receiver = Receiver()
    if answer:
        receiver.answer = answer

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            call = Call(time.monotonic(), self.path, headers, body)
            receiver.calls.append(call)
            receiver.answer(self)
            call.answered = True

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def process_request(self, request: Any, client_address: Any) -> None:
            receiver.connections += 1
            super().process_request(request, client_address)

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that hangs up is no fault."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        receiver.scheme = "https"
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def refusing() -> Iterator[str]:
    """An address of loopback where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://localhost:{taken.getsockname()[1]}/hooks"


def refusing_these(ids: Container[str], code: int = 400) -> Answer:
    """Accepts everything but these messages."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        status(code if handler.headers["webhook-id"] in ids else 204)(handler)

    return answer


def hanging(released: threading.Event) -> Answer:
    """Takes the message and says nothing until it is released."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        released.wait(60)
        handler.close_connection = True

    return answer
