"""Names on statements: any script, any length, markup as text, and never another person's."""

import re
import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st

from results.statement import packaged
from tests.results.statements import make_photo, name_in, read, render, text_of

SCRIPTS = {
    "Latin": "Ana María Łukasz Øystein Ğül Şener",
    "Latin, decomposed beside composed": "Ren\u00e9 Rene\u0301 O\u0308zgu\u0308r",
    "Latin, marks without a composed letter": "Q\u0301u\u0304x\u0323 Name",
    "Vietnamese": "Nguyễn Thị Ánh Tuyết",
    "Greek": "Ελένη Παπαδοπούλου Ωμέγα \u2126",
    "Cyrillic": "Фёдор Їжакевич Ђорђе",
    "Arabic": "محمد عبد الله الهاشمي",
    "Hebrew": "משה בן ארי",
    "Hebrew with points": "מֹשֶׁה",
    "Chinese": "王小明",
    "Japanese": "山田 はなこ",
    "Korean": "김철수",
    "Devanagari": "नरेन्द्र मोदी",
    "Thai": "สมชาย ใจดี",
    "Ligatures": "Griffin Offley Fjord ﬁn",
    "Punctuation": "D’Arcy O'Neil-Smith & Söhne <Jr.>",
}


@pytest.mark.parametrize("name", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_a_name_in_any_script_extracts_exactly(name: str) -> None:
    """Points of Hebrew may come in another, canonically equivalent, order."""
    found = name_in(render(given_names=name, family_name=""))
    assert found == name or unicodedata.normalize("NFC", found) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize("script", ["Latin", "Vietnamese", "Greek", "Cyrillic", "Chinese", "Korean", "Thai"])
def test_another_reader_finds_it_too(script: str) -> None:
    """pypdf knows no /ActualText: the fonts' own mapping must be right, also where no font has the glyphs."""
    text = read(render(given_names=SCRIPTS[script], family_name="")).pages[0].extract_text()
    assert unicodedata.normalize("NFC", SCRIPTS[script]) in unicodedata.normalize("NFC", text)
    assert "Statement of Results" in text


@cache
def letters() -> list[str]:
    """Every letter of the statement's own font."""
    font = TTFont(BytesIO(packaged.font("font-semibold")))
    return [chr(point) for point in sorted(font.getBestCmap()) if unicodedata.category(chr(point)).startswith("L")]


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_letters_of_the_font_extract_exactly(data: st.DataObject) -> None:
    name = data.draw(st.text(st.sampled_from(letters()), min_size=1, max_size=30))
    assert name_in(render(given_names=name, family_name="")) == name


@pytest.mark.parametrize(("length", "pages"), [(40, 1), (80, 2), (200, 2)])
@pytest.mark.parametrize("letter", ["v", "ś", "д"])
def test_a_long_name_without_spaces_wraps_and_keeps_every_letter(length: int, pages: int, letter: str) -> None:
    name = letter * length
    pdf = render(make_photo(), given_names=name, family_name=name, photo="face.jpg", exempt=True)
    assert text_of(pdf).count(letter) - text_of(render(exempt=True)).count(letter) == 2 * length
    assert len(read(pdf).pages) <= pages
    words = [line for line in text_of(pdf, "-bbox").splitlines() if letter * 5 in line]
    assert len(words) >= 2, "it takes more than one line"
    for word in words:  # <word xMin=".." yMin=".." xMax=".." yMax="..">
        edges = dict(re.findall(r'(\w+)="([0-9.]+)"', word))
        assert 56 < float(edges["xMin"]) < float(edges["xMax"]) < 440, "clear of the photo"


def test_every_text_at_its_longest_still_makes_a_whole_statement() -> None:
    long = "Ж" * 200
    pdf = render(given_names=long, family_name=long, centre_name=long, place_of_entry=long, session="Ж" * 60)
    assert text_of(pdf).count("Ж") == 4 * 200 + 60
    assert "7F3K-9Q2M-XK4T" in text_of(pdf)


class Canary(BaseHTTPRequestHandler):
    hits: list[str]

    def do_GET(self) -> None:
        self.hits.append(self.path)
        self.send_response(200)
        self.end_headers()


@pytest.fixture
def canary() -> "tuple[str, list[str]]":  # type: ignore[misc]
    """A loopback server, and the list of what was asked of it."""
    hits: list[str] = []
    server = HTTPServer(("127.0.0.1", 0), type("Handler", (Canary,), {"hits": hits}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", hits
    server.shutdown()
    server.server_close()


HOSTILE = [
    '<img src="{url}">', '<img src="file:///etc/passwd">', '<link rel="attachment" href="{url}">',
    '<link rel="stylesheet" href="{url}">', "<style>@import url({url});</style>",
    '<p style="background:url({url})">x</p>', '<svg><image href="{url}"/></svg>',
    "</td></tr></table><h1>Grade A</h1>", "]]><!--", "&lt;b&gt; &#x41; {{{{ view }}}} {{% now %}}",
    '"><a href="{url}">x</a>',
]  # fmt: skip


@pytest.mark.parametrize("markup", HOSTILE)
def test_markup_in_a_name_is_text(markup: str, canary: tuple[str, list[str]]) -> None:
    url, hits = canary
    name = markup.format(url=url)
    pdf = render(given_names=name, family_name="", centre_name=name, place_of_entry=name, session=name[:60])
    reader = read(pdf)
    assert "".join(name.split()) in "".join(text_of(pdf).split())
    assert hits == []
    assert list(reader.attachments) == []
    assert "/Annots" not in reader.pages[0]
    assert "root:" not in text_of(pdf)


def test_the_canary_would_notice(canary: tuple[str, list[str]]) -> None:
    """With WeasyPrint's own fetcher the same markup does reach out."""
    from weasyprint import HTML  # noqa: PLC0415

    url, hits = canary
    HTML(string=HOSTILE[0].format(url=url)).write_pdf()
    assert hits == ["/"]


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/",
        "file:///etc/passwd",
        "data:text/css,a{}",
        "statement:../x",
        "statement:photo",
        "ftp://a/",
        "",
    ],
)
def test_the_fetcher_refuses_all_but_its_own(address: str) -> None:
    with pytest.raises(ValueError, match="nothing from outside"):
        packaged.PackagedFetcher().fetch(address)
    assert packaged.PackagedFetcher({"photo": b"x"}).fetch("statement:photo").read() == b"x"


def test_control_characters_do_no_harm() -> None:
    assert "A\ufffdB" in name_in(render(given_names="A\x01B", family_name=""))


def test_threads_get_their_own_name_and_photo() -> None:
    def one(number: int) -> tuple[str, list[bytes], bytes]:
        photo = make_photo((number * 20, 10, 10))
        pdf = render(photo, given_names=f"Person{number}", family_name="", photo="face.jpg")
        return name_in(pdf), [image.data for image in read(pdf).pages[0].images], photo

    with ThreadPoolExecutor(max_workers=4) as pool:
        results = list(pool.map(one, range(12)))
    assert [name for name, _images, _photo in results] == [f"Person{number}" for number in range(12)]
    assert all(images == [photo] for _name, images, photo in results)
