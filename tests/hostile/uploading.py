"""A hostile delivery through staff's page, in one process: uploaded, checked by the worker's code, and looked at."""

import io
import re
import zipfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any, Final

from results.models import ImportJob
from results.staff import worker
from tests.hostile.wsgi import application

UPLOAD: Final = "/admin/results/importjob/add/"
TOKEN: Final = "c" * 32
BOUNDARY: Final = "a-boundary-that-stands-nowhere-else"
PATIENCE: Final = 10
"""Runs of the worker that one delivery may take: the check, and what it was asked to do after it."""


def upload(folder: Path, session_key: str) -> tuple[int, str]:
    """Upload, let the worker check, try to load, and read the pages: 1 and what they say; 0 if it was loaded."""
    parts = {"file": folder / "results.csv"}
    if photos := _photos(folder):
        parts["photos"] = photos
    status, page, text = _post(UPLOAD, session_key, _Multipart(parts))
    if status == 200:
        return 1, text  # refused on the spot
    assert (status, page) == (302, f"/admin/results/importjob/{ImportJob.objects.get().pk}/"), text
    assert worker.work_on_next()
    job = ImportJob.objects.get()
    if job.state == "ready":
        assert job.counts["refused"], "nothing is wrong with it"
        _post(f"{page}confirm/", session_key, _Multipart({}, {"preview": str(job.preview)}))
    worker.work_on_next()
    said = [
        _get(page, session_key),
        _get(f"{page}problems/", session_key),
        _get(f"{page}problems/?page=9999999", session_key),
    ]
    job.refresh_from_db()
    return int(job.state in {"refused", "ready"}), "\n".join([f"state: {job.state} {job.note}", *said])


class _Multipart(io.RawIOBase):
    """A form with files that is never in memory as a whole."""

    def __init__(self, files: dict[str, Path], fields: dict[str, str] | None = None) -> None:
        self.sources: list[Any] = []
        self.length = 0
        for name, value in (fields or {}).items():
            self._add(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
        for name, path in files.items():
            head = f'Content-Disposition: form-data; name="{name}"; filename="{path.name}"'
            self._add(f"--{BOUNDARY}\r\n{head}\r\nContent-Type: text/csv\r\n\r\n".encode())
            self.sources.append(path.open("rb"))
            self.length += path.stat().st_size
            self._add(b"\r\n")
        self._add(f"--{BOUNDARY}--\r\n".encode())

    def _add(self, data: bytes) -> None:
        self.sources.append(io.BytesIO(data))
        self.length += len(data)

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        while self.sources:
            if data := self.sources[0].read(1 << 20 if size is None or size < 0 else size):
                return bytes(data)
            self.sources.pop(0).close()
        return b""


def _photos(folder: Path) -> Path | None:
    """The archive; loose photos are packed into one."""
    packed = folder / "photos.zip"
    if (folder / "photos").is_dir():
        with zipfile.ZipFile(packed, "w") as archive:
            for path in (folder / "photos").iterdir():
                archive.write(path, path.name)
    return packed if packed.exists() else None


def _get(address: str, session_key: str) -> str:
    _status, _location, text = _ask("GET", address, session_key)
    return text


def _post(address: str, session_key: str, body: _Multipart) -> tuple[int, str, str]:
    more = {
        "wsgi.input": body,
        "CONTENT_LENGTH": str(body.length),
        "CONTENT_TYPE": f"multipart/form-data; boundary={BOUNDARY}",
        "HTTP_X_CSRFTOKEN": TOKEN,
    }
    return _ask("POST", address, session_key, **more)


def _ask(method: str, address: str, session_key: str, **more: Any) -> tuple[int, str, str]:
    path, _question_mark, query = address.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_COOKIE": f"session={session_key}; csrf={TOKEN}",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        **more,
    }
    found: dict[str, Any] = {}

    def start(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
        found.update(status=int(status[:3]), location=dict(headers).get("Location", ""))

    text = b"".join(_whole(application(environ, start))).decode(errors="replace")
    return found["status"], found["location"], unescape(re.sub(r"<[^>]*>", " ", text))


def _whole(answer: Any) -> Iterator[bytes]:
    yield from answer
    if close := getattr(answer, "close", None):
        close()
