"""How long an answer takes tells nobody whether an address has an account.

Pairs of requests, interleaved in random order; a classifier that only looks at the time should be right as often as a
coin (area under the ROC curve 0.5).  60 pairs a case with a wide bound; RVS_DRILLS=full: 500 pairs, 0.42 to 0.58.
"""

import os
import random
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Throttle, User
from tests.factories import make_member, make_organisation, make_user
from tests.organisations.applying import APPLICATION

FULL = os.environ.get("RVS_DRILLS") == "full"
PAIRS = 500 if FULL else 60
LOW, HIGH = (0.42, 0.58) if FULL else (0.30, 0.70)
"""With 60 pairs chance alone strays by 0.05 (one standard deviation), with 500 by 0.018."""


def area_under_curve(first: list[float], second: list[float]) -> float:
    """The chance that a value of `first` is greater than one of `second`; ties count by half."""
    ordered = sorted(second)
    wins = sum(bisect_left(ordered, value) + bisect_right(ordered, value) for value in first)
    return wins / 2 / (len(first) * len(second))


def test_the_measure_tells_a_difference() -> None:
    assert area_under_curve([1, 2, 3], [1, 2, 3]) == 0.5
    assert area_under_curve([2, 3, 4], [1, 1.5, 1.9]) == 1
    assert area_under_curve([1], [2, 3, 4]) == 0


@pytest.fixture
def people(db: None) -> dict[str, str]:
    """Addresses of one length, so that pages have one length too."""
    make_member(make_organisation("University of Example"), email="aaaaaaaa@example.org")
    make_user("bbbbbbbb@example.org", is_active=False)
    unusable: User = make_user("cccccccc@example.org")
    unusable.set_unusable_password()
    unusable.save()
    return {
        "known": "aaaaaaaa@example.org",
        "closed": "bbbbbbbb@example.org",
        "no password": "cccccccc@example.org",
        "unknown": "dddddddd@example.org",
    }


def log_in(client: Client, email: str, network: str) -> Any:
    return client.post("/login/", {"login": email, "password": "not the right one"}, REMOTE_ADDR=network)


def reset(client: Client, email: str, network: str) -> Any:
    return client.post("/password/reset/", {"email": email}, REMOTE_ADDR=network)


def register(client: Client, email: str, network: str) -> Any:
    typed = {**APPLICATION, "email": email, "email_again": email}
    return client.post("/register/", typed, REMOTE_ADDR=network)


def join(client: Client, email: str, network: str) -> Any:
    typed = {**APPLICATION, "email": email, "email_again": email, "organisation_name": "University of Example"}
    return client.post("/register/join/", typed, REMOTE_ADDR=network)


@pytest.mark.drill
@pytest.mark.parametrize(
    ("ask", "case"),
    [(log_in, "known"), (log_in, "closed"), (log_in, "no password"), (reset, "known"), (reset, "closed"),
     (reset, "no password"), (register, "known"), (join, "known")],
)  # fmt: skip
def test_the_time_taken_does_not_tell(
    ask: Callable[[Client, str, str], Any], case: str, people: dict[str, str], record_property: Callable[..., None]
) -> None:
    seed = int(os.environ.get("RVS_SEED", str(time.time_ns())))
    print(f"RVS_SEED={seed}")  # noqa: T201  (shown when the drill fails)
    chance = random.Random(seed)
    taken: dict[str, list[float]] = {case: [], "unknown": []}
    for number in range(-5, PAIRS):  # the first five only warm up
        Throttle.objects.all().delete()
        for name in chance.sample(list(taken), 2):
            client = Client()
            start = time.perf_counter()
            response = ask(client, people[name], f"198.51.{number % 200}.7")
            seconds = time.perf_counter() - start
            assert response.status_code in {200, 302}
            if number >= 0:
                taken[name].append(seconds)
    area = area_under_curve(taken[case], taken["unknown"])
    record_property("auc", area)
    print(f"{ask.__name__}, {case} against unknown: AUC {area:.3f} over {PAIRS} pairs")  # noqa: T201
    assert LOW <= area <= HIGH
