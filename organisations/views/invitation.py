"""Where the link in an invitation leads."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.forms import SetPasswordForm
from organisations import invitations


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """A form to set a password, or a button for whoever has one.  Only sending it changes something."""
    opened = invitations.open_link(token)
    if opened is None:
        return render(request, "organisations/invitation_over.html", status=404)
    needs_password = not opened.user.has_usable_password()
    form = SetPasswordForm(request.POST or None, user=opened.user, temp_key=None) if needs_password else None
    if request.method == "POST" and (form is None or form.is_valid()):
        password = form.cleaned_data["password1"] if form else ""
        if invitations.accept(token, password=password) is None:
            return render(request, "organisations/invitation_over.html", status=404)
        messages.success(request, _("Welcome to the Results Verification Service. You can log in now."))
        return redirect("account_login")
    return render(request, "organisations/invitation.html", {"opened": opened, "form": form})
