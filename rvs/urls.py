"""All addresses.  They are a contract: people, programs and printed statements rely on them."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, include, path
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView

from organisations.api_clients import oauth
from organisations.registrations.views import register
from rvs import api, demo_webhooks, health, mail_pages, mailbox, pages, subject_access
from rvs.ui_components import ui_components

# Staff come in by the one log-in door, with its limits; never by the admin's own.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = _("Results Verification Service")
admin.site.index_title = _("Staff administration")

public_pages = [
    path("", pages.landing, name="home"),
    path("verifiers", login_not_required(RedirectView.as_view(pattern_name="home")), name="verifiers"),
    # allauth names the page where a newcomer may apply; nobody signs up by himself.
    path("register/", register, name="account_signup"),
    path("help/", pages.help_index, name="help"),
    path("help/<slug:slug>/", pages.help_topic, name="help_topic"),
    path("accessibility/", pages.accessibility, name="accessibility"),
    path("privacy/", pages.privacy, name="privacy"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    *public_pages,
    path("", include("accounts.urls")),
    path("", include("results.urls")),
    path("", include("sharing.urls")),
    path("", include("organisations.urls")),
    path("", include("downloads.urls")),
    path("", include("notifications.urls")),
    path("oauth/token/", oauth.token, name="oauth_token"),
    *api.urlpatterns,
    path("candidate/", include("sharing.candidate.urls")),
    path("candidate/data/", subject_access.page, name="own_data"),
    path("candidate/data/my-data.json", subject_access.as_json, name="own_data_json"),
    path("candidate/data/my-data.html", subject_access.as_html, name="own_data_html"),
    path("admin/", admin.site.urls),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
]
if settings.DEMONSTRATION:
    urlpatterns += [
        path(demo_webhooks.PATH, demo_webhooks.receive, name="demo_receiver"),
        path("_mail/", mailbox.inbox, name="mailbox"),
        path("_mail/<str:name>/", mailbox.letter, name="letter"),
        path("_mail/<str:name>/html/", mailbox.letter_html, name="letter_html"),
    ]
if settings.DEMONSTRATION or settings.DEBUG:
    urlpatterns += [
        path("ui-components/", ui_components, name="ui_components"),
        path("ui-components/mails/", mail_pages.mail_list, name="mail_examples"),
        path("ui-components/mails/<str:name>/", mail_pages.mail, name="mail_example"),
        path("ui-components/mails/<str:name>/html/", mail_pages.mail_html, name="mail_example_html"),
    ]

handler500 = "rvs.errors.server_error"
