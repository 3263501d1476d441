"""The Statement of Results: what it says in each era, and that it is a sound, accessible PDF."""

import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pdfua
import pytest

from results.statement import NoStatement, file_name, render_statement
from results.statement.document import MAX_PHOTO_BYTES, MAX_TEXT
from tests.results.statements import ERAS, make_photo, make_statement, read, render, saved, text_of

EVERYWHERE = (
    "Statement of Results", "113GB5990001", "Zoë Muñoz-Sánchez", "Candidate name", "Reference number", "Qualification",
    "Session", "Place of entry", "CAMBRIDGE, United Kingdom", "Centre", "GB599 Cambridge Assessment Centre",
    "This is not a certificate", "may be amended before certificates are issued", "X", "Z", "Pending", "Withheld",
    "7F3K-9Q2M-XK4T", "https://results.example.org/check/7F3K-9Q2M-XK4T/",
    "Version 1 · Issued 23 July 2026, 14:05 UTC", "Page 1 of 1",
)  # fmt: skip
SAID = {
    "B2 First on the scale": (
        "First Certificate in English (B2 First)", "Pass at Grade C", "Overall Score 170", "B2", "March (FS) 2021",
        "Reading 172", "Use of English 172", "Writing 169", "Listening 157", "Speaking 178",
        "Pass at Grade A 180–190 C1", "Pass at Grade C (this result) 160–172 B2", "Level B1 140–159 B1",
        "Level 1 in the UK National Qualifications Framework",
    ),
    "C1 Advanced, level below": (
        "Certificate in Advanced English", "Level B2 †", "171", "† The candidate was exempted",
        "Level B2 (this result) 160–179 B2",
    ),
    "A2 Key, three components": (
        "Key English Test (A2 Key)", "Pass with Merit", "Overall Score 138", "A2", "Reading and Writing 140",
        "Listening 135", "Speaking 138", "Pass with Distinction 140–150 B1", "Entry 2",
    ),
    "B2 First of 2011": (
        "Pass at Grade B", "77/100", "Candidate Profile", "Reading Good", "Use of English Borderline",
        "Listening Exceptional", "Speaking Weak", "Pass at Grade B (this result) 75–79 B2", "compares the performance",
    ),
    "A2 Key of 2006": ("Pass with Merit", "Candidate Profile", "Reading and Writing Good", "Speaking Exceptional"),
    "DELTA Module One": ("DELTA Module One", "Pass with Distinction"),
}  # fmt: skip
NOT_SAID = {
    "B2 First on the scale": ("†", "/100", "Candidate Profile"),
    "B2 First of 2011": ("Overall Score",),
    "A2 Key of 2006": ("Score", "CEFR", "Certificated results"),
    "DELTA Module One": ("Score", "CEFR", "Certificated results", "Reading", "Candidate Profile"),
}


@pytest.mark.parametrize("era", ERAS)
def test_a_statement_says_what_its_era_said(era: str) -> None:
    text = " ".join(text_of(render(make_photo(), **ERAS[era]), "-layout").split())
    assert [said for said in (*EVERYWHERE, *SAID[era]) if said not in text] == []
    assert [said for said in NOT_SAID.get(era, ()) if said in text] == []


@pytest.mark.parametrize("era", ERAS)
def test_a_statement_is_one_sound_tagged_page_with_its_fonts_inside(era: str, tmp_path: Path) -> None:
    pdf = render(make_photo(), **ERAS[era])
    path = saved(pdf, tmp_path)
    assert [f"{found.rule_id} {found.message}" for found in pdfua.validate(path).findings] == []
    subprocess.run(["qpdf", "--check", path], check=True, capture_output=True)
    fonts = subprocess.run(["pdffonts", path], check=True, capture_output=True, text=True).stdout.splitlines()[2:]
    assert fonts
    assert [font for font in fonts if font.split()[-5:-2] != ["yes", "yes", "yes"]] == []
    reader = read(pdf)
    assert len(reader.pages) == 1
    assert list(reader.attachments) == []


