"""Places in a list, for addresses: sealed, because the name at which a page ends is nobody else's to read."""

import base64
import hashlib
import json
import uuid
from datetime import datetime
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.encoding import force_bytes

from sharing.door import Order, Position

MOMENT: Final = "at"


def seal(position: Position | None, order: Order) -> str | None:
    """What stands in an address for a place in a list of this order."""
    if position is None:
        return None
    key = position.key
    told = {MOMENT: key.isoformat()} if isinstance(key, datetime) else key
    content = [str(order), told, position.share_id.hex, position.before]
    return _box().encrypt(json.dumps(content).encode()).decode()


def unseal(sealed: str, order: Order) -> Position | None:
    """The place; None if this is not one of ours, or of a list in another order."""
    try:
        of_order, told, share_id, before = json.loads(_box().decrypt(sealed.encode()))
    except InvalidToken:
        return None
    if of_order != str(order):
        return None
    key = datetime.fromisoformat(told[MOMENT]) if isinstance(told, dict) else told
    return Position(key, uuid.UUID(share_id), before)


def _box() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = (hashlib.sha256(b"sharing.cursors" + force_bytes(key)).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
