"""The parts of an XLSX file, read as a stream: whatever they hold, memory and time stay within limits.

openpyxl builds a tree of what it reads; with defusedxml 4 MB of XML that mean harm took 10 s and 338 MB.  Here nothing
is kept but what a handler keeps, declarations of entities are refused, and elements are counted over all parts.
"""

import zipfile
from collections.abc import Iterator
from typing import Any, Final
from xml.parsers import expat

MOST_ELEMENTS: Final = 3_000_000
MOST_DEPTH: Final = 100
"""Elements within elements; a spreadsheet has about ten."""
BLOCK: Final = 1 << 16


class TooLargeError(Exception):
    """More elements than a list of 10,000 rows and 60 columns has, or deeper ones than any."""


class ForbiddenError(Exception):
    """The part declares a document type, as no spreadsheet does."""


class Handler:
    """What is done at the elements of a part, by their names without namespace; attributes too."""

    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def end(self, name: str) -> None: ...

    def text(self, text: str) -> None: ...


class Parts:
    """The XML parts of an archive."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._elements = 0

    def __contains__(self, name: str) -> bool:
        return name in self._archive.NameToInfo

    def read(self, name: str, handler: Handler) -> None:
        for _block in self.blocks(name, handler):
            pass

    def blocks(self, name: str, handler: Handler) -> Iterator[None]:
        """Parses a part block by block, so that what the handler has found can be taken from it in between."""
        parser = self._parser(handler)
        with self._archive.open(name) as part:
            while block := part.read(BLOCK):
                parser.Parse(block)
                yield
            parser.Parse(b"", True)
        yield

    def _parser(self, handler: Handler) -> Any:
        parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True

        depth = 0

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            self._elements += 1
            if self._elements > MOST_ELEMENTS or depth > MOST_DEPTH:
                raise TooLargeError
            handler.start(name.rpartition("}")[2], attributes)

        def end(name: str) -> None:
            nonlocal depth
            depth -= 1
            handler.end(name.rpartition("}")[2])

        def forbid(*_declaration: object) -> None:
            raise ForbiddenError

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = handler.text
        parser.StartDoctypeDeclHandler = forbid
        parser.EntityDeclHandler = forbid
        return parser
