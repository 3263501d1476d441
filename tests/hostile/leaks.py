"""Words of people where none may stand: in a log, in the broker, in the head of a mail."""

import base64
import binascii
import json
import os
import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from django.apps import apps
from redis import Redis

from rvs.personal_data import Kind, kinds

SHORTEST: Final = 4
"""Letters of a word that can be told from a part of something else."""
_TELLING: Final = {Kind.SECRET, Kind.RESULT, Kind.IDENTITY, Kind.CONTACT}
_OUR_OWN: Final = re.compile(r"[a-z_]+")
"""Such as `withheld`: a choice that we offer, and no word of a person."""


def leaks(words: Iterable[str], text: str) -> list[tuple[str, str]]:
    """Each of the words that stands in the text as a whole, with its line."""
    wanted = sorted({word.lower() for word in words if len(word) >= SHORTEST}, key=len, reverse=True)
    if not wanted:
        return []
    pattern = re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, wanted))})(?![^\W_])", re.IGNORECASE)
    return [(found[0], line[:300]) for line in text.splitlines() for found in pattern.finditer(line)]


def stored_words() -> set[str]:
    """What the database holds of people at this moment: every column that rvs/personal_data.py calls telling."""
    words: set[str] = set()
    for name, kind in kinds():
        if kind in _TELLING:
            app, model, field = name.split(".")
            rows = apps.get_model(app, model)._base_manager.values_list(field, flat=True)
            words.update(word for value in rows for word in _words(value))
    return words


def typed_words(body: str) -> set[str]:
    """What somebody typed into a form, or what the page sent with it, its token among it."""
    return {value.strip() for _name, value in parse_qsl(body) if not _OUR_OWN.fullmatch(value)}


def _words(value: object) -> Iterator[str]:
    match value:
        case date():
            yield from (value.isoformat(), f"{value:%d/%m/%Y}", f"{value.day} {value:%B %Y}")
        case str() if len(value) > 300 or "\n" in value:
            yield from re.findall(r"[^\s/]{16,}", value)  # the links of a mail
        case str() if not _OUR_OWN.fullmatch(value):
            yield value


def servers_log() -> str:
    """What PostgreSQL wrote, if it is the one that the tests started."""
    log = _folder() / "log" / "postgres.log"
    return log.read_text(errors="replace") if log.exists() else ""


def broker_contents() -> str:
    """Everything that Valkey holds, and what its messages say once they are decoded."""
    address = urlsplit(os.environ["REDIS_URL"])
    valkey: Any = (
        Redis(unix_socket_path=unquote(address.path)) if address.scheme == "unix" else Redis.from_url(address.geturl())
    )
    with valkey:
        held = [part for key in valkey.scan_iter() for part in (key, *_read(valkey, key))]
    files = [path.read_bytes() for path in (_folder() / "valkey").rglob("*") if path.is_file()]
    return "\n".join(text for part in [*held, *files] for text in _decoded(part))


def _read(valkey: Any, key: bytes) -> list[bytes]:
    match valkey.type(key):
        case b"list":
            return list(valkey.lrange(key, 0, -1))
        case b"hash":
            return [part for pair in valkey.hgetall(key).items() for part in pair]
        case b"set":
            return list(valkey.smembers(key))
        case b"zset":
            return list(valkey.zrange(key, 0, -1))
        case _other:
            return [valkey.get(key)]


def _decoded(part: bytes) -> Iterator[str]:
    """Celery's messages carry their arguments in base64."""
    text = part.decode(errors="replace")
    yield text
    try:
        body = json.loads(text[text.index("{") : text.rindex("}") + 1])["body"]
        yield base64.b64decode(body).decode(errors="replace")
    except (ValueError, KeyError, TypeError, binascii.Error):
        pass


def _folder() -> Path:
    """Where the tests' servers keep their files."""
    return Path(unquote(urlsplit(os.environ["STORAGE_URL"]).path)).parent
