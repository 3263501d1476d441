"""Taking results away: templates of data files, downloads with their history, and batch checks."""

from downloads.models.batch import BatchCheck, BatchRow, BatchState, RowOutcome
from downloads.models.download import Download, DownloadState, Format, Item, LeftOut, Part
from downloads.models.template import Template

__all__ = [
    "BatchCheck",
    "BatchRow",
    "BatchState",
    "Download",
    "DownloadState",
    "Format",
    "Item",
    "LeftOut",
    "Part",
    "RowOutcome",
    "Template",
]
