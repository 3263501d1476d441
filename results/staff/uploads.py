"""Uploads to this service: none, but for the files of an import, streamed to the disk and dropped past their limit."""

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest

IMPORT_PAGE: Final = "results_importjob_add"


def limits() -> dict[str, int]:
    """Bytes that each file of an import may have."""
    return {"file": settings.IMPORT_MAX_FILE_BYTES, "photos": settings.IMPORT_MAX_PHOTOS_BYTES}


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """The one handler of the service (FILE_UPLOAD_HANDLERS); `too_large` names the fields whose file was dropped.

    It is asked before any form, also before the check of the form's token: only who may import gets a byte stored.
    What is left of a request after such a file is still read, so that the browser is ready for the answer; but not when
    the request as a whole is larger than anything could be: reading ten gigabytes costs twenty seconds.
    """

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        match = request.resolver_match
        expected = match and match.url_name == IMPORT_PAGE and request.user.has_perm("results.add_importjob")
        self._limits: Mapping[str, int] = limits() if expected else {}
        self.too_large: set[str] = set()
        self._hopeless = False

    def handle_raw_input(
        self,
        input_data: Any,
        META: Mapping[str, Any],  # noqa: N803  (Django's name)
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        self._hopeless = content_length > sum(self._limits.values()) + settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        field = self.field_name or ""
        if start + len(raw_data) > self._limits.get(field, 0):
            self.too_large.add(field)
            raise StopUpload(connection_reset=True) if self._hopeless else SkipFile
        super().receive_data_chunk(raw_data, start)


def too_large(request: HttpRequest) -> set[str]:
    """Fields of this request whose file was dropped."""
    return {field for handler in request.upload_handlers for field in getattr(handler, "too_large", ())}
