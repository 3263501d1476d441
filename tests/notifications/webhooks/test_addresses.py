"""Nobody can make us connect to anything but a host on the public internet, whatever they enter or their name says."""

import asyncio
import ipaddress
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from pytest_django import Settings

from notifications.models import MessageState, Problem, WebhookAttempt
from notifications.webhooks import addresses, transport
from notifications.webhooks.forms import WebhookForm
from notifications.webhooks.transport import Outcome
from organisations.models import Organisation
from tests.factories import make_result, share_result
from tests.notifications.webhooks.receiver import Receiver, receiving
from tests.notifications.webhooks.steps import make_webhook, send

PORT: Final = "PORT"
"""Stands for the port of a receiver on loopback, which must not see anybody."""

UNLIKE_AN_ADDRESS: Final = (
    "", "https:", "https://", "https:///hooks", "https:/hooks.example.org/", "https:hooks.example.org",
    "//hooks.example.org/", "hooks.example.org/", "https://:8443/", "https://?host=hooks.example.org",
)  # fmt: skip
OTHER_SCHEMES: Final = (
    "http://hooks.example.org/", f"http://127.0.0.1:{PORT}/", "HTTP://hooks.example.org/", "ftp://hooks.example.org/",
    "file:///etc/passwd", "gopher://127.0.0.1:6379/_FLUSHALL", "dict://127.0.0.1:11211/stats", "ws://hooks.example.org/",
    "wss://hooks.example.org/", "unix:///var/run/docker.sock", "javascript:alert(1)", "data:text/plain,hello",
)  # fmt: skip
WITH_A_USER: Final = (
    f"https://good.example@127.0.0.1:{PORT}/", "https://user:word@hooks.example.org/", "https://@hooks.example.org/",
    "https://:@hooks.example.org/", "https://hooks.example.org:443@127.0.0.1/", "https://a@b@127.0.0.1/",
    "https://127.0.0.1@hooks.example.org/", "https://hooks.example.org%2f@127.0.0.1/",
)  # fmt: skip
WITH_A_FRAGMENT: Final = (
    "https://hooks.example.org/#part", "https://hooks.example.org/#", "https://hooks.example.org#@127.0.0.1/",
    "https://127.0.0.1#.hooks.example.org/",
)  # fmt: skip
WITHOUT_A_FULL_NAME: Final = (
    # IPv4, in all the ways in which programs read it
    f"https://127.0.0.1:{PORT}/", "https://10.0.0.1/", "https://169.254.169.254/latest/meta-data/", "https://8.8.8.8/",
    f"https://0.0.0.0:{PORT}/", f"https://0:{PORT}/", f"https://127.1:{PORT}/", f"https://127.0.1:{PORT}/",
    f"https://2130706433:{PORT}/", f"https://017700000001:{PORT}/", f"https://0177.0.0.1:{PORT}/",
    f"https://0x7f000001:{PORT}/", f"https://0x7f.0.0.1:{PORT}/", f"https://0X7F.1:{PORT}/",
    f"https://127.0.0.0x1:{PORT}/", f"https://00000177.0.0.01:{PORT}/", f"https://127.0.0.1.:{PORT}/",
    f"https://4294967296.127.0.0.1:{PORT}/",
    # IPv6, also where it holds IPv4
    f"https://[::1]:{PORT}/", f"https://[::]:{PORT}/", f"https://[::ffff:127.0.0.1]:{PORT}/",
    f"https://[::ffff:7f00:1]:{PORT}/", f"https://[0:0:0:0:0:ffff:7f00:1]:{PORT}/", f"https://[::127.0.0.1]:{PORT}/",
    "https://[64:ff9b::7f00:1]/", "https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/", "https://[2606:4700::1111]/",
    # not a name on the public internet
    f"https://localhost:{PORT}/", f"https://LOCALHOST:{PORT}/", f"https://localhost.:{PORT}/", "https://intranet/",
    "https://hooks.example.org./", "https://hooks..example.org/", "https://.example.org/", "https://example.org../",
    "https://-hooks.example.org/", "https://hooks-.example.org/", "https://hooks.example.123/", "https://*.example.org/",
    f"https://{'a' * 64}.example.org/", f"https://{'a.' * 126}org/", "https://hooks,127.0.0.1/",
    # percent-encoded
    f"https://127%2e0%2e0%2e1:{PORT}/", f"https://%6c%6f%63alhost:{PORT}/", "https://hooks.example.org%00.127.0.0.1/",
    "https://hooks.example.org%0d%0aX-Smuggled:1/", "https://hooks.example.org%2f127.0.0.1/",
)  # fmt: skip
NOT_PLAIN: Final = (
    # white space and control characters, some of which urlsplit leaves out without a word
    " https://hooks.example.org/", "https://hooks.example.org/ ", "https://hooks example.org/",
    "https://hooks.example.org\t@127.0.0.1/", "https://127.0.0.1\n.example.org/", "ht\ntps://hooks.example.org/",
    "https://hooks.example.org/\r\nX-Smuggled: 1", "https://hooks.example.org/\x00", "https://127.0.0.1\x00.example.org/",
    "\x01https://hooks.example.org/", "https://hooks.example.org/\x7f",
    # what some programs read as a slash, and what no address holds
    "https://hooks.example.org\\@127.0.0.1/", "https:\\\\127.0.0.1\\", "https://127.0.0.1\\.hooks.example.org/",
    'https://hooks.example.org/"', "https://hooks.example.org/<b>", "https://hooks.example.org/`", "https://{host}.org/",
    "https://hooks.example.org/^", "https://hooks.example.org/|",
    # digits, letters and dots that only look like those, or that are made into those
    "https://\uff11\uff12\uff17.0.0.1/", "https://127\u30020\u30020\u30021/", "https://127\uff0e0\uff0e0\uff0e1/",
    "https://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/", "https://\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3/",
    "https://ho\u043eks.example.org/", "https://hooks.exam\u00adple.org/", "https://hooks.example.org\u2028/",
    "\ufeffhttps://hooks.example.org/", "https://hooks.example.org/\u202e", "https://b\u00fccher.example.org/",
    "https://hooks.example.org:44\uff13/", "https://hooks.example.org\uff0f@127.0.0.1/",
    # too long
    f"https://hooks.example.org/{'a' * 500}",
)  # fmt: skip
OTHER_PORTS: Final = (
    "https://hooks.example.org:22/", "https://hooks.example.org:25/", "https://hooks.example.org:80/",
    "https://hooks.example.org:1/", "https://hooks.example.org:1023/", "https://hooks.example.org:0/",
)  # fmt: skip
IMPOSSIBLE: Final = (
    "https://hooks.example.org:65536/", "https://hooks.example.org:99999999999/", "https://hooks.example.org:-1/",
    "https://hooks.example.org:+443/", "https://hooks.example.org:443x/", "https://hooks.example.org:0x1bb/",
    "https://hooks.example.org:22:443/",
)  # fmt: skip
ODD_BRACKETS: Final = (
    "https://[::1/", "https://::1]/", "https://[127.0.0.1]/", "https://[hooks.example.org]/",
    "https://hooks.example.org[::1]/", "https://[::1].example.org/", "https://[v1.fe80::a]/",
)  # fmt: skip
REFUSED_BY_LOOK: Final = (
    *UNLIKE_AN_ADDRESS, *OTHER_SCHEMES, *WITH_A_USER, *WITH_A_FRAGMENT, *WITHOUT_A_FULL_NAME, *NOT_PLAIN, *OTHER_PORTS,
    *IMPOSSIBLE, *ODD_BRACKETS,
)  # fmt: skip

