"""Whatever a receiver does, sending to it has an outcome, in time; and nobody but the receiver can read or forge it."""

import asyncio
import contextlib
import gzip
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable, Coroutine, Iterator, Mapping
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.utils import timezone
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from notifications.models import Problem
from notifications.webhooks import signing, transport
from notifications.webhooks.transport import Outcome
from tests.notifications.webhooks.receiver import (
    Answer,
    Receiver,
    dripping,
    hanging_up,
    huge,
    raw,
    receiving,
    refusing,
    slow,
    status,
)

T = TypeVar("T")
LIMIT: Final = 1.0
"""Seconds for one attempt in these tests."""
LATE: Final = 4.0
"""Nothing here may take longer, also on a busy machine."""
BODY: Final = b'{"type":"webhook.test"}'


@pytest.fixture(autouse=True)
def _short_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "TIMEOUT", LIMIT)


def _post(address: str, messages: int = 1, headers: Mapping[str, str] | None = None) -> list[Outcome]:
    """Over one line, one after the other."""

    async def post() -> list[Outcome]:
        async with transport.line(address) as line:
            return [await line.post(BODY, headers or {}) for _message in range(messages)]

    return _in_time(post())


def _in_time(work: Coroutine[Any, Any, T]) -> T:
    began = time.monotonic()
    result = asyncio.run(work)
    assert time.monotonic() - began < LATE
    return result


def _endless(piece: bytes, head: bytes = b"HTTP/1.1 200 OK\r\n") -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        with contextlib.suppress(OSError):
            handler.wfile.write(head)
            while True:
                handler.wfile.write(piece)

    return answer


