"""Links in mails to set a new password: the same work and the same answer whoever asks, whether we know them or not."""

from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse

from accounts import mails
from accounts.models import User


class ResetTokenGenerator(PasswordResetTokenGenerator):
    """Django's, and a link is worth nothing either once the account was closed (accounts/closing.py)."""

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.trusted_from or ''}"


def send_reset_link(email: str) -> None:
    """Send a mail to `email`: with a link if an open account has that address, otherwise one that says so.

    Both mails are made each time and one of them is sent, so that the time taken tells nothing.
    """
    email = email.lower()
    known = User.objects.filter(email=email, is_active=True).first()
    person = known or User(email=email, password="-")  # noqa: S106  (nobody's; a token is made from it and thrown away)
    letters = [
        mails.write("account/email/password_reset_key", email, {"password_reset_url": _link(person)}),
        mails.write("account/email/unknown_account", email, {}),
    ]
    letters[0 if known else 1].send()


def _link(person: User) -> str:
    keys = {"uidb36": user_pk_to_url_str(person), "key": ResetTokenGenerator().make_token(person)}
    return f"{settings.PUBLIC_BASE_URL}{reverse('account_reset_password_from_key', kwargs=keys)}"
