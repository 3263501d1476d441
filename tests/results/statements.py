"""Statements for tests, and what other programs read in them."""

import subprocess
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from pypdf import PdfReader

from results.models import ResultVersion
from results.presentation import describe
from results.statement import Statement, render_statement
from tests.factories import B2_FIRST, NOTHING

NO_COMPONENTS = {"reading": "", "use_of_english": "", "writing": "", "listening": "", "speaking": ""}
KEY = {**NO_COMPONENTS, "exam": "KET", "session": "May 2019", "exam_date": date(2019, 5, 4)}
ERAS: dict[str, dict[str, Any]] = {
    "B2 First on the scale": {"photo": "face.jpg"},
    "C1 Advanced, level below": {"exam": "CAE", "label": "Level B2", "score": 171, "exempt": True},
    "A2 Key, three components": KEY
    | {"label": "Pass with Merit", "score": 138, "cefr": "A2", "reading_and_writing": "140", "listening": "135"}
    | {"speaking": "138"},
    "B2 First of 2011": {"exam_date": date(2011, 3, 12), "label": "Pass at Grade B", "score": 77, "reading": "Good"}
    | {"use_of_english": "Borderline", "writing": "Good", "listening": "Exceptional", "speaking": "Weak"},
    "A2 Key of 2006": KEY
    | {"exam_date": date(2006, 6, 3), "label": "Pass with Merit", "score": None, "cefr": ""}
    | {"reading_and_writing": "Good", "listening": "Good", "speaking": "Exceptional"},
    "DELTA Module One": {**NOTHING, "exam": "DELTA1", "label": "Pass with Distinction"},
}


def make_version(**content: Any) -> ResultVersion:
    """A version that is not stored; a released B2 First result unless `content` says otherwise."""
    content = {"number": 1, **B2_FIRST, **content}
    return ResultVersion(issued_status=content["status"], **content)


def make_statement(image: bytes | None = None, code: str = "7F3K-9Q2M-XK4T", **content: Any) -> Statement:
    return Statement(
        view=describe(make_version(**content)),
        reference_number="113GB5990001",
        code=code,
        check_url=f"https://results.example.org/check/{code}/",
        issued_at=datetime(2026, 7, 23, 14, 5, tzinfo=UTC),
        photo=image,
    )


def render(image: bytes | None = None, **content: Any) -> bytes:
    return render_statement(make_statement(image, **content))


def make_photo(colour: tuple[int, int, int] = (200, 40, 40)) -> bytes:
    file = BytesIO()
    Image.new("RGB", (48, 60), colour).save(file, "JPEG")
    return file.getvalue()


def read(pdf: bytes) -> PdfReader:
    return PdfReader(BytesIO(pdf), strict=True)


def text_of(pdf: bytes, *options: str) -> str:
    """What Poppler extracts, without the marks it sets around right-to-left text."""
    command = ["pdftotext", *options, "-", "-"]
    text = subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()
    return text.replace("\u202a", "").replace("\u202b", "").replace("\u202c", "")


def name_in(pdf: bytes) -> str:
    """The candidate's name, when it takes one line."""
    line = next(line for line in text_of(pdf, "-layout").splitlines() if line.startswith("Candidate name"))
    return line.removeprefix("Candidate name").strip(" ")


def saved(pdf: bytes, folder: Path) -> str:
    path = folder / "statement.pdf"
    path.write_bytes(pdf)
    return str(path)
