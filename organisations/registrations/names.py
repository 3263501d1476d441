"""Names of organisations that mean the same: other order, other little words, other language for "university"."""

import re
from functools import lru_cache
from typing import Final

from organisations.registrations.lookalikes import distance, skeleton

# Words that many names have, and that tell none apart.
_COMMON: Final = frozenset(
    skeleton(word)
    for word in (
        "a", "an", "and", "at", "de", "del", "der", "des", "di", "do", "du", "for", "in", "la", "le", "of", "the",
        "und", "y", "zu", "e", "et", "admission", "admissions", "college", "department", "faculty", "group", "inc",
        "international", "limited", "ltd", "llc", "gmbh", "office", "official", "online", "plc", "registry", "sa",
        "school", "service", "services", "team", "uk", "usa", "uni", "univ", "universidad", "universidade",
        "universita", "universitat", "universitate", "universite", "universiteit", "universitet", "universiti",
        "universitas", "university", "uniwersytet", "univerzita", "univerzitet",
    )
)  # fmt: skip
_LONG: Final = 8


@lru_cache(maxsize=65_536)
def _words(name: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", skeleton(name)))


def same(one: str, other: str) -> bool:
    """Whether two names have the same words, whatever their order, letters and accents."""
    return bool(_words(one)) and _words(one) == _words(other)


def similar(one: str, other: str) -> bool:
    """Whether two names may be taken for each other: the words that tell them apart are the same, or a slip away."""
    mine, theirs = _telling(one), _telling(other)
    if not mine or not theirs:
        return False
    return mine == theirs or (
        len(theirs) >= _LONG and abs(len(mine) - len(theirs)) <= 2 and distance(mine, theirs) <= 2
    )


@lru_cache(maxsize=65_536)
def _telling(name: str) -> str:
    return " ".join(sorted(_words(name) - _COMMON))
