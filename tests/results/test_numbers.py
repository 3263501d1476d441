"""Numbers are compared as people mean them; secret numbers are kept only as digests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from results.numbers import normalise, secret_digest, secret_matches


@pytest.mark.parametrize(
    "typed",
    [
        "15BGB9615003",
        "15bgb9615003",
        " 15B GB961 5003 ",
        "15B-GB961-5003",
        "15B–GB961—5003",
        "15B\u00a0GB961\u20095003",
        "15B\u200bGB9615003\ufeff",
        "１５ＢＧＢ９６１５００３",
        "15B\tGB961\r\n5003",
        "15B\u00adGB961\N{MINUS SIGN}5003",
    ],
)
def test_however_it_is_typed_it_is_the_same_number(typed: str) -> None:
    assert normalise(typed) == "15BGB9615003"


@given(st.text())
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def test_a_secret_matches_only_with_its_candidate() -> None:
    digest = secret_digest("SIR094701", "8482")
    assert len(digest) == 32
    assert b"8482" not in digest
    assert secret_matches(digest, "SIR094701", "8482")
    assert secret_matches(memoryview(digest), "SIR094701", "8482")
    assert not secret_matches(digest, "SIR094701", "8483")
    assert not secret_matches(digest, "SIR094702", "8482")


def test_a_rotated_key_still_matches_while_it_is_a_fallback(settings: Settings) -> None:
    settings.SECRET_KEY = "old"
    digest = secret_digest("SIR094701", "8482")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["old"]
    assert secret_digest("SIR094701", "8482") != digest
    assert secret_matches(digest, "SIR094701", "8482")
    settings.SECRET_KEY_FALLBACKS = []
    assert not secret_matches(digest, "SIR094701", "8482")
