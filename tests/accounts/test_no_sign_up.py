"""Accounts come from approval alone: there is no door through which somebody makes one."""

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account import views as allauth_views
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.adapter import AccountAdapter
from accounts.models import User
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

APPLICATION = {
    "email": "new@example.org",
    "login": "new@example.org",
    "password": PASSWORD,
    "password1": PASSWORD,
    "password2": PASSWORD,
    "given_name": "New",
    "username": "new",
}


def _patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield entry
        else:
            yield from _patterns(entry)


def _classes(callback: Any) -> set[Any]:
    """The view classes behind a callback, whatever wraps it."""
    found = {getattr(callback, "view_class", None)}
    while inner := getattr(callback, "__wrapped__", None):
        callback = inner
        found.add(getattr(callback, "view_class", None))
    return found


def test_no_address_reaches_a_sign_up_view() -> None:
    forbidden = {
        view
        for name, view in vars(allauth_views).items()
        if isinstance(view, type) and ("signup" in name.lower() or "Email" in name or "Phone" in name)
    }
    assert allauth_views.SignupView in forbidden
    for pattern in _patterns(get_resolver()):
        assert not _classes(pattern.callback) & forbidden, pattern


def test_sign_up_data_sent_to_every_address_makes_nobody(client: Client, staff: Client) -> None:
    before = User.objects.count()
    addresses = {f"/{pattern.pattern}" for pattern in _patterns(get_resolver()) if "(" not in str(pattern.pattern)}
    guesses = {"/signup/", "/accounts/signup/", "/account/signup/", "/register/join/", "/admin/accounts/user/add/"}
    for address in addresses | guesses:
        client.post(address, APPLICATION)
        if "login" not in address and "logout" not in address:
            staff.post(address, APPLICATION)
    assert User.objects.count() == before


def test_the_adapter_says_no_as_well() -> None:
    assert not AccountAdapter().is_open_for_signup(RequestFactory().get("/"))
