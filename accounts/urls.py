"""Log-in, log-out, and everything about the own account.

allauth's pages keep the names by which allauth looks for them; ours are in the namespace `accounts`.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import include, path, re_path

from accounts.views import account as own
from accounts.views import email, passkeys

log_in_and_out = [
    path("login/", account.login, name="account_login"),
    path("login/passkey/", passkeys.passkey_log_in, name="mfa_login_webauthn"),
    path("login/second-step/", mfa.authenticate, name="mfa_authenticate"),
    path("logout/", own.log_out, name="account_logout"),
    path("account/inactive/", account.account_inactive, name="account_inactive"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        passkeys.reset_link,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]
own_account = [
    path("account/", own.overview, name="overview"),
    path("account/details/", own.details, name="details"),
    path("account/email/", email.change_email, name="change_email"),
    path("account/email/cancel/", email.cancel_email_change, name="cancel_email_change"),
    path("account/email/confirm/<str:token>/", email.confirm_email, name="confirm_email"),
    path("account/email/confirm/<str:token>/refuse/", email.refuse_email, name="refuse_email"),
    path("account/address/ask/", email.ask_address, name="ask_address"),
    path("account/address/confirm/<str:token>/", email.confirm_address, name="confirm_address"),
    path("account/events/", own.events, name="events"),
    path("account/sessions/", own.session_list, name="sessions"),
    path("account/sessions/<uuid:session_id>/end/", own.end_session, name="end_session"),
    path("account/sessions/end-others/", own.end_other_sessions, name="end_other_sessions"),
    path("account/session/", own.session_state, name="session_state"),
]
second_step = [
    path("account/password/", account.password_change, name="account_change_password"),
    path("account/confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("account/confirm/code/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("account/confirm/passkey/", webauthn.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("account/second-step/", mfa.index, name="mfa_index"),
    path("account/second-step/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("account/second-step/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/second-step/codes/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/second-step/codes/new/", recovery_codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("account/second-step/codes/file/", recovery_codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("account/second-step/passkeys/", webauthn.list_webauthn, name="mfa_list_webauthn"),
    path("account/second-step/passkeys/add/", passkeys.add_passkey, name="mfa_add_webauthn"),
    path("account/second-step/passkeys/<int:pk>/rename/", webauthn.edit_webauthn, name="mfa_edit_webauthn"),
    path("account/second-step/passkeys/<int:pk>/remove/", webauthn.remove_webauthn, name="mfa_remove_webauthn"),
]
urlpatterns = [*log_in_and_out, *second_step, path("", include((own_account, "accounts")))]
