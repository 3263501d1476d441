"""The files of an import, as the worker reads them."""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.core.files.base import File
from django.db.models.fields.files import FieldFile


def sha256(file: "File[bytes]") -> str:
    """Hexadecimal digest of a file, read in blocks."""
    digest = hashlib.sha256()
    for block in file.chunks():
        digest.update(block)
    return digest.hexdigest()


@contextmanager
def local_path(file: FieldFile) -> Iterator[Path]:
    """Where the stored file is on this machine; from object storage a copy is made for as long as it is needed."""
    path = _path(file)
    if path:
        yield path
        return
    with tempfile.NamedTemporaryFile() as copy, file.open("rb") as stored:
        shutil.copyfileobj(stored, copy)
        copy.flush()
        yield Path(copy.name)


def _path(file: FieldFile) -> Path | None:
    with suppress(NotImplementedError):
        return Path(file.path)
    return None
