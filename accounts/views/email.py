"""Change of one's e-mail address, confirmed at both addresses."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import email_change, limits, refused
from accounts.forms import EmailChangeForm
from accounts.http import AuthenticatedRequest


@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth has no types
def change_email(request: AuthenticatedRequest) -> HttpResponse:
    form = EmailChangeForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        limits.email_change(request, str(request.user.pk))
        email_change.ask(user=request.user, new_email=form.cleaned_data["email"])
        messages.success(request, _("We have written to both addresses. Open the link in each of the two mails."))
        return redirect("accounts:overview")
    return render(request, "account/email_change.html", {"form": form})


@require_POST
def cancel_email_change(request: AuthenticatedRequest) -> HttpResponse:
    waiting = getattr(request.user, "email_change", None)
    if waiting:
        email_change.cancel(waiting)
        messages.success(request, _("Your e-mail address stays as it is."))
    return redirect("accounts:overview")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_email(request: HttpRequest, token: str) -> HttpResponse:
    """Where the link in a mail leads: a page with a button.  Only the button changes something."""
    opened = email_change.open_link(token)
    outcome = email_change.confirm(opened=opened, request=request) if opened and request.method == "POST" else None
    return render(
        request,
        "account/email_change_confirm.html",
        {"opened": opened, "outcome": outcome, "token": token},
        status=200 if opened else 404,
    )


@login_not_required
@require_POST
def refuse_email(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever has either address may say no."""
    opened = email_change.open_link(token)
    if opened:
        email_change.cancel(opened.change)
    return render(
        request,
        "account/email_change_confirm.html",
        {"opened": opened, "outcome": "refused" if opened else None},
        status=200 if opened else 404,
    )


@require_POST
def ask_address(request: AuthenticatedRequest) -> HttpResponse:
    """Send the person a link by which they confirm that mail reaches them again."""
    limits.address_mail(request, str(request.user.pk))
    refused.ask(request.user)
    messages.success(request, _("We have written to your address. Open the link in the mail."))
    return redirect("accounts:overview")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_address(request: HttpRequest, token: str) -> HttpResponse:
    """Where the link in the mail leads: a page with a button.  Only the button changes something."""
    user = refused.open_link(token)
    confirmed = user is not None and request.method == "POST"
    if user and confirmed:
        refused.confirm(user)
    return render(
        request,
        "account/address_confirm.html",
        {"email": user.email if user else "", "confirmed": confirmed},
        status=200 if user else 404,
    )
