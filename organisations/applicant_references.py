"""The form of an organisation's applicant references: A stands for a letter, 9 for a digit, * for either.

Every other character stands for itself, and a backslash before one of the three makes it stand for itself as well.
It is no regular expression: it is compared character by character, so no form makes a comparison slow.
"""

from collections.abc import Iterator
from itertools import count
from string import ascii_uppercase, digits
from typing import Final, NamedTuple

LONGEST: Final = 64
KINDS: Final = {"A": ascii_uppercase, "9": digits, "*": ascii_uppercase + digits}
ESCAPE: Final = "\\"


class _Place(NamedTuple):
    """One character of a reference: any of `allowed`, in the order of examples."""

    allowed: str
    is_free: bool


def problem(pattern: str) -> bool:
    """Whether a form is unusable: no free place in it, or a backslash at its end."""
    escapes = pattern.replace(ESCAPE * 2, "")
    return escapes.endswith(ESCAPE) or not any(place.is_free for place in _places(pattern))


def matches(pattern: str, text: str) -> bool:
    """Whether a reference has the form; every one has the empty form.  Capitals and outer spaces do not matter."""
    if not pattern:
        return True
    typed, places = text.strip(), list(_places(pattern))
    return len(typed) == len(places) and all(
        _capital(char) in place.allowed for char, place in zip(typed, places, strict=True)
    )


def example(pattern: str) -> str:
    """A reference of this form, such as AB-1234 for AA-9999; empty for the empty form."""
    letters, numbers = count(0), count(1)
    made = ""
    for place in _places(pattern):
        if not place.is_free:
            made += place.allowed
        elif place.allowed == digits:
            made += digits[next(numbers) % 10]
        else:
            made += ascii_uppercase[next(letters) % 26]
    return made


def _capital(char: str) -> str:
    """The character's capital, where that is one character as well."""
    return capital if len(capital := char.upper()) == 1 else char


def _places(pattern: str) -> Iterator[_Place]:
    rest = iter(pattern)
    for char in rest:
        if char == ESCAPE:
            yield _Place(_capital(next(rest, ESCAPE)), is_free=False)
        else:
            yield _Place(KINDS.get(char, _capital(char)), is_free=char in KINDS)
