"""One Statement of Results, against plain WeasyPrint on the same page.

Both sides start from the same statement and end with its bytes.  The limit is WeasyPrint as its manual shows it: the
same HTML and style, a new CSS object and new images for each page (QR code and chart as SVG), but a font configuration
that is used again, which is the dearest part.  `run` needs Django set up and no database.
"""

import base64
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from importlib import resources
from io import BytesIO

import segno
from PIL import Image
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from bench import Figure
from results.charts import Scale
from results.models import ResultVersion
from results.presentation import describe
from results.statement import Statement, drawings, packaged, render_statement, rendering

ROUNDS = 25
_GOAL = 0.6


def run(rounds: int = ROUNDS) -> list[Figure]:
    """Measure both in turns, so that other work on the machine falls on both; processor time, the best of all."""
    first, *statements = [sample(number) for number in range(rounds + 1)]
    render_statement(first)
    plain(first)
    ours, limit = [], []
    for statement in statements:
        ours.append(_milliseconds(render_statement, statement))
        limit.append(_milliseconds(plain, statement))
    note = f"{rounds} statements; limit: plain WeasyPrint with a reused font configuration"
    return [Figure("one statement", min(ours), min(limit), min(ours) / min(limit), _GOAL, "ms", note, at_most=True)]


def _milliseconds(work: Callable[[Statement], bytes], statement: Statement) -> float:
    start = time.process_time()
    work(statement)
    return (time.process_time() - start) * 1000


def sample(number: int) -> Statement:
    """A different candidate, photo and code each time: nothing of one may be of use to the next."""
    version = ResultVersion(
        number=1, status="released", issued_status="released", given_names=f"Ana {number}", family_name="Example",
        date_of_birth=date(2001, 5, 9), exam="FCE", session="March (FS) 2021", exam_date=date(2021, 3, 13),
        centre_number="GB599", centre_name="Example Centre", place_of_entry="CAMBRIDGE", country="GB",
        label="Pass at Grade C", score=170, cefr="B2", reading="172", use_of_english="172", writing="169",
        listening="157", speaking="178", photo="face.jpg",
    )  # fmt: skip
    picture = BytesIO()
    Image.effect_noise((240, 304), 40 + number).save(picture, "JPEG", quality=85)
    code = f"7F3K-9Q2M-{number:04}"
    return Statement(
        view=describe(version),
        reference_number=f"213GB599{number:04}",
        code=code,
        check_url=f"https://results.example.org/check/{code}/",
        issued_at=datetime(2026, 7, 23, 14, 5, tzinfo=UTC),
        photo=picture.getvalue(),
    )


@cache
def _fonts() -> FontConfiguration:
    return FontConfiguration()


@cache
def _style() -> str:
    """The statement's style with its fonts as files."""
    style = packaged.stylesheet()
    for name, file in packaged.FONT_FILES.items():
        font = resources.files("font_source_sans_pro").joinpath("files", file)
        with resources.as_file(font) as path:
            style = style.replace(f"{packaged.SCHEME}{name}", path.as_uri())
    return style


def plain(statement: Statement) -> bytes:
    style = CSS(string=_style(), font_config=_fonts())
    page = HTML(string=_plain_html(statement))
    pdf: bytes = page.write_pdf(stylesheets=[style], font_config=_fonts(), pdf_variant="pdf/ua-1")
    return pdf


def _plain_html(statement: Statement) -> str:
    """The statement's page with its images inside."""
    assert statement.view.scale is not None
    images = {
        "logo": ("image/svg+xml", _LOGO),
        "photo": ("image/jpeg", statement.photo or b""),
        "chart": ("image/svg+xml", _chart(statement.view.scale)),
        "qr": ("image/svg+xml", _qr(statement.check_url)),
    }
    html = rendering.page(statement)
    for name, (kind, data) in images.items():
        address = f"data:{kind};base64,{base64.b64encode(data).decode()}"
        html = html.replace(f'"{packaged.SCHEME}{name}"', f'"{address}"')
    return html


def _qr(content: str) -> bytes:
    file = BytesIO()
    segno.make_qr(content, error="m").save(file, kind="svg", scale=3)
    return file.getvalue()


_LOGO = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"><rect width="36" height="36" rx="9" fill="#232c6e"/>'
    b'<path d="M9 26v-6M15 26V15" fill="none" stroke="#aeb7f0" stroke-width="3.2"/>'
    b'<path d="m14 20.5 5.5 5.5L28 11" fill="none" stroke="#fff" stroke-width="3.6"/></svg>'
)


def _chart(scale: Scale) -> bytes:
    """The same chart as SVG."""
    chart = drawings.ScaleChart(scale)
    parts = []
    for index, span in enumerate(scale.spans):
        left, right = chart.at(span.start), chart.at(span.start + span.width)
        parts.append(f'<rect x="{left}" width="{right - left}" height="{chart.body}" fill="#f4f5f{"b7"[index % 2]}"/>')
        parts.append(f'<text x="{(left + right) / 2}" y="17.5" text-anchor="middle" font-size="12">{span.level}</text>')
    for tick in scale.ticks:
        x = chart.at(tick.position)
        parts.append(f'<line x1="{x}" x2="{x}" y1="{chart.header}" y2="{chart.body + 4}" stroke="#d7dbe5"/>')
    for tick in scale.labelled_ticks:
        x = chart.at(tick.position)
        parts.append(f'<text x="{x}" y="{chart.body + 16}" text-anchor="middle" font-size="10.5">{tick.score}</text>')
    for index, mark in enumerate((scale.overall, *scale.components)):
        x, y = chart.at(mark.position), chart.header + chart.row * (index + 0.5)
        parts.append(f'<line x1="{chart.at(0)}" x2="{x}" y1="{y}" y2="{y}" stroke="#34409a" stroke-width="2"/>')
        parts.append(f'<circle cx="{x}" cy="{y}" r="5" fill="#34409a" stroke="#fff"/>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{chart.width}" height="{chart.height}" '
        f'font-family="Statement">{"".join(parts)}</svg>'
    ).encode()
