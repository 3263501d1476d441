"""Secrets of programs are found where they leak, and nothing else is taken for one."""

import random
import re

import hypothesis.strategies as st
import pytest
from hypothesis import given

from organisations.api_clients import secrets
from tests.hostile.addresses import FULL

WORDS = [
    "the",
    "of",
    "Rvs_",
    "rvs_",
    "rvt_",
    "ghp_",
    "0123456789",
    "secret=",
    "token:",
    "\n",
    ",",
    '"',
    "{",
    "?",
    "%20",
    "é",
]


def text_without_secrets(size: int, seed: int) -> str:
    """Words, random runs of letters and digits, and things that begin as ours do."""
    draw = random.Random(seed)
    parts: list[str] = []
    length = 0
    while length < size:
        kind = draw.random()
        if kind < 0.5:
            part = draw.choice(WORDS)
        elif kind < 0.9:
            part = "".join(draw.choices(secrets.ALPHABET, k=draw.randint(1, 60)))
        else:  # of the right length, with a checksum of chance
            part = draw.choice(["rvs_", "rvt_"]) + "".join(draw.choices(secrets.ALPHABET, k=38))
        parts.append(part)
        length += len(part) + 1
    return " ".join(parts)


def test_a_thousand_of_a_thousand_that_were_planted_are_found() -> None:
    draw = random.Random(1)
    planted = [draw.choice([secrets.new_secret, secrets.new_token])() for _each in range(1000)]
    parts = []
    for number, secret in enumerate(planted):
        parts.append(text_without_secrets(200, number))
        parts.append(
            draw.choice(["{}", '"{}"', "?client_secret={}&x=1", "client:{}@host", "({}).", "<{}>"]).format(secret)
        )
    found = list(secrets.find("\n".join(parts)))
    assert set(found) == set(planted)


@pytest.mark.drill
def test_nothing_else_is_found_in_a_large_text() -> None:
    megabytes = 1000 if FULL else 5
    looked_alike = 0
    for seed in range(megabytes):
        text = text_without_secrets(1_000_000, seed)
        looked_alike += len(secrets.PATTERN.findall(text))
        assert list(secrets.find(text)) == []
    assert looked_alike > megabytes * 1000


def test_the_form_that_is_documented_for_scanners() -> None:
    pattern = re.compile(r"\brv[st]_[0-9A-Za-z]{38}\b")
    for _each in range(100):
        assert pattern.fullmatch(secrets.new_secret())
        assert pattern.fullmatch(secrets.new_token())


@given(st.integers(min_value=4, max_value=41), st.sampled_from(secrets.ALPHABET))
def test_one_character_that_is_wrong_is_noticed(place: int, character: str) -> None:
    secret = secrets.derived_secret("example")
    assert secrets.is_genuine(secret)
    changed = secret[:place] + character + secret[place + 1 :]
    assert secrets.is_genuine(changed) == (changed == secret)


def test_no_two_are_alike_and_the_digest_tells_nothing() -> None:
    many = {secrets.new_secret() for _each in range(1000)}
    assert len(many) == 1000
    assert all(len(secrets.digest(secret)) == 32 for secret in many)


def test_it_is_found_where_an_address_has_changed_its_letters() -> None:
    secret = secrets.new_secret()
    assert secret in set(secrets.find("a=" + secret.replace("_", "%5F")))
