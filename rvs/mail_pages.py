"""/ui-components/mails/: every mail with example data, for whoever writes mails.  Not routed in production."""

from collections.abc import Callable
from typing import Final, cast

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp, csp_update
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from accounts import mails
from accounts.delivery import headers_of
from accounts.outbox import row_of
from rvs.mail_examples import EXAMPLES, SHOWN, Example

Dress = Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]
# The package's own types know views without arguments only.
FRAMES_MAILS: Final = cast("Dress", csp_update({"frame-src": [SELF]}))
SHOWS_A_MAIL: Final = cast(
    "Dress", csp({"default-src": [NONE], "style-src": [UNSAFE_INLINE], "frame-ancestors": [SELF]})
)
"""A mail carries its style in itself, and loads nothing."""


def write(example: Example) -> mails.Letter:
    return mails.write(example.template, SHOWN.reader.email, example.words(SHOWN))


@login_not_required
@require_safe
def mail_list(request: HttpRequest) -> HttpResponse:
    rows = [{"example": example, "letter": write(example)} for example in EXAMPLES]
    return render(request, "pages/mail_examples.html", {"rows": rows})


@login_not_required
@require_safe
@FRAMES_MAILS
def mail(request: HttpRequest, name: str) -> HttpResponse:
    """One mail: its headers, its text and its HTML."""
    example = _find(name)
    letter = write(example)
    context = {"example": example, "letter": letter, "headers": list(headers_of(row_of(letter, letter.to[0])).items())}
    return render(request, "pages/mail_example.html", context)


@login_not_required
@require_safe
@xframe_options_sameorigin
@SHOWS_A_MAIL
def mail_html(request: HttpRequest, name: str) -> HttpResponse:
    return HttpResponse(str(write(_find(name)).alternatives[0][0]))


def _find(name: str) -> Example:
    found = next((example for example in EXAMPLES if example.name == name), None)
    if found is None:
        raise Http404
    return found