INWARD: Final = (
    # IPv4
    "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
    "100.100.100.200", "169.254.169.254", "0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.250", "255.255.255.255",  # noqa: S104  (nothing is bound)
    "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "240.0.0.1", "192.0.0.192", "192.88.99.1",
    # IPv6
    "::1", "::", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "2606:4700::1111%eth0", "ff02::1", "ff0e::1",
    "fec0::1", "2001:db8::1", "3fff::1", "100::1", "5f00::1", "4000::1",
    # IPv6 that stands for an IPv4 address
    "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::7f00:1",
    "2002:7f00:1::", "2002:808:808::1", "2001::1", "2001:0:7f00:1::", "2001:20::1",
)  # fmt: skip
ANSWERS: Final = (
    *((address,) for address in INWARD),
    ("8.8.8.8", "127.0.0.1"), ("10.0.0.1", "8.8.8.8"), ("2606:4700::1111", "::1"), ("8.8.8.8", "fe80::1%eth0"),
    ("1.1.1.1", "8.8.8.8", "9.9.9.9", "169.254.169.254"), (),
)  # fmt: skip

RIGHT: Final = (
    "https://hooks.example.org", "https://hooks.example.org/", "https://hooks.example.org:443/", "https://example.org/",
    "https://hooks.example.org:8443/", "https://hooks.example.org:1024/", "https://hooks.example.org:65535/",
    "https://hooks.example.org:/", "https://hooks.example.org/a/b.php?key=a%20b&c=d", "https://hooks.example.org?key=1",
    "HTTPS://CRM.Example.AC.UK/Hooks", "https://xn--bcher-kva.example.org/", "https://hooks.xn--p1ai/",
    "https://1.2.3.4.example.org/", "https://8ball.example.org/", "https://crm_hooks.example.org/",
    "https://hooks.example.org/user@example.org", "https://hooks.example.org//double/../dots/", "https://a.b/~x;y=(z)!$'*",
    f"https://{'a' * 63}.example.org/", f"https://hooks.example.org/{'a' * 474}",
)  # fmt: skip
PUBLIC: Final = (
    "8.8.8.8", "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
    "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
    "223.255.255.255", "2001:4860:4860::8888", "2606:4700::1111", "2620:fe::fe", "2a00:1450:4009::1", "2001:200::1",
)  # fmt: skip


