"""The Primary User's answer to somebody who asks to join."""

import uuid
from functools import partial

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from organisations import join_requests
from organisations.models import JoinRequest
from organisations.permissions import MemberRequest, Permission, requires
from organisations.views.page import attempt


@require_POST
@requires(Permission.MANAGE_USERS)
def accept_join(request: MemberRequest, request_id: uuid.UUID) -> HttpResponse:
    asked = _asked(request, request_id)
    accept = partial(join_requests.accept, request=asked, by=request.user)
    text = _("%(email)s has been sent an e-mail with a link to set a password. The link works for seven days.")
    return attempt(request, accept, text % {"email": asked.email})


@require_POST
@requires(Permission.MANAGE_USERS)
def decline_join(request: MemberRequest, request_id: uuid.UUID) -> HttpResponse:
    asked = _asked(request, request_id)
    decline = partial(join_requests.decline, request=asked, by=request.user)
    return attempt(request, decline, _("The request has been declined, and %(email)s told.") % {"email": asked.email})


def _asked(request: MemberRequest, request_id: uuid.UUID) -> JoinRequest:
    found = request.organisation.join_requests.filter(pk=request_id).exclude(confirmed_at=None).first()
    if found is None:
        raise Http404
    return found
