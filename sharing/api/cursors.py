"""Places in a list, for programs to keep: opaque and signed, good only for one organisation and one list."""

import uuid
from datetime import datetime
from typing import Final

from django.core.signing import BadSignature, Signer
from django.utils.translation import gettext as _

from organisations.api_clients.refusals import Refused
from organisations.models import Organisation
from sharing.door.programs import Place

LONGEST: Final = 300


def seal_place(place: Place, organisation: Organisation, narrowed: str) -> str:
    """After a share in the list that `narrowed` stands for."""
    return _signer("shares", organisation, narrowed).sign_object([place.shared_at.isoformat(), place.share_id.hex])


def unseal_place(cursor: str, organisation: Organisation, narrowed: str) -> Place:
    """Raises: Refused."""
    shared_at, share_id = _unseal(_signer("shares", organisation, narrowed), cursor)
    return Place(datetime.fromisoformat(shared_at), uuid.UUID(share_id))


def seal_position(position: int, organisation: Organisation) -> str:
    """After a row of the ledger."""
    return _signer("changes", organisation).sign_object([position])


def unseal_position(cursor: str, organisation: Organisation) -> int:
    """Raises: Refused."""
    (position,) = _unseal(_signer("changes", organisation), cursor)
    return int(position)


def _signer(of_list: str, organisation: Organisation, narrowed: str = "") -> Signer:
    return Signer(salt=f"sharing.api.cursors {of_list} {organisation.pk} {narrowed}", sep=".")


def _unseal(signer: Signer, cursor: str) -> list[str]:
    try:
        content: list[str] = signer.unsign_object(cursor)
    except BadSignature:
        text = _(
            "This cursor is none that was given out for this list with these filters. "
            "Send the newest next_cursor unchanged, or begin again without a cursor."
        )
        raise Refused(400, "invalid-cursor", _("Invalid cursor"), text) from None
    return content
