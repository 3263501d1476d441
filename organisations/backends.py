"""How people are recognised, and a session's person is loaded."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from accounts.models import User


class MemberBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    """allauth's log-in by e-mail; loads the person together with their organisation, one query for every page."""

    def _authenticate_by_email(self, email: str, password: str) -> User | None:
        """One look-up by the one address a person has; where it finds nobody, the caller hashes all the same."""
        user: User | None = self._check_password(User.objects.filter(email=email.lower()).first(), password)
        return user

    def get_user(self, user_id: Any) -> User | None:
        user = User.objects.select_related("membership__organisation").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None