def elements(pdf: bytes, kind: str) -> list[Any]:
    """The elements of this kind in the tree of tags, in reading order."""
    found = []

    def walk(element: Any) -> None:
        element = element.get_object()
        if isinstance(element, dict):
            if element.get("/S") == kind:
                found.append(element)
            kids = element.get("/K", [])
            for kid in kids if isinstance(kids, list) else [kids]:
                walk(kid)

    walk(read(pdf).root_object["/StructTreeRoot"])
    return found


def test_pictures_have_a_text_and_stand_where_they_are_drawn() -> None:
    figures = elements(render(make_photo(), photo="face.jpg"), "/Figure")
    texts = {str(figure["/Alt"]): [float(value) for value in figure["/A"]["/BBox"]] for figure in figures}
    assert [text.split()[0] for text in texts] == ["Results", "Photograph", "Chart", "QR"]
    assert "from 122 to 190" in " ".join(texts)
    assert "https://results.example.org/check/7F3K-9Q2M-XK4T/" in " ".join(texts)
    for left, bottom, right, top in texts.values():
        assert 0 < left < right < 596
        assert 0 < bottom < top < 842
    boxes = list(texts.values())
    assert boxes[0][1] > boxes[1][3] > boxes[2][3] > boxes[3][3], "from the top of the page down"


def test_header_cells_say_what_they_head() -> None:
    scopes = [(str(cell["/A"]["/Scope"])) for cell in elements(render(), "/TH")]
    assert scopes.count("/Column") == 3 + 2 + 3
    assert scopes.count("/Row") == 7 + 6 + 4


def test_the_document_names_itself() -> None:
    reader = read(render())
    assert reader.metadata is not None
    assert reader.metadata.title == "Statement of Results 113GB5990001"
    assert str(reader.root_object["/Lang"]) == "en-gb"
    assert reader.metadata.creation_date is not None


def test_the_same_statement_gives_the_same_bytes() -> None:
    assert render(make_photo(), photo="face.jpg") == render(make_photo(), photo="face.jpg")


def pictures(pdf: bytes) -> list[bytes]:
    return [image.data for image in read(pdf).pages[0].images]


def test_the_photo_is_the_given_one_and_only_where_it_is_shown() -> None:
    assert pictures(render(make_photo(), photo="face.jpg")) == [make_photo()]
    assert pictures(render(make_photo(), exam="FCEFS", photo="face.jpg")) == []
    assert pictures(render(make_photo(), photo="")) == []
    assert pictures(render(None, photo="face.jpg")) == []


@pytest.mark.parametrize("status", ["pending", "withheld", "cancelled", "absent"])
def test_a_result_that_is_not_released_has_no_statement(status: str) -> None:
    with pytest.raises(NoStatement):
        make_statement(status=status)


def test_what_cannot_be_a_statement_is_refused() -> None:
    with pytest.raises(ValueError, match="too big"):
        make_statement(given_names="A" * (MAX_TEXT + 1))
    with pytest.raises(ValueError, match="too big"):
        make_statement(b"x" * (MAX_PHOTO_BYTES + 1))
    with pytest.raises(ValueError, match="aware"):
        type(statement := make_statement())(
            view=statement.view,
            reference_number="1",
            code="",
            check_url="",
            issued_at=datetime(2026, 1, 1),  # noqa: DTZ001
        )


def test_a_version_issued_again_says_so() -> None:
    assert "Version 3" in text_of(render_statement(make_statement(number=3)))


@pytest.mark.parametrize(
    ("reference", "expected"),
    [("113GB5990001", "statement-113GB5990001.pdf"), ('../a"b\r\nc.d', "statement-abcd.pdf")],
)
def test_the_file_name_is_safe(reference: str, expected: str) -> None:
    assert file_name(reference) == expected
