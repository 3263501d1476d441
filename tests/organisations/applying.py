"""What an applicant types, and the links they read in mails."""

import re
from typing import Any, Final

from django.conf import settings
from django.test import Client

from accounts.models import Mail
from organisations.models import Registration

APPLICATION: Final = {
    "given_name": "Ada", "family_name": "Okafor", "job_title": "Registrar", "email": "ada@merefield.example",
    "email_again": "ada@merefield.example", "organisation_name": "Merefield College", "organisation_type": "college",
    "website": "www.merefield.example", "country": "GB", "terms": "on",
}  # fmt: skip


def link(email: str, subject: str = "") -> str:
    """The path in the newest mail to this address with these words in its subject."""
    mail = Mail.objects.filter(recipient=email, subject__contains=subject).order_by("-created_at")[0]
    (found, *_others) = re.findall(r"https?://\S+/register/\S+", mail.text)
    assert found.startswith(f"{settings.PUBLIC_BASE_URL}/")
    return str(found.removeprefix(settings.PUBLIC_BASE_URL))


def apply(client: Client, **typed: Any) -> None:
    """Fill in the form and send it."""
    if "email" in typed:
        typed = {"email_again": typed["email"], **typed}
    response = client.post("/register/", {**APPLICATION, **typed})
    assert response.status_code == 302, response.context["form"].errors


def received(client: Client, **typed: Any) -> Registration:
    """An application whose address is confirmed."""
    apply(client, **typed)
    email = typed.get("email", APPLICATION["email"])
    client.post(link(email, "Confirm your application"))
    return Registration.objects.get(email=email, state="received")