@dataclass
class Names:
    """A name server: gives these answers in turn, the last one for ever, whatever name it is asked for."""

    answers: list[Sequence[str]]
    asked: list[str] = field(default_factory=list)

    def ask(self, host: str, port: int, **_hints: Any) -> list[tuple[Any, ...]]:
        answer = self.answers[min(len(self.asked), len(self.answers) - 1)]
        self.asked.append(host)
        if not answer:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [_found(address, port) for address in answer]


def _found(address: str, port: int) -> tuple[Any, ...]:
    if ":" in address:
        return (socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port, 0, 0))
    return (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))


@pytest.fixture(autouse=True)
def _production(settings: Settings) -> None:
    settings.WEBHOOK_LOOPBACK = False


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Every name leads to a public address, until a test says otherwise."""
    names = Names([["8.8.8.8"]])
    monkeypatch.setattr(socket, "getaddrinfo", names.ask)
    return names


@pytest.fixture(autouse=True)
def connections(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where any socket of this process tries to connect to; what is not loopback gets no further."""
    seen: list[str] = []
    connect = socket.socket.connect

    def spy(self: socket.socket, place: tuple[Any, ...]) -> None:
        seen.append(place[0])
        if not ipaddress.ip_address(place[0].partition("%")[0]).is_loopback:
            raise ConnectionRefusedError
        connect(self, place)

    monkeypatch.setattr(socket.socket, "connect", spy)
    return seen


@pytest.fixture(scope="module")
def listener() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def _post(address: str, messages: int = 1) -> list[Outcome]:
    """Over one line, one after the other."""

    async def post() -> list[Outcome]:
        async with transport.line(address) as line:
            return [await line.post(b"{}", {}) for _message in range(messages)]

    return asyncio.run(post())


