"""Webhooks of the demonstration's first organisation, and the program that receives what one of them is told."""

import uuid
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Final

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from notifications.models import Webhook
from notifications.webhooks import endpoints, signing
from organisations.models import Organisation, Role
from rvs.demo_templates import user_of
from sharing.models import ChangeType

RECEIVED: Final = uuid.UUID("2c0a7d5e-4b1f-4e9a-8a37-6f0d9c3b5e21")
PATH: Final = "_hooks/"
TOLERANCE: Final = timedelta(minutes=5)
TOLD_OF: Final = 40
"""Rows of the ledger, the newest: so that its log has something to show."""


def load(organisation: Organisation) -> None:
    """One whose program listens, and one whose program is down."""
    wanted = (
        (RECEIVED, "Admissions system", f"{settings.PUBLIC_BASE_URL}/{PATH}", ChangeType.values),
        (uuid.uuid4(), "Student portal", "http://localhost:9/", [ChangeType.RESULT_CHANGED]),
    )
    for webhook_id, name, address, events in wanted:
        endpoints.create(
            organisation=organisation,
            by=user_of(organisation, Role.PRIMARY),
            webhook_id=webhook_id,
            name=name,
            address=address,
            events=events,
            now=timezone.now(),
        )
    organisation.webhooks.update(position=F("position") - TOLD_OF)


@csrf_exempt
@login_not_required
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """The program of an organisation: accepts what is signed with its secret, and nothing else."""
    webhook = Webhook.objects.filter(pk=RECEIVED).first()
    moment = request.headers.get("webhook-timestamp", "")
    if webhook is None or not (moment.isascii() and moment.isdecimal() and len(moment) < 12):
        return HttpResponse(status=401)
    at = datetime.fromtimestamp(int(moment), UTC)
    if abs(timezone.now() - at) > TOLERANCE:
        return HttpResponse(status=401)
    keys = signing.secrets_of(webhook)
    due = signing.headers_of(request.headers.get("webhook-id", ""), request.body, keys, at)["webhook-signature"]
    genuine = compare_digest(due.encode(), request.headers.get("webhook-signature", "").encode())
    return HttpResponse(status=204 if genuine else 401)
