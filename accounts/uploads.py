"""Uploads: only to the pages of settings.UPLOAD_PAGES, streamed to the disk, dropped past their limit."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest
from django.utils.module_loading import import_string

Limits = Mapping[str, int]
"""Bytes that each file of a form may have, by the field's name."""


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """The one handler of the service (FILE_UPLOAD_HANDLERS); `too_large` names the fields whose file was dropped.

    It is asked before any form, also before the check of the form's token: only who may upload there gets a byte
    stored.  What is left of a request after such a file is still read, so that the browser is ready for the answer; but
    not when the request as a whole is larger than anything could be: reading ten gigabytes costs twenty seconds.
    """

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self._limits = _limits(request)
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


def _limits(request: HttpRequest) -> Limits:
    match = request.resolver_match
    page = settings.UPLOAD_PAGES.get(match.view_name) if match else None
    limits: Callable[[HttpRequest], Limits] = import_string(page) if page else lambda _request: {}
    return limits(request)
