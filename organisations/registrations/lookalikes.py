"""Domains that look like another one: written with look-alike letters, mistyped, moved, or dressed with words.

Pure functions over names.  How much two names may differ depends on their length: "uel" is not a mistyped "ucl", while
nobody but an impostor owns a name one letter from "manchester".  Measured in tests/organisations/test_lookalikes.py.
"""

import unicodedata
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from confusable_homoglyphs.confusables import confusables_data  # type: ignore[import-untyped]
from publicsuffixlist import PublicSuffixList

_SUFFIXES: Final = PublicSuffixList()
LONGEST: Final = 253
"""Characters of a domain; what is longer is none."""


class Likeness(StrEnum):
    """In which way a domain looks like another."""

    LETTERS = "letters"
    SUFFIX = "suffix"
    WORDS = "words"
    TYPING = "typing"


class _Name(NamedTuple):
    """A registrable domain, taken apart: "uni-bonn.de" has the label "uni-bonn", the core "bonn", the suffix "de"."""

    label: str
    core: str
    suffix: str


# Words that are put around an organisation's name to make another domain of it.
_WORDS: Final = frozenset({
    "ac", "academic", "account", "accounts", "admission", "admissions", "alumni", "apply", "applications", "campus",
    "careers", "college", "contact", "edu", "education", "email", "enrol", "enroll", "enrolment", "graduate", "group",
    "help", "hr", "info", "international", "intl", "jobs", "login", "mail", "my", "of", "office", "official", "online",
    "org", "portal", "recruitment", "registrar", "registry", "results", "school", "secure", "service", "services",
    "staff", "student", "students", "study", "support", "the", "u", "uk", "uni", "univ", "university", "us",
    "verification", "verify", "web", "www",
})  # fmt: skip
_OPEN: Final = frozenset({"com", "org", "net", "info", "biz", "eu", "co", "io", "me", "online", "site"})
"""Suffixes under which anybody may register, of no country or used as if of none."""
_GENERIC: Final = _OPEN | {"edu", "ac"}
_KINDS: Final = frozenset({"tu", "hu", "fu", "th", "fh", "hs", "ph"})
"""What many names of universities in one town begin with."""
_KEYS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_LOOK_THE_SAME: Final = str.maketrans("0123456789ijq", "olzeasbtbgllg")
_LOOK_LIKE_ONE: Final = {"rn": "m", "vv": "w"}


@lru_cache(maxsize=65_536)
def registrable(host: str) -> str:
    """The domain that somebody registered: "mail.cam.ac.uk" gives "cam.ac.uk"; "" where there is none."""
    host = readable(host)
    return (_SUFFIXES.privatesuffix(host) or "") if len(host) <= LONGEST else ""


@lru_cache(maxsize=65_536)
def readable(host: str) -> str:
    """Lower case and in the letters that a reader sees, whatever way the host was written."""
    labels = unicodedata.normalize("NFKC", host[: LONGEST + 1]).casefold().strip(". ").split(".")
    return ".".join(_decoded(label) for label in labels)


