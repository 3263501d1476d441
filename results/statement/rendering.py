"""From a statement to the bytes of its PDF."""

import re
import threading
from functools import cache
from typing import Any, Final
from xml.etree import ElementTree as ET

from cssselect2 import ElementWrapper  # type: ignore[import-untyped]
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from results import catalogue
from results.catalogue import SchemeKind
from results.presentation import ResultView
from results.statement import drawings, exact_text, tags
from results.statement.document import Statement
from results.statement.packaged import SCHEME, PackagedFetcher, stylesheet

# A FontConfiguration costs more than a page, so there is one for the process; it must never be used by two threads at
# once (Pango's lists were seen to be corrupted), and one per thread is slower than waiting.  Hence one lock around all
# of it.  More pages per second are had from more processes.
_one_at_a_time = threading.Lock()

# Control characters and the like: no name has them, and XML cannot hold them.
NO_XML_CHARACTERS: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TEMPLATE: Final = "results/statement.html"


def render_statement(statement: Statement) -> bytes:
    """The Statement of Results as a tagged PDF, one A4 page long (two only for extreme names), in the active language.

    The same statement gives the same bytes.  Safe to call from any thread.
    """
    html = page(statement)
    photo = statement.shown_photo
    fetcher = PackagedFetcher({"photo": photo} if photo else {})
    # Made anew for each document: a shared one would hand one candidate another's photo.
    images = _drawings(statement)
    with _one_at_a_time:
        fonts, style = _fonts_and_style()
        document = _Page(html, fetcher).render(
            font_config=fonts, stylesheets=[style], cache=images, pdf_variant="pdf/ua-1"
        )
        for sheet in document.pages:
            exact_text.paint_exactly(sheet, document.fonts)
        pdf: bytes = document.write_pdf(finisher=_finish, pdf_variant="pdf/ua-1")
    return pdf


class _Page(HTML):  # type: ignore[misc]  # WeasyPrint has no types
    """A page that is well-formed XML and styled by statement.css alone.

    The XML parser is ten times as fast as the HTML parser, and refuses what it would repair.
    """

    def __init__(self, markup: str, url_fetcher: PackagedFetcher) -> None:
        self.base_url = SCHEME
        self.url_fetcher = url_fetcher
        self.media_type = "print"
        # Our own template, everything in it escaped: nobody else's markup or entities arrive here.
        self.etree_element = ET.fromstring(NO_XML_CHARACTERS.sub("\ufffd", markup))  # noqa: S314
        _drop_indentation(self.etree_element)
        self.wrapper_element = ElementWrapper.from_html_root(self.etree_element)

    def _ua_stylesheets(self, *_forms: bool) -> list[CSS]:
        return []


def _drop_indentation(root: ET.Element) -> None:
    """White space between two elements of this page means nothing, but would become boxes first."""
    for element in root.iter():
        if element.text and element.text.isspace():
            element.text = None
        if element.tail and element.tail.isspace():
            element.tail = None


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


def page(statement: Statement) -> str:
    """The statement as well-formed HTML; its images and fonts have `statement:` addresses."""
    return render_to_string(TEMPLATE, {**_headings(statement.view), **_texts(statement), "statement": statement})


def _texts(statement: Statement) -> dict[str, Any]:
    view = statement.view
    return {
        "view": view,
        "language": translation.get_language(),
        "issued": f"{date_format(statement.issued_utc, 'j F Y, H:i')} UTC",
        "exam_date": date_format(view.exam_date, "j F Y"),
        "name_size": _name_size(view.candidate_name),
        "has_cefr": any(band.cefr for band in view.bands),
        "non_results": " ".join(f"{key} – {meaning}" for key, meaning in catalogue.NON_RESULT_KEY.items()),
    }


def _headings(view: ResultView) -> dict[str, str]:
    """What the same places are called on the scale and before it [domain 1.4, 2.2]."""
    if view.profile:
        words = ", ".join(view.profile.words)
        return {
            "overall_heading": _("Score"),
            "scores_heading": _("Candidate Profile"),
            "score_heading": _("Performance"),
            "chart_text": _("Chart of the performance in the table, in columns from the weakest: %(words)s.")
            % {"words": words},
        }
    headings = {
        "overall_heading": _("Score") if view.score_kind is SchemeKind.STANDARDISED else _("Overall Score"),
        "scores_heading": _("Scores"),
        "score_heading": _("Score"),
    }
    if view.scale:
        headings["chart_text"] = _(
            "Chart of the scores in the table on a scale from %(lowest)d to %(highest)d, CEFR levels as columns."
        ) % {"lowest": view.scale.lowest, "highest": view.scale.highest}
    return headings


def _name_size(name: str) -> str:
    """A long name is set smaller, so that an ordinary statement with one still has one page."""
    return "" if len(name) <= 44 else "long" if len(name) <= 100 else "very-long"
