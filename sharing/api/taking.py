"""What programs take of results, for every call alike."""

from collections.abc import Iterable
from datetime import datetime

from organisations.api_clients.authentication import Caller
from sharing import door
from sharing.door import RightId, Taken
from sharing.models import Channel


def take(caller: Caller, rights: Iterable[RightId], call: str, now: datetime) -> dict[RightId, Taken]:
    """What these say today; the trail names the call."""
    return door.take(
        organisation=caller.organisation,
        rights=rights,
        actor=caller.actor,
        channel=Channel.API,
        now=now,
        purpose=f"api:{call}",
    )