def _decoded(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode").casefold()
    except (UnicodeError, ValueError):
        return label


@lru_cache(maxsize=65_536)
def skeleton(text: str) -> str:
    """What a glance makes of a word: accents off, foreign letters and digits as the Latin letters they look like."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    latin = "".join(_latin(letter) for letter in plain if not unicodedata.combining(letter))
    for pair, letter in _LOOK_LIKE_ONE.items():
        latin = latin.replace(pair, letter)
    return latin.translate(_LOOK_THE_SAME)


def _latin(letter: str) -> str:
    if letter.isascii():
        return letter
    twins = (twin["c"].lower() for twin in confusables_data.get(letter, ()))
    return next((twin for twin in twins if twin.isascii() and twin.isalpha()), letter)


def likeness(host: str, known: str) -> Likeness | None:
    """How `host` looks like the registrable domain `known`; None if it does not, or is the same domain."""
    domain = registrable(host)
    if not domain or domain == known:
        return None
    if f".{known}." in f".{readable(host)}.":
        return Likeness.WORDS
    mine, theirs = _taken_apart(domain), _taken_apart(known)
    if _at_a_glance(mine.label) == _at_a_glance(theirs.label):
        if mine.suffix == theirs.suffix:
            return Likeness.LETTERS
        return Likeness.SUFFIX if _may_have_moved(mine, theirs) else None
    if _wears_words(mine, theirs, known):
        return Likeness.WORDS
    return Likeness.TYPING if _mistyped(mine, theirs) else None


@lru_cache(maxsize=65_536)
def _taken_apart(domain: str) -> _Name:
    suffix = _SUFFIXES.publicsuffix(domain) or ""
    label = skeleton(domain.removesuffix(f".{suffix}"))
    return _Name(label, _core(label), suffix)


def _core(label: str) -> str:
    """Without the words around it; if there is nothing else, or but a letter: the label itself."""
    parts = [part for part in label.split("-") if part not in _SKELETONS] or [label]
    core = "-".join(parts)
    return core.removeprefix(skeleton("uni")) or core


def _flat(label: str) -> str:
    return label.replace("-", "")


def _at_a_glance(label: str) -> str:
    return _flat(label).replace("cl", "d")


def _may_have_moved(mine: _Name, theirs: _Name) -> bool:
    """Whether the same name under another suffix is telling: a name of two letters is somebody else's abroad."""
    if len(theirs.core) > 2:
        return True
    return mine.suffix in _GENERIC or _country(mine) == _country(theirs)


def _country(name: _Name) -> str:
    return name.suffix.rpartition(".")[2]


def _wears_words(mine: _Name, theirs: _Name, known: str) -> bool:
    if _flat(mine.label) == _flat(skeleton(known.replace(".", "-"))):  # cam-ac-uk.com
        return True
    if mine.core != mine.label and _alike(mine.core, theirs):
        return True
    return any(_alike(core, theirs) for core in _without_a_word(_flat(mine.label)))


def _alike(core: str, theirs: _Name) -> bool:
    return core in {theirs.core, _flat(theirs.label)} or (
        len(theirs.core) > 4 and _slipped(_flat(core), _flat(theirs.core), same_suffix=False)
    )


@lru_cache(maxsize=65_536)
def _without_a_word(label: str) -> frozenset[str]:
    """A label without each of the words it begins or ends with."""
    starts = [(word, label.removeprefix(word)) for word in _SKELETONS if label.startswith(word)]
    ends = [(word, label.removesuffix(word)) for word in _SKELETONS if label.endswith(word)]
    return frozenset(rest for word, rest in starts + ends if len(rest) >= (3 if len(word) < 5 else 2))


def _mistyped(mine: _Name, theirs: _Name) -> bool:
    """Whether one name is a slip away from the other.

    Names are compared whole, unless both begin with what is common to many: of "unibo" and "unito", or "uni-bonn" and
    "uni-koeln", only the rest counts; and "tu-berlin" and "hu-berlin" differ in all that could.
    """
    same_suffix = mine.suffix == theirs.suffix or (mine.suffix in _OPEN and len(theirs.core) > 3)
    if mine.core != mine.label and theirs.core != theirs.label:
        return _slipped(_flat(mine.core), _flat(theirs.core), same_suffix=same_suffix)
    parts, others = mine.label.split("-"), theirs.label.split("-")
    if len(parts) == len(others) > 1 and parts[1:] == others[1:] and {parts[0], others[0]} <= _KINDS:
        return False
    return _slipped(_flat(mine.label), _flat(theirs.label), same_suffix=same_suffix)


def _slipped(mine: str, theirs: str, *, same_suffix: bool) -> bool:
    length = len(theirs)
    if abs(len(mine) - length) > 2:
        return False
    edits = distance(mine, theirs)
    if not mine.isascii():  # hardly a name of its own
        return edits <= (1 if length < 4 else 2)
    if length >= 8:
        return edits <= 2
    if length >= 5:
        return edits <= (2 if same_suffix else 1)
    if length >= 4:
        return same_suffix and (edits <= 1 or (edits <= 2 and mine[0] == theirs[0]))
    if length == 3:
        return same_suffix and edits <= 1
    return same_suffix and edits <= 1 and _by_finger(mine, theirs)


def _by_finger(mine: str, theirs: str) -> bool:
    """One letter too many, too few, swapped with its neighbour, or hit on the next key."""
    if len(mine) != len(theirs):
        return True
    wrong = [(one, other) for one, other in zip(mine, theirs, strict=True) if one != other]
    return len(wrong) == 2 or any(_next_to_each_other(*pair) for pair in wrong)


@lru_cache(maxsize=65_536)
def _next_to_each_other(one: str, other: str) -> bool:
    places = {key: (row, column) for row, keys in enumerate(_KEYS) for column, key in enumerate(keys)}
    if one not in places or other not in places:
        return False
    (row, column), (row2, column2) = places[one], places[other]
    return abs(row - row2) <= 1 and abs(column - column2) <= 1


def distance(one: str, other: str) -> int:
    """Letters to add, take away, change or swap with their neighbour to make one word of the other."""
    rows = [list(range(len(other) + 1))]
    for i, letter in enumerate(one, 1):
        row, last = [i], rows[-1]
        for j, wanted in enumerate(other, 1):
            cost = min(last[j] + 1, row[-1] + 1, last[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, rows[-2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]


_SKELETONS: Final = frozenset(skeleton(word) for word in _WORDS)
