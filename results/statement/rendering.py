"""From a statement to the bytes of its PDF."""

import threading
from functools import cache
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from results import catalogue
from results.statement import drawings, exact_text, tags
from results.statement.document import Statement
from results.statement.packaged import SCHEME, PackagedFetcher, stylesheet

# A FontConfiguration costs more than a page, so there is one for the process; it must never be used by two threads at
# once (Pango's lists were seen to be corrupted), and one per thread is slower than waiting.  Hence one lock around all
# of it.  More pages per second are had from more processes.
_one_at_a_time = threading.Lock()

# An official document says the same whatever language its reader has chosen for the site.
LANGUAGE: Final = "en-gb"
TEMPLATE: Final = "results/statement.html"


def render_statement(statement: Statement) -> bytes:
    """The Statement of Results as a tagged PDF of one A4 page (more only for extreme names).

    The same statement gives the same bytes.  Safe to call from any thread.
    """
    html = _html(statement)
    photo = statement.shown_photo
    fetcher = PackagedFetcher({"photo": photo} if photo else {})
    # Made anew for each document: a shared one would hand one candidate another's photo.
    images = _drawings(statement)
    with _one_at_a_time:
        fonts, style = _fonts_and_style()
        document = HTML(string=html, url_fetcher=fetcher, base_url=SCHEME).render(
            font_config=fonts, stylesheets=[style], cache=images, pdf_variant="pdf/ua-1"
        )
        for page in document.pages:
            exact_text.paint_exactly(page, document.fonts)
        pdf: bytes = document.write_pdf(
            finisher=_finish, pdf_variant="pdf/ua-1", pdf_identifier=statement.code.encode()
        )
    return pdf


@cache
def _fonts_and_style() -> tuple[FontConfiguration, CSS]:
    fonts = FontConfiguration()
    return fonts, CSS(string=stylesheet(), font_config=fonts, url_fetcher=PackagedFetcher())


def _finish(document: Any, pdf: Any) -> None:
    tags.mend(document, pdf)
    exact_text.map_missing_glyphs(document.fonts, pdf)


def _drawings(statement: Statement) -> dict[str, drawings.Drawing]:
    view = statement.view
    images: dict[str, drawings.Drawing] = {
        f"{SCHEME}logo": drawings.logo(),
        f"{SCHEME}qr": drawings.QRCode(statement.check_url),
    }
    if view.profile:
        images[f"{SCHEME}chart"] = drawings.ProfileChart(view.profile)
    elif view.scale:
        images[f"{SCHEME}chart"] = drawings.ScaleChart(view.scale)
    return images


def _html(statement: Statement) -> str:
    view = statement.view
    with translation.override(LANGUAGE):
        return render_to_string(
            TEMPLATE,
            {
                "statement": statement,
                "view": view,
                "language": LANGUAGE,
                "issued": f"{date_format(statement.issued_utc, 'j F Y, H:i')} UTC",
                "name_size": _name_size(view.candidate_name),
                "has_cefr": any(band.cefr for band in view.bands),
                "exam_date": date_format(view.exam_date, "j F Y"),
                "non_results": catalogue.NON_RESULT_KEY,
            },
        )


def _name_size(name: str) -> str:
    """A long name is set smaller, so that it takes two or three lines at most."""
    return "" if len(name) <= 44 else "long" if len(name) <= 100 else "very-long"
