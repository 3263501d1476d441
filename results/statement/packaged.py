"""The only things a statement may load: packaged fonts, and what was drawn for this one document."""

from collections.abc import Mapping
from importlib import resources
from typing import Final

from weasyprint.urls import URLFetcher, URLFetcherResponse

SCHEME: Final = "statement:"
# TTF, one file per weight: a web font would be unpacked again for each new font configuration.
FONT_FILES: Final = {
    "font-regular": "SourceSansPro-Regular.ttf",
    "font-semibold": "SourceSansPro-Semibold.ttf",
}


def font(name: str) -> bytes:
    return resources.files("font_source_sans_pro").joinpath("files", FONT_FILES[name]).read_bytes()


def stylesheet() -> str:
    return resources.files("results.statement").joinpath("statement.css").read_text("utf-8")


class PackagedFetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """Answers `statement:` addresses from memory and refuses every other one.

    A subclass, because WeasyPrint calls more of a fetcher than `fetch`.
    """

    def __init__(self, images: Mapping[str, bytes] | None = None) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False)
        self.images = images or {}

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        name = url.removeprefix(SCHEME)
        if name == url or name not in {*FONT_FILES, *self.images}:
            raise ValueError("a statement loads nothing from outside")
        return URLFetcherResponse(url, font(name) if name in FONT_FILES else self.images[name])
