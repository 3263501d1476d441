"""What a Statement of Results says."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from results.presentation import ResultView

# The longest name and the longest place the database holds, with room to spare; a longer text is no name.
MAX_TEXT: Final = 500
MAX_PHOTO_BYTES: Final = 2_000_000


class NoStatement(Exception):  # noqa: N818  (it is an answer, not an error)
    """There is no Statement of Results for a result that is not released."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A result as shown, and what identifies this copy of it.

    `code` is printed and leads to `check_url`, the full address of its public page.  `issued_at` is aware.  `photo` is
    a JPEG or PNG and is drawn only where the view has a photo.  Raises NoStatement when the result is not shown, and
    ValueError for a naive time or for anything too big to be what it says it is.
    """

    view: ResultView
    reference_number: str
    code: str
    check_url: str
    issued_at: datetime
    photo: bytes | None = None

    def __post_init__(self) -> None:
        if not self.view.shows_result:
            raise NoStatement
        if self.issued_at.tzinfo is None:
            raise ValueError("issued_at must be aware")
        view = self.view
        texts = (view.candidate_name, view.session, view.centre_name, view.place_of_entry, view.label, self.check_url)
        if any(len(text) > MAX_TEXT for text in texts) or len(self.photo or b"") > MAX_PHOTO_BYTES:
            raise ValueError("a text or the photo is too big for a statement")

    @property
    def shown_photo(self) -> bytes | None:
        return self.photo if self.view.has_photo else None

    @property
    def issued_utc(self) -> datetime:
        return self.issued_at.astimezone(UTC)


def file_name(reference_number: str) -> str:
    """The name to save a statement under: letters, digits and hyphens only."""
    return f"statement-{re.sub(r'[^0-9A-Za-z-]', '', reference_number)}.pdf"
