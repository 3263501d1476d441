"""allauth's pages for passkeys, where ours differ: what is added is always a passkey that can log in by itself."""

from typing import Any

from allauth.account import views as allauth_views
from allauth.mfa.webauthn import views
from allauth.mfa.webauthn.internal import auth
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse

from accounts import limits


class AddPasskeyView(views.AddWebAuthnView):  # type: ignore[misc]  # allauth has no types
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        options = auth.begin_registration(self.request.user, passwordless=True)
        return context | {"js_data": {"creation_options": options}}


class PasskeyLogInView(views.LoginWebAuthnView):  # type: ignore[misc]
    """GET gives the browser's script a challenge, POST takes the answer."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        limits.passkey_challenge(request)
        response: HttpResponse = super().get(request, *args, **kwargs)
        return response


class ResetLinkView(allauth_views.PasswordResetFromKeyView):  # type: ignore[misc]
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        limits.reset_link(request)
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response


add_passkey = AddPasskeyView.as_view()
passkey_log_in = login_not_required(PasskeyLogInView.as_view())
reset_link = login_not_required(ResetLinkView.as_view())