_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_OK: Final = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("answer", "code", "problem"),
    [
        pytest.param(slow(LATE), None, Problem.TIMEOUT, id="answers too late"),
        pytest.param(dripping, None, Problem.TIMEOUT, id="drips a header"),
        pytest.param(_endless(_CONTINUE * 100, head=b""), None, Problem.TIMEOUT, id="says for ever that we go on"),
        pytest.param(raw(_CONTINUE * 1_000, _OK, b"\r\n"), 200, Problem.NONE, id="says a thousand times that we go on"),
        pytest.param(hanging_up, None, Problem.CONNECTION, id="hangs up without a word"),
        pytest.param(raw(_OK, b"X-Half: "), None, Problem.CONNECTION, id="hangs up within the head"),
        pytest.param(raw(_OK, b"Content-Length: 50\r\n\r\nhalf"), 200, Problem.NONE, id="hangs up within the body"),
        pytest.param(raw(b"220 mx.example.org ESMTP\r\n"), None, Problem.ANSWER, id="is a mail server"),
        pytest.param(raw(bytes(range(256)) * 100), None, Problem.ANSWER, id="sends noise"),
        pytest.param(raw(b"HTTP/2 200\r\n\r\n"), None, Problem.ANSWER, id="speaks HTTP of another version"),
        pytest.param(_endless(b"X-More: 1\r\n"), None, Problem.ANSWER, id="sends headers without an end"),
        pytest.param(_endless(b"x" * 65_536, head=_OK + b"X: "), None, Problem.ANSWER, id="sends an endless header"),
        pytest.param(_endless(b"x" * 65_536, head=b"HTTP/1.1 200 "), None, Problem.ANSWER, id="has an endless reason"),
        pytest.param(raw(_OK, b"X: a\0b\r\n\r\n"), None, Problem.ANSWER, id="puts a null into a header"),
        pytest.param(raw(_OK, b"Content-Length: -5\r\n\r\n"), None, Problem.ANSWER, id="has a negative length"),
        pytest.param(raw(_OK, b"Content-Length: five\r\n\r\n"), None, Problem.ANSWER, id="has a length in words"),
        pytest.param(
            raw(_OK, b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n12"), None, Problem.ANSWER, id="has two lengths"
        ),
        pytest.param(raw(_OK + b"Content-Encoding: gzip\r\n\r\nno gzip"), 200, Problem.NONE, id="lies about gzip"),
        pytest.param(huge, 200, Problem.NONE, id="has a body of ten gigabytes"),
        pytest.param(raw(b"HTTP/1.1 99 Low\r\n\r\n"), None, Problem.ANSWER, id="has a status of two digits"),
        pytest.param(raw(b"HTTP/1.1 65536 High\r\n\r\n"), None, Problem.ANSWER, id="has a status of five digits"),
        pytest.param(status(199), None, Problem.TIMEOUT, id="answers 199 and then nothing"),
        pytest.param(
            raw(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
            101,
            Problem.REFUSED,
            id="wants to speak something else",
        ),
        *(pytest.param(status(code), code, Problem.NONE, id=f"answers {code}") for code in (200, 201, 204, 206, 299)),
        *(pytest.param(status(code), code, Problem.REDIRECT, id=f"answers {code}") for code in (300, 304, 399)),
        *(
            pytest.param(status(code), code, Problem.REFUSED, id=f"answers {code}")
            for code in (400, 401, 404, 410, 429, 500, 503, 599, 600, 999)
        ),
        pytest.param(
            status(302, Location="http://[nowhere"), 302, Problem.REDIRECT, id="leads to what is no address"
        ),
        pytest.param(status(204, Set_Cookie="\x01=;;=\xff"), 204, Problem.NONE, id="sets a mad cookie"),
    ],
)  # fmt: skip
def test_whatever_a_receiver_does_has_an_outcome_in_time(answer: Answer, code: int | None, problem: Problem) -> None:
    with receiving(answer) as receiver:
        [outcome] = _post(receiver.address)

    assert (outcome.status, outcome.problem) == (code, problem)
    assert outcome.accepted == (problem == Problem.NONE)
    assert outcome.is_gone == (code == 410)
    assert problem != Problem.TIMEOUT or outcome.milliseconds >= LIMIT * 950
    assert [call.body for call in receiver.calls] == [BODY]  # an attempt is one request


def test_nobody_listening_is_an_outcome() -> None:
    with refusing() as address:
        [outcome] = _post(address)
    assert (outcome.status, outcome.problem) == (None, Problem.CONNECTION)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_receiver_that_hangs_up_at_once_is_an_outcome(scheme: str) -> None:
    with _blurting(b"") as port:
        [outcome] = _post(f"{scheme}://localhost:{port}/")
    assert (outcome.status, outcome.problem) == (None, Problem.CONNECTION)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_receiver_that_accepts_the_connection_and_says_nothing_runs_out_of_time(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        [outcome] = _post(f"{scheme}://localhost:{silent.getsockname()[1]}/")
    assert (outcome.status, outcome.problem) == (None, Problem.TIMEOUT)


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_of_an_endless_body_nothing_is_read_or_unpacked(coding: str) -> None:
    piece = gzip.compress(bytes(16 * 1024**2), 1) if coding == "gzip" else bytes(1024**2)
    written: list[int] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        with contextlib.suppress(OSError):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\n\r\n" % coding.encode())
            while True:
                written.append(handler.connection.send(piece))

    tracemalloc.start()
    with receiving(answer) as receiver:
        outcomes = _post(receiver.address, messages=5)
        _wait_until(lambda: all(call.answered for call in receiver.calls))
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert [outcome.status for outcome in outcomes] == [200] * 5
    assert all(outcome.milliseconds < LIMIT * 1_000 for outcome in outcomes)
    assert sum(written) < 5 * 32 * 1024**2  # what fits into the buffers of sockets
    assert most < 8 * 1024**2


def _wait_until(is_so: Callable[[], bool]) -> None:
    ends = time.monotonic() + LATE
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.005)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(code: int) -> None:
    with receiving() as inner, receiving(status(code, Location=inner.address)) as receiver:
        [outcome] = _post(receiver.address)

    assert (outcome.status, outcome.problem) == (code, Problem.REDIRECT)
    assert (len(receiver.calls), inner.connections) == (1, 0)


def test_a_line_keeps_its_connection_and_no_cookies() -> None:
    with receiving(status(204, Set_Cookie="session=1; Path=/")) as receiver:
        assert all(outcome.accepted for outcome in _post(receiver.address, messages=3))

    assert (len(receiver.calls), receiver.connections) == (3, 1)
    assert not any("cookie" in call.headers for call in receiver.calls)


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as proxy, receiving() as receiver:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert _post(receiver.address)[0].accepted

    assert (len(receiver.calls), proxy.connections) == (1, 0)


def test_who_waits_behind_slow_messages_has_all_the_time_of_its_own() -> None:
    async def post(address: str) -> list[Outcome]:
        async with transport.line(address) as line:
            return await asyncio.gather(*(line.post(BODY, {}) for _message in range(transport.CONNECTIONS * 2)))

    with receiving(slow(LIMIT * 0.6)) as receiver:  # two rounds of these take longer than the limit
        assert all(outcome.accepted for outcome in _in_time(post(receiver.address)))

    assert receiver.connections == transport.CONNECTIONS


def test_names_that_nobody_answers_for_hold_up_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    late, truly = threading.Event(), socket.getaddrinfo

    def ask(host: str, *args: Any, **kwargs: Any) -> Any:
        if host != "localhost":
            late.wait(LATE * 3)
        return truly("localhost", *args, **kwargs)

    async def one(address: str) -> Outcome:
        async with transport.line(address) as line:
            return await line.post(BODY, {})

    async def everybody(good: str) -> list[Outcome]:
        silent = [one(f"https://silent{number}.example.org/") for number in range(50)]
        return await asyncio.gather(*silent, one(good))

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    try:
        with receiving() as receiver:
            *silent, good = _in_time(everybody(receiver.address))
    finally:
        late.set()
    assert good.accepted
    assert {outcome.problem for outcome in silent} == {Problem.TIMEOUT}


class Authority:
    """Signs certificates of receivers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Authority of the tests")
        self._identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        usage = x509.KeyUsage(
            key_cert_sign=True, crl_sign=True, digital_signature=False, content_commitment=False,
            key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
            decipher_only=False,
        )  # fmt: skip
        self.certificate = (
            _unsigned(self._name, self._name, self._key.public_key(), days=1)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(self._identifier, critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def trust(self) -> ssl.SSLContext:
        pem = self.certificate.public_bytes(serialization.Encoding.PEM).decode()
        return ssl.create_default_context(cadata=pem)

    def server(self, names: list[x509.GeneralName], *, days: int = 1, self_signed: bool = False) -> ssl.SSLContext:
        """What a receiver needs whose certificate is for these names and ends after so many days."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("receiver")
        certificate = (
            _unsigned(name, name if self_signed else self._name, key.public_key(), days)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(self._identifier), critical=False
            )
            .sign(key if self_signed else self._key, hashes.SHA256())
        )
        path = self._folder / "receiver.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(path)
        return context


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _unsigned(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = timezone.now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=10))
        .not_valid_after(now + timedelta(days=days))
    )


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """One that is believed in."""
    authority = Authority(tmp_path)
    monkeypatch.setattr(transport, "trust", authority.trust)
    return authority