@pytest.mark.parametrize("address", REFUSED_BY_LOOK, ids=lambda address: ascii(address)[:70])
def test_an_address_that_looks_wrong_is_refused_and_makes_no_connection(
    address: str, names: Names, connections: list[str], listener: Receiver
) -> None:
    address = address.replace(PORT, str(listener.port))
    before = listener.connections

    assert addresses.why_not(address)
    assert _post(address) == [transport.Outcome(None, Problem.ADDRESS, 0)]
    assert (connections, listener.connections - before, names.asked) == ([], 0, [])


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: " and ".join(answer) or "unknown")
def test_a_name_that_leads_inward_is_refused_as_a_whole_and_makes_no_connection(
    answer: Sequence[str], names: Names, connections: list[str], listener: Receiver
) -> None:
    names.answers = [answer]
    before = listener.connections
    address = f"https://hooks.example.org:{listener.port}/"

    assert not addresses.why_not(address)
    [outcome] = _post(address)
    assert (outcome.status, outcome.problem) == (None, Problem.ADDRESS)
    assert (connections, listener.connections - before, names.asked) == ([], 0, ["hooks.example.org"])


def test_there_are_well_over_sixty_hostile_addresses() -> None:
    assert len(set(REFUSED_BY_LOOK)) == len(REFUSED_BY_LOOK) >= 60
    assert len(set(ANSWERS)) == len(ANSWERS) >= 40


def test_a_name_that_changes_its_mind_is_asked_once_and_its_first_answer_holds(
    names: Names, connections: list[str], listener: Receiver
) -> None:
    names.answers = [["8.8.8.8"], ["127.0.0.1"]]
    before = listener.connections

    outcomes = _post(f"https://hooks.example.org:{listener.port}/", messages=10)

    assert [outcome.problem for outcome in outcomes] == [Problem.CONNECTION] * 10
    assert connections == ["8.8.8.8"] * 10
    assert (names.asked, listener.connections - before) == (["hooks.example.org"], 0)


def test_a_name_that_has_changed_its_mind_by_the_next_line_is_refused_there(
    names: Names, connections: list[str], listener: Receiver
) -> None:
    names.answers = [["8.8.8.8"], ["127.0.0.1"]]
    address = f"https://hooks.example.org:{listener.port}/"
    before = listener.connections

    assert [outcome.problem for outcome in _post(address) + _post(address)] == [Problem.CONNECTION, Problem.ADDRESS]
    assert (connections, len(names.asked), listener.connections - before) == (["8.8.8.8"], 2, 0)


def test_the_spy_and_the_listener_notice_what_is_allowed(
    settings: Settings, names: Names, connections: list[str], listener: Receiver
) -> None:
    """Otherwise the tests above prove nothing."""
    before = listener.connections
    _post(f"https://hooks.example.org:{listener.port}/")
    assert (connections, listener.connections - before) == (["8.8.8.8"], 0)

    settings.WEBHOOK_LOOPBACK = True
    names.answers = [["127.0.0.1"]]
    [outcome] = _post(listener.address)
    assert outcome.accepted
    assert (connections, listener.connections - before) == (["8.8.8.8", "127.0.0.1"], 1)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_even_the_demonstration_reaches_nothing_inward_but_loopback(
    host: str, settings: Settings, names: Names, connections: list[str]
) -> None:
    settings.WEBHOOK_LOOPBACK = True
    assert not addresses.why_not(f"http://{host}:8080/")
    assert addresses.why_not("http://hooks.example.org/")
    assert addresses.why_not("https://10.0.0.1/")
    names.answers = [["127.0.0.1", "10.0.0.1"]]
    assert _post("http://localhost:8080/")[0].problem == Problem.ADDRESS
    assert connections == []


