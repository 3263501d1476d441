"""What our service decides in allauth's place."""

from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy

from accounts import audit, devices, limits, mails, sessions
from accounts.http import client_network
from accounts.models import Action, User

WAYS: Final = {
    "reauthenticate": gettext_lazy("Use your password"),
    "mfa_reauthenticate": gettext_lazy("Use a code from your app, or a recovery code"),
    "mfa_reauthenticate:webauthn": gettext_lazy("Use a passkey"),
}
"""How somebody proves once more who they are, by allauth's names."""


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Nobody signs up alone; links in mails name our configured address, whatever Host a request claims."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": gettext_lazy("The e-mail address or the password is not right"),
        "incorrect_password": gettext_lazy("This password is not right"),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Whether a request may be sent on to this address; Python refuses to read some of them at all."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

    # --- Mail

    def get_from_email(self) -> str:
        return str(settings.DEFAULT_FROM_EMAIL)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        mails.send(template_prefix, email, context)

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_network(request)

    # --- Log-in and log-out

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Check a password, at log-in or to confirm; limited, and every failure leaves a trace."""
        email = str(credentials.get("email", ""))
        attempt = limits.password(request, email)
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if user:
            attempt.succeeded()
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """The same row whether we know the address or not: its target only names an account that exists."""
        user = User.objects.filter(email=str(credentials.get("email", "")).lower()).first()
        target = audit.user_actor(user) if user else ""
        audit.record(
            actor=audit.system_actor("log-in"),
            action=Action.LOG_IN_FAILED,
            target=target,
            detail={"device": devices.device_of(request)},
        )

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        how = [_method(record) for record in get_authentication_records(request, user)]
        super().login(request, user)
        if isinstance(user, User):
            device = devices.device_of(request)
            audit.record(
                actor=audit.user_actor(user),
                action=Action.LOGGED_IN,
                target=audit.user_actor(user),
                detail={"device": device, "how": list(dict.fromkeys(how))},
            )

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        if isinstance(user, User):
            if not devices.is_known(request, user.email):
                device = devices.device_of(request)
                self.send_notification_mail("account/email/new_device", user, {"device": device})
            devices.remember(request, response, user.email)
        return response

    def logout(self, request: HttpRequest) -> None:
        if isinstance(request.user, User):
            actor = audit.user_actor(request.user)
            audit.record(actor=actor, action=Action.LOGGED_OUT, target=actor)
        super().logout(request)

    def get_reauthentication_methods(self, user: AbstractBaseUser) -> list[dict[str, Any]]:
        return [way | {"description": WAYS[way["id"]]} for way in super().get_reauthentication_methods(user)]

    # --- Password

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:overview")

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Change it, and end the person's sessions everywhere but here."""
        super().set_password(user, password)
        if isinstance(user, User):
            actor, device = audit.user_actor(user), devices.device_of(self.request)
            audit.record(actor=actor, action=Action.PASSWORD_CHANGED, target=actor, detail={"device": device})
            sessions.end_others(user=user, request=self.request)


def _method(record: dict[str, Any]) -> str:
    """How somebody proved who they are: "password", "totp", "webauthn" or "recovery_codes"."""
    return str(record.get("type") or record["method"])