@pytest.fixture
def _names_lead_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(_host: str, port: int, **_hints: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", ask)


def _over_tls(server: ssl.SSLContext, host: str, messages: int = 1) -> tuple[list[Outcome], Receiver]:
    with receiving(tls=server) as receiver:
        return _post(f"https://{host}:{receiver.port}/hooks", messages), receiver


@pytest.mark.usefixtures("_names_lead_here")
@pytest.mark.parametrize("host", ["localhost", "hooks.example.org"])
def test_a_certificate_is_held_against_the_name_and_not_the_ip_address(host: str, authority: Authority) -> None:
    asked_for: list[str] = []
    server = authority.server([x509.DNSName(host)])
    server.sni_callback = lambda _socket, name, _context: asked_for.append(name)

    [outcome], receiver = _over_tls(server, host)

    assert (outcome.status, outcome.problem) == (204, Problem.NONE)
    assert [(call.body, call.headers["host"]) for call in receiver.calls] == [(BODY, f"{host}:{receiver.port}")]
    assert asked_for == [host]


@pytest.mark.usefixtures("_names_lead_here")
@pytest.mark.parametrize(
    ("names", "extra"),
    [
        ([x509.DNSName("other.example.org")], {}),
        ([x509.DNSName("example.org"), x509.DNSName("*.hooks.example.org")], {}),
        ([x509.IPAddress(ip_address("127.0.0.1"))], {}),
        ([x509.DNSName("hooks.example.org")], {"days": -1}),
        ([x509.DNSName("hooks.example.org")], {"self_signed": True}),
    ],
    ids=["another name", "names around it", "only the IP address", "expired", "self-signed"],
)
def test_with_a_wrong_certificate_no_message_is_sent(
    names: list[x509.GeneralName], extra: dict[str, Any], authority: Authority
) -> None:
    [outcome], receiver = _over_tls(authority.server(names, **extra), "hooks.example.org")

    assert (outcome.status, outcome.problem) == (None, Problem.CERTIFICATE)
    assert receiver.calls == []


def test_an_authority_that_the_system_does_not_know_is_not_believed(tmp_path: Path) -> None:
    server = Authority(tmp_path).server([x509.DNSName("localhost")])

    [outcome], receiver = _over_tls(server, "localhost")

    assert (outcome.status, outcome.problem) == (None, Problem.CERTIFICATE)
    assert receiver.calls == []


def test_tls_that_is_too_old_is_no_connection(authority: Authority) -> None:
    server = authority.server([x509.DNSName("localhost")])
    server.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.deprecated_call():
        server.minimum_version = ssl.TLSVersion.TLSv1_1
        server.maximum_version = ssl.TLSVersion.TLSv1_1

    [outcome], receiver = _over_tls(server, "localhost")

    assert (outcome.status, outcome.problem) == (None, Problem.CONNECTION)
    assert receiver.calls == []


@pytest.mark.parametrize("words", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"220 mx.example.org ESMTP\r\n", b"\0" * 100])
def test_a_receiver_that_does_not_speak_tls_is_no_connection(words: bytes, authority: Authority) -> None:
    with _blurting(words) as port:
        [outcome] = _post(f"https://localhost:{port}/")
    assert (outcome.status, outcome.problem) == (None, Problem.CONNECTION)


