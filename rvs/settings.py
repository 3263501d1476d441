"""All settings, safe by default.  The variables are described in README.md."""

from datetime import timedelta
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from rvs import env

BASE_DIR = Path(__file__).resolve().parent.parent
environment = env.read(BASE_DIR)
environment.require(env.REQUIRED)

DEBUG = environment.flag("DEBUG")
# The demonstration (`make demo`, and the tests) runs over plain http on loopback with invented people.
DEMONSTRATION = environment.flag("DEMONSTRATION")
SECRET_KEY = environment.text("SECRET_KEY")
ALLOWED_HOSTS = environment.hosts("ALLOWED_HOSTS")
PUBLIC_BASE_URL = env.base_url(environment.url("PUBLIC_BASE_URL", ["https", *(["http"] if DEMONSTRATION else [])]))
HELPDESK_EMAIL = environment.text("HELPDESK_EMAIL", "helpdesk@example.org")
TRUSTED_PROXY_COUNT = environment.number("TRUSTED_PROXY_COUNT", 0)
# Which applications of organisations two people must approve (organisations/decisions.py).
TWO_PERSON_APPROVAL = environment.choice("TWO_PERSON_APPROVAL", ["off", "flagged", "always"], "flagged")

# --- What runs ------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "rvs.apps.RvsConfig",
    "downloads",
    "notifications",
    "sharing",
    "organisations",
    "results",
    "accounts",
    "rvs.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_include_bootstrap",
    "django_countries",
    "csp",
    "django_htmx",
    "oauth2_provider",
    "django_linear_migrations",
]
MIDDLEWARE = [
    "rvs.middleware.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "rvs.middleware.PrivacyHeadersMiddleware",
    "rvs.api.ProblemMiddleware",
    "organisations.api_clients.exposure.SecretInAddressMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",  # below the headers, which static files carry too
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.SessionLimitMiddleware",
    "organisations.middleware.MembershipMiddleware",
    "accounts.middleware.LogInMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.TimeZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.middleware.StaffDoorMiddleware",
    "organisations.middleware.SecondStepMiddleware",
]
ROOT_URLCONF = "rvs.urls"
WSGI_APPLICATION = "rvs.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "rvs.context.site",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- Data -----------------------------------------------------------------------------------------------------------
DATABASES = {"default": dj_database_url.parse(environment.url("DATABASE_URL", ["postgresql", "postgres"]).geturl())}
DATABASES["default"].setdefault("OPTIONS", {}).update(
    {"pool": {"min_size": 1, "max_size": 10, "timeout": 5}, "connect_timeout": 5}
)
STORAGES = {
    "default": env.storage(environment.url("STORAGE_URL", ["file", "s3"], f"{(BASE_DIR / 'var/storage').as_uri()}")),
    # Compressing takes 20 s at every start, and loopback does not need it.
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
        if DEMONSTRATION
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# Nothing that must survive lives in a cache.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

# --- Worker and beat ------------------------------------------------------------------------------------------------
_redis = environment.url("REDIS_URL", ["redis", "rediss", "unix"])
CELERY_BROKER_URL = f"redis+socket://{_redis.path}" if _redis.scheme == "unix" else _redis.geturl()
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "socket_connect_timeout": 2,
    "socket_timeout": 10,
    # Without these two a task of a killed worker waits 100 s for its restoration.
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 270
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BEAT_SCHEDULE = {
    "deliver-mail": {"task": "accounts.tasks.deliver_mail", "schedule": 10.0, "options": {"expires": 10}},
    "forget-mails": {"task": "accounts.tasks.forget_mails", "schedule": 3_600.0},
    "clear-sessions": {"task": "accounts.tasks.clear_sessions", "schedule": 86_400.0},
    "work-on-imports": {"task": "results.tasks.work_on_imports", "schedule": 10.0, "options": {"expires": 10}},
    "work-on-downloads": {"task": "downloads.tasks.work_on_downloads", "schedule": 10.0, "options": {"expires": 10}},
    "work-on-batch-checks": {
        "task": "downloads.tasks.work_on_batch_checks",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "forget-batch-checks": {"task": "downloads.tasks.forget_batch_checks", "schedule": 3_600.0},
    "forget-downloads": {"task": "downloads.tasks.forget_downloads", "schedule": 3_600.0},
    "forget-registrations": {"task": "results.tasks.forget_registrations", "schedule": 3_600.0},
    "forget-imports": {"task": "results.tasks.forget_imports", "schedule": 3_600.0},
    "forget-applications": {"task": "organisations.tasks.forget_applications", "schedule": 3_600.0},
    "look-after-api-clients": {"task": "organisations.tasks.look_after_api_clients", "schedule": 3_600.0},
    "forget-checks": {"task": "sharing.tasks.forget_old_checks", "schedule": 3_600.0},
    "publish-changes": {"task": "sharing.tasks.publish_changes", "schedule": 3.0, "options": {"expires": 3}},
    "make-digests": {"task": "notifications.tasks.make_digests", "schedule": 30.0, "options": {"expires": 30}},
    "expire-shares": {"task": "sharing.tasks.expire_shares", "schedule": 60.0, "options": {"expires": 60}},
    "remind-candidates": {"task": "sharing.tasks.remind_candidates", "schedule": 3_600.0},
    "send-webhooks": {"task": "notifications.tasks.send_webhooks", "schedule": 3.0, "options": {"expires": 3}},
    "forget-webhook-messages": {"task": "notifications.tasks.forget_webhook_messages", "schedule": 3_600.0},
    "tell-candidates": {"task": "notifications.tasks.tell_candidates", "schedule": 10.0, "options": {"expires": 10}},
}

# --- Who is acting --------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
ACCOUNT_POLICY = "organisations.policy.MemberPolicy"  # what an organisation asks of its users
AUTHENTICATION_BACKENDS = ["organisations.backends.MemberBackend"]
PASSWORD_HASHERS = ["accounts.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # accounts come from invitations, which confirm the address
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True  # whoever did not change the password themselves learns of it
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http" if DEMONSTRATION else "https"
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False  # ours count in the database (accounts/limits.py)
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "accounts.passwords.ResetTokenGenerator"  # noqa: S105
ACCOUNT_REAUTHENTICATION_TIMEOUT = 5 * 60  # after so long, sensitive changes ask again who is there
ACCOUNT_FORMS = {
    "login": "accounts.forms.LogInForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.SetPasswordForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "reauthenticate": "accounts.forms.ConfirmPasswordForm",
}
MFA_ADAPTER = "accounts.mfa.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEMONSTRATION
MFA_ALLOW_UNVERIFIED_EMAIL = True  # an account's address was confirmed when the account was made
MFA_TOTP_TOLERANCE = 1  # periods of 30 s that a telephone's clock may be wrong
MFA_FORMS = {
    "authenticate": "accounts.forms.CodeForm",
    "reauthenticate": "accounts.forms.ConfirmCodeForm",
    "activate_totp": "accounts.forms.AppForm",
    "add_webauthn": "accounts.forms.AddPasskeyForm",
    "edit_webauthn": "accounts.forms.RenamePasskeyForm",
    "authenticate_webauthn": "accounts.forms.PasskeyForm",
    "login_webauthn": "accounts.forms.PasskeyLogInForm",
    "reauthenticate_webauthn": "accounts.forms.ConfirmPasskeyForm",
}

# --- Programs of organisations: clients and tokens of the API --------------------------------------------------------
OAUTH2_PROVIDER_APPLICATION_MODEL = "organisations.ApiClient"
OAUTH2_PROVIDER = {
    "OAUTH2_SERVER_CLASS": "oauthlib.oauth2.BackendApplicationServer",  # client credentials, and no other grant
    "OAUTH2_VALIDATOR_CLASS": "organisations.api_clients.oauth.Validator",
    "SCOPES_BACKEND_CLASS": "organisations.api_clients.oauth.ClientScopes",
    "ACCESS_TOKEN_GENERATOR": "organisations.api_clients.secrets.new_token",
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3_600,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    # What RFC 9700 asks for; the first keeps only a digest of each token.
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
}

# --- How long a session lasts: without use, and altogether ------------------------------------------------------------
SESSION_ENGINE = "accounts.sessions"
SESSION_LIMITS = (timedelta(minutes=30), timedelta(hours=12))
STAFF_SESSION_LIMITS = (timedelta(minutes=15), timedelta(hours=8))

# --- Webhooks --------------------------------------------------------------------------------------------------------
WEBHOOK_LOOPBACK = DEMONSTRATION  # may lead to this very machine, over plain http too; elsewhere only to public hosts

# --- Mail: every mail is a row first, and the worker hands it to this transport ---------------------------------------
EMAIL_BACKEND = "accounts.outbox.OutboxBackend"
MAIL_TRANSPORT = env.mail_transport(
    environment.url("EMAIL_URL", ["smtp", "smtps", "smtp+tls", *(["file", "memory"] if DEMONSTRATION else [])])
)
DEFAULT_FROM_EMAIL = environment.text("DEFAULT_FROM_EMAIL", "Results Verification Service <no-reply@example.org>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- Language and time ----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", _("English"))]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- The browser's rules --------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap's stylesheet holds small pictures as data
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_NAME = "session" if DEMONSTRATION else "__Host-session"
SESSION_COOKIE_AGE = 60 * 60  # of a visitor, who may be half-way through a log-in
DEVICE_COOKIE_NAME = "device" if DEMONSTRATION else "__Host-device"  # accounts/devices.py
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEMONSTRATION
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "csrf" if DEMONSTRATION else "__Host-csrf"
CSRF_FAILURE_VIEW = "rvs.errors.csrf_failure"
if not DEMONSTRATION:
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [
        r"^livez$",
        r"^readyz$",
        r"^(api|ce|oauth)(/|$)",
    ]  # programs are refused over http: rvs/api.py
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
if TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
# Nothing can be uploaded but to these pages; each function says who may upload what there.
FILE_UPLOAD_HANDLERS = ["accounts.uploads.LimitedUploadHandler"]
UPLOAD_PAGES = {
    "admin:results_importjob_add": "results.staff.uploads.limits_for",  # a results file, a ZIP file of photos
    "downloads:batch_upload": "downloads.batch.uploads.limits_for",  # a list for a batch check
}
IMPORT_MAX_FILE_BYTES = 100 * 1024 * 1024
IMPORT_MAX_PHOTOS_BYTES = 2 * 1024 * 1024 * 1024

# --- Logs: one JSON object a line, only fields of a fixed list (rvs/logs.py) ------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "rvs.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "django.server": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "fontTools": {"level": "ERROR"},
        "weasyprint": {"level": "ERROR"},
    },
}