@pytest.mark.django_db
@pytest.mark.parametrize("answer", ["127.0.0.1", "8.8.8.8"])
def test_a_stored_address_that_is_allowed_no_more_is_not_connected_to(
    answer: str,
    organisation: Organisation,
    settings: Settings,
    names: Names,
    connections: list[str],
    listener: Receiver,
) -> None:
    names.answers = [[answer]]
    settings.WEBHOOK_LOOPBACK = True
    webhook, _secret = make_webhook(organisation, listener.address)
    share_result(organisation, make_result())
    settings.WEBHOOK_LOOPBACK = False
    before = listener.connections

    send()

    assert (connections, listener.connections - before) == ([], 0)
    _is_written_down_as_refused(webhook.pk)


@pytest.mark.django_db
def test_a_stored_name_that_leads_inward_by_now_is_not_connected_to(
    organisation: Organisation, names: Names, connections: list[str], listener: Receiver
) -> None:
    webhook, _secret = make_webhook(organisation, f"https://hooks.example.org:{listener.port}/")
    share_result(organisation, make_result())
    names.answers = [["127.0.0.1"]]
    before = listener.connections

    send()

    assert (connections, listener.connections - before) == ([], 0)
    _is_written_down_as_refused(webhook.pk)


def _is_written_down_as_refused(webhook_id: object) -> None:
    attempt = WebhookAttempt.objects.get()
    assert (attempt.status, attempt.problem) == (None, Problem.ADDRESS)
    assert (attempt.message.webhook_id, attempt.message.state) == (webhook_id, MessageState.WAITING)


@pytest.mark.parametrize("address", RIGHT, ids=lambda address: address[:70])
def test_an_address_of_a_public_host_is_accepted_and_connected_to(address: str, connections: list[str]) -> None:
    assert not addresses.why_not(address)
    assert _post(address)[0].problem == Problem.CONNECTION
    assert connections == ["8.8.8.8"]


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_ip_address_may_be_reached(text: str) -> None:
    assert addresses.is_public(ipaddress.ip_address(text))
    assert addresses.may_be_reached(text)


@pytest.mark.parametrize("text", INWARD)
def test_an_inward_ip_address_may_not_be_reached(text: str) -> None:
    assert not addresses.may_be_reached(text)
    if "%" not in text:
        assert not addresses.is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        (OTHER_SCHEMES, "The address must begin with https://"),
        (WITH_A_USER, "The address must hold no user name and no password; messages are signed instead"),
        (WITH_A_FRAGMENT, "The address must hold no #"),
        (WITHOUT_A_FULL_NAME, "Use the full name of a host on the public internet, such as crm.example.ac.uk"),
        (OTHER_PORTS, "Use port 443, which needs no number, or one from 1024 on"),
        (IMPOSSIBLE, "This is no address; look at its host and port"),
    ],
    ids=["scheme", "user", "fragment", "name", "port", "impossible"],
)
def test_the_form_says_why(refused: Sequence[str], words: str) -> None:
    for address in refused:
        assert _errors(address.replace(PORT, "8443")) == [words], address


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "Enter the address"),
        (
            "https://b\u00fccher.example.org/",
            "Write the address in plain letters, without spaces, such as https://crm.example.ac.uk/results",
        ),
        ("https://hooks.example.org/\x00", "Null characters are not allowed."),
        (f"https://hooks.example.org/{'a' * 500}", "Ensure this value has at most 500 characters (it has 526)."),
        (" https://hooks.example.org/ ", None),
        ("https://hooks.example.org/", None),
    ],
    ids=["nothing", "not plain", "null", "too long", "white space around it", "right"],
)
def test_the_form_says_why_of_characters_and_length(address: str, words: str | None) -> None:
    assert _errors(address) == ([words] if words else [])


def _errors(address: str) -> list[str]:
    form = WebhookForm({"name": "CRM", "address": address, "events": ["share.created"]})
    return [str(error) for error in form.errors.get("address", [])]
