"""Every row of the ledger that concerns a webhook reaches its receiver, signed and without a word about anybody."""

import pytest
from django.utils import timezone

from notifications.models import MessageState, WebhookAttempt, WebhookMessage
from organisations.models import Organisation
from sharing import shares
from tests.factories import change_result, make_organisation, make_result, make_verification, share_result
from tests.notifications.webhooks.receiver import receiving
from tests.notifications.webhooks.steps import make_webhook, send

pytestmark = pytest.mark.django_db


def test_what_happens_is_told_once_signed_and_without_personal_data(organisation: Organisation) -> None:
    with receiving() as receiver:
        _webhook, secret = make_webhook(organisation, receiver.address)
        result = make_result()
        share = share_result(organisation, result)
        verification = make_verification(organisation, make_result())
        change_result(verification.result, label="Pass at Grade B", score=174)
        shares.withdraw(share=share, by=share.result.claim.candidate.user, now=timezone.now())
        share_result(make_organisation("Another"), make_result())
        send()
        send()

    receiver.check(secret)
    assert sorted(call.content["type"] for call in receiver.calls) == [
        "result.changed", "share.created", "share.withdrawn",
    ]  # fmt: skip
    assert len(set(receiver.ids)) == 3
    for call in receiver.calls:
        assert set(call.content) == {"type", "timestamp", "data"}
        right = "verification_id" if call.content["type"] == "result.changed" else "share_id"
        assert set(call.content["data"]) == {"change_id", right}
        assert call.content["data"][right] == str(verification.pk if right == "verification_id" else share.pk)
        assert call.headers["content-type"] == "application/json"
    assert set(WebhookMessage.objects.values_list("state", flat=True)) == {MessageState.DELIVERED}
    assert set(WebhookAttempt.objects.values_list("status", "problem")) == {(204, "")}
