"""Sending over the network: every name is asked once, every address it gives is checked, and no other is connected to.

Whatever a receiver does is an outcome and never an exception, and takes no longer than TIMEOUT.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from django.utils import timezone
from yarl import URL

from notifications.models import Problem
from notifications.webhooks import addresses

TIMEOUT: Final = 10.0
"""Seconds for everything: the name, the connection, and the answer's head."""
CONNECTIONS: Final = 5
"""To one receiver at a time."""
_HEADERS: Final = {"Content-Type": "application/json", "User-Agent": "results-verification-service/1"}
GONE: Final = 410
_ASKING: Final = ThreadPoolExecutor(max_workers=200, thread_name_prefix="names")
"""Asks for names.  Not the event loop's own few threads: names that nobody answers for would hold up all others there,
and the loop waits for them at its end, which can be long after TIMEOUT."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt; `status` is None where there was no answer."""

    status: int | None
    problem: Problem
    milliseconds: int
    at: datetime = field(default_factory=timezone.now, compare=False)

    @property
    def accepted(self) -> bool:
        return self.problem == Problem.NONE

    @property
    def is_gone(self) -> bool:
        return self.status == GONE


class ForbiddenError(OSError):
    """A name leads to an address that no message may go to."""


class CheckedNames(AbstractResolver):
    """The only way to an address: aiohttp connects to what this gives, and to nothing else."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises: OSError, if the name is unknown or any of its addresses may not be reached."""
        loop = asyncio.get_running_loop()
        ask = partial(socket.getaddrinfo, host, port, family=family, type=socket.SOCK_STREAM)
        found = await loop.run_in_executor(_ASKING, ask)
        places = list(dict.fromkeys((kind, str(place[0])) for kind, _type, _proto, _name, place in found))
        if not places or not all(addresses.may_be_reached(address) for _kind, address in places):
            raise ForbiddenError
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=kind,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for kind, address in places
        ]

    async def close(self) -> None:
        """There is nothing to close."""


@cache
def trust() -> ssl.SSLContext:
    """Whose certificates are believed: the system's authorities."""
    return ssl.create_default_context()


class Line:
    """A way to one receiver, for some messages."""

    def __init__(self, address: str, session: aiohttp.ClientSession) -> None:
        self._address = address
        self._session = session
        self._free = asyncio.Semaphore(CONNECTIONS)

    async def post(self, body: bytes, headers: Mapping[str, str]) -> Outcome:
        """Send once.  Of the answer only the head is read; it leads nowhere."""
        if addresses.why_not(self._address):  # an IP address in it would be connected to without asking CheckedNames
            return Outcome(None, Problem.ADDRESS, 0)
        async with self._free:  # before the clock starts: who waits behind slow ones is not slow
            return await self._post(body, headers)

    async def _post(self, body: bytes, headers: Mapping[str, str]) -> Outcome:
        at, began = timezone.now(), time.monotonic()
        status, problem = None, Problem.NONE
        try:
            url = URL(self._address, encoded=True)
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                status = answer.status
        except Exception as error:  # noqa: BLE001  (whatever a receiver sends, it is the receiver's fault alone)
            problem = _problem(error)
        if status is not None:  # whatever came after it
            problem = _of_status(status)
        # How long a name took to be refused says which names there are inside.
        taken = 0 if problem == Problem.ADDRESS else round((time.monotonic() - began) * 1_000)
        return Outcome(status, problem, taken, at)


@asynccontextmanager
async def line(address: str) -> AsyncIterator[Line]:
    """A way to this address; once its name has been found, it is not asked again, however many messages follow."""
    connector = aiohttp.TCPConnector(resolver=CheckedNames(), ttl_dns_cache=None, limit=CONNECTIONS, ssl=trust())
    session = aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=TIMEOUT),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=_HEADERS,
        auto_decompress=False,
        trust_env=False,
    )
    async with session:
        yield Line(address, session)


def _of_status(status: int) -> Problem:
    if 200 <= status < 300:
        return Problem.NONE
    return Problem.REDIRECT if 300 <= status < 400 else Problem.REFUSED


def _problem(error: Exception) -> Problem:
    if isinstance(error, TimeoutError):
        return Problem.TIMEOUT
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return Problem.ADDRESS
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return Problem.CERTIFICATE
    if isinstance(error, aiohttp.ClientConnectionError | OSError):
        return Problem.CONNECTION
    return Problem.ANSWER
