"""When failures are answered: at a whole multiple of the time of the slowest hash that is stored."""

import asyncio
import time
from collections.abc import Iterator

import bcrypt
import pytest

from services.auth import hash_times, passwords
from services.auth.hash_times import MARGIN, Times
from services.auth.response_times import SECONDS, Pace
from storage.hash_costs import Kinds


@pytest.mark.parametrize(
    ("elapsed", "left"), [(0.0, 0.25), (0.02, 0.23), (0.25, 0.0), (0.26, 0.24), (0.9, 0.1)], ids=str
)
def test_a_delay_ends_at_a_whole_multiple_of_the_time(elapsed: float, left: float) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    asyncio.run(Pace(lambda: 100.0 + elapsed, sleep).keep(100.0, 0.25))
    assert slept == [pytest.approx(left)]


def test_a_failure_takes_the_time_of_all_hashes_that_are_stored_and_never_less_than_others() -> None:
    times = Times(argon2=0.02, scrypt=0.035, bcrypt=0.004)
    assert times.failure(Kinds()) == times.failure(Kinds(0, True)) == SECONDS
    assert times.failure(Kinds(12)) == pytest.approx(MARGIN * (0.02 + 2 * 0.035 + 0.004 * 2**6))
    assert Times(argon2=0.2, scrypt=0.3, bcrypt=0.01).failure(Kinds()) == pytest.approx(MARGIN * 0.8)


@pytest.fixture
def unmeasured() -> Iterator[None]:
    """No time was measured yet; what the test measures is forgotten."""
    hash_times.measured.cache_clear()
    yield
    hash_times.measured.cache_clear()


def test_the_time_of_each_kind_is_the_least_of_some_that_are_measured_once(
    unmeasured: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    ticks = iter(range(100))
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(ticks) ** 2))
    for module, name in ((passwords, "argon2"), (passwords, "scrypt"), (bcrypt, "hashpw")):
        monkeypatch.setattr(module, name, lambda *_, name=name: hashed.append(name))
    assert hash_times.measured() == hash_times.measured() == Times(1.0, 13.0, 25.0)
    assert hashed == ["argon2"] * 3 + ["scrypt"] * 3 + ["hashpw"] * 3
