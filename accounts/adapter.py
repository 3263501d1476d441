"""What our service decides in allauth's place."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.urls import reverse

from accounts import audit
from accounts.models import Action, User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Nobody signs up alone; links in mails name our configured address, whatever Host a request claims."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_from_email(self) -> str:
        return str(settings.DEFAULT_FROM_EMAIL)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        site = {"base_url": settings.PUBLIC_BASE_URL, "helpdesk": settings.HELPDESK_EMAIL}
        super().send_mail(template_prefix, email, {**context, **site})

    def get_reset_password_from_key_url(self, key: str) -> str:
        user, _, token = key.partition("-")
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": user, "key": token})
        return f"{settings.PUBLIC_BASE_URL}{path}"

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        super().login(request, user)
        if isinstance(user, User):
            audit.record(actor=audit.user_actor(user), action=Action.LOGGED_IN)

    def logout(self, request: HttpRequest) -> None:
        if isinstance(request.user, User):
            audit.record(actor=audit.user_actor(request.user), action=Action.LOGGED_OUT)
        super().logout(request)

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        super().set_password(user, password)
        if isinstance(user, User):
            audit.record(actor=audit.user_actor(user), action=Action.PASSWORD_CHANGED)
