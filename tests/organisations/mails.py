"""What the tests read in mails."""

import re

from django.conf import settings

from accounts.models import Mail


def invitation_link(email: str) -> str:
    """The path of the newest invitation to this address."""
    mail = Mail.objects.filter(recipient=email, text__contains="/invitation/").order_by("-created_at")[0]
    (found,) = re.findall(r"https?://\S+/invitation/\S+", mail.text)
    assert found.startswith(f"{settings.PUBLIC_BASE_URL}/")
    return str(found.removeprefix(settings.PUBLIC_BASE_URL))