def test_a_connection_over_tls_is_kept_for_what_follows(authority: Authority) -> None:
    outcomes, receiver = _over_tls(authority.server([x509.DNSName("localhost")]), "localhost", messages=3)

    assert all(outcome.accepted for outcome in outcomes)
    assert (len(receiver.calls), receiver.connections) == (3, 1)


@contextlib.contextmanager
def _blurting(words: bytes) -> Iterator[int]:
    """A port whose owner says this at once, whatever it hears, and hangs up."""

    def speak() -> None:
        with server.accept()[0] as connection, contextlib.suppress(OSError):
            connection.sendall(words)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=speak)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def _received(*keys: str, seconds_ago: int = 0, body: bytes = BODY) -> tuple[bytes, dict[str, str]]:
    """A signed message as it comes in."""
    at = timezone.now() - timedelta(seconds=seconds_ago)
    with receiving() as receiver:
        [outcome] = _post(receiver.address, headers=signing.headers_of("msg_1", body, keys, at))
    assert outcome.accepted
    [call] = receiver.calls
    return call.body, call.headers


def test_the_reference_library_accepts_our_signature() -> None:
    secret = signing.new_secret()
    body, headers = _received(secret)

    assert Verifier(secret).verify(body, headers) == {"type": "webhook.test"}
    assert headers["webhook-id"] == "msg_1"
    assert headers["content-type"] == "application/json"


def test_while_a_secret_is_replaced_both_verify() -> None:
    new, former = signing.new_secret(), signing.new_secret()
    body, headers = _received(new, former)

    Verifier(new).verify(body, headers)
    Verifier(former).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(signing.new_secret()).verify(body, headers)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("webhook-id", lambda _id: "msg_2"),
        ("webhook-timestamp", lambda moment: str(int(moment) + 1)),
        ("webhook-signature", lambda _signature: "v1,AAAA"),
        ("webhook-signature", lambda _signature: ""),
    ],
    ids=["id", "timestamp", "signature", "no signature"],
)
def test_the_reference_library_refuses_a_changed_header(name: str, change: Callable[[str], str]) -> None:
    secret = signing.new_secret()
    body, headers = _received(secret)

    with pytest.raises(WebhookVerificationError):
        Verifier(secret).verify(body, headers | {name: change(headers[name])})


@pytest.mark.parametrize("changed", [BODY + b" ", BODY.replace(b"test", b"tesT"), b"{}"])
def test_the_reference_library_refuses_a_changed_body(changed: bytes) -> None:
    secret = signing.new_secret()
    _body, headers = _received(secret)

    with pytest.raises(WebhookVerificationError):
        Verifier(secret).verify(changed, headers)


def test_the_reference_library_refuses_another_secret() -> None:
    body, headers = _received(signing.new_secret())

    with pytest.raises(WebhookVerificationError):
        Verifier(signing.new_secret()).verify(body, headers)


def test_a_message_is_good_for_five_minutes_and_no_longer() -> None:
    secret = signing.new_secret()

    Verifier(secret).verify(*_received(secret, seconds_ago=290))
    with pytest.raises(WebhookVerificationError, match="too old"):
        Verifier(secret).verify(*_received(secret, seconds_ago=301))
