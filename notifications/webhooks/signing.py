"""What a message carries and how it is signed, as Standard Webhooks lays down (https://www.standardwebhooks.com/)."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from accounts import sealing
from notifications.models import Webhook, WebhookMessage

PREFIX: Final = "whsec_"
_BYTES: Final = 32
_PURPOSE: Final = "notifications.webhooks"


def new_secret() -> str:
    """As its receiver is given it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def seal(secret: str) -> str:
    """As it is stored: unlike those of API clients it must be read again, to sign with it."""
    return sealing.seal(secret, purpose=_PURPOSE)


def secrets_of(webhook: Webhook) -> list[str]:
    """Those that sign today, the newest first; more than one for a while after one was replaced.

    Raises:
        InvalidToken: of `cryptography.fernet`, when SECRET_KEY was changed and the old key forgotten.
    """
    sealed = [webhook.secret, *(webhook.former_secrets if webhook.signs_with_former else [])]
    return [sealing.open_sealed(secret, purpose=_PURPOSE) for secret in sealed]


def body_of(message: WebhookMessage) -> bytes:
    """The same each time: ids and a type, and nothing of a person or a result.  What they mean is asked of the API."""
    change = message.change
    if change is None:
        content: dict[str, object] = {"type": message.type, "timestamp": _rfc3339(message.created_at), "data": {}}
    else:
        right = {"share_id": change.share_id} if change.share_id else {"verification_id": change.verification_id}
        data = {"change_id": str(change.public_id), **{name: str(value) for name, value in right.items()}}
        content = {"type": change.type, "timestamp": _rfc3339(change.occurred_at), "data": data}
    return json.dumps(content, separators=(",", ":")).encode()


def headers_of(message_id: str, body: bytes, keys: Sequence[str], at: datetime) -> dict[str, str]:
    """Who it is, when it is sent, and a signature with each key."""
    moment = int(at.timestamp())
    signed = f"{message_id}.{moment}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(moment),
        "webhook-signature": " ".join(_signature(key, signed) for key in keys),
    }


def _signature(key: str, signed: bytes) -> str:
    secret = base64.b64decode(key.removeprefix(PREFIX))
    return f"v1,{base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()}"


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
