"""Uploads of any size: streamed to the disk, and dropped once they pass the limit of their field."""

from collections.abc import Mapping

from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler
from django.http import HttpRequest


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """Takes the files of the named fields up to so many bytes, and none of other fields.

    `too_large` names the fields whose file was dropped.
    """

    def __init__(self, request: HttpRequest, limits: Mapping[str, int]) -> None:
        super().__init__(request)
        self._limits = limits
        self.too_large: set[str] = set()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        field = self.field_name or ""
        if start + len(raw_data) > self._limits.get(field, 0):
            self.too_large.add(field)
            raise SkipFile
        super().receive_data_chunk(raw_data, start)
