"""Purses: the short way to pay is held against the long one."""

from typing import Any

import pytest

from core import clock
from services.limits.counters import Memory
from services.limits.limiter import Claims, Limiter, Purse
from services.limits.policies import Policy
from tests.services.conftest import Clock

BURST, DAY, ACCOUNT = Policy("burst", 100, 60), Policy("day", 1_000, 86_400), Policy("account-burst", 150, 60)
OWN: Claims = [(BURST, "k1", 1), (DAY, "k1", 1), (ACCOUNT, "a1", 1)]
OTHER: Claims = [(BURST, "k2", 1), (DAY, "k2", 1), (ACCOUNT, "a1", 1)]


@pytest.fixture
def limiter() -> Limiter:
    return Limiter(Memory(), [BURST, DAY, ACCOUNT])


async def _pay(limiter: Limiter, purse: Purse) -> tuple[bool, bool]:
    """Pay once, as middleware does: whether it was let through, and whether it went the short way."""
    if purse.spend(clock.epoch()):
        return True, True
    states = await limiter.spend(purse.claims)
    return not any(state.refused for state in states), False


def _paid(run: Any, limiter: Limiter, purse: Purse, times: int) -> int:
    async def pay() -> int:
        return sum([(await _pay(limiter, purse))[0] for _ in range(times)])

    return int(run(pay()))


def test_exactly_the_quota_is_let_through(run: Any, time: Clock, limiter: Limiter) -> None:
    assert _paid(run, limiter, Purse(limiter, OWN), 250) == BURST.quota


def test_most_requests_go_the_short_way(run: Any, time: Clock) -> None:
    limiter = Limiter(Memory(), [Policy("burst", 10_000, 60)])
    purse = Purse(limiter, [(limiter.policies["burst"], "k1", 1)])

    async def pay() -> list[bool]:
        return [(await _pay(limiter, purse))[1] for _ in range(1_000)]

    assert run(pay()).count(False) == 20  # one in a batch of fifty


def test_what_is_left_is_told_as_the_long_way_tells_it(run: Any, time: Clock, limiter: Limiter) -> None:
    purse = Purse(limiter, OWN)
    time.now += 18.5
    assert _paid(run, limiter, purse, 30) == 30
    states = limiter.peek(OWN)
    assert purse.left(time.now) == tuple(number for state in states for number in (state.remaining, state.seconds))
    assert states[0].remaining == 70


def test_those_who_share_a_quota_share_it(run: Any, time: Clock, limiter: Limiter) -> None:
    assert _paid(run, limiter, Purse(limiter, OWN), 90) == 90
    assert _paid(run, limiter, Purse(limiter, OTHER), 90) == ACCOUNT.quota - 90


def test_what_one_policy_refuses_uses_nothing_of_the_others(run: Any, time: Clock, limiter: Limiter) -> None:
    purse = Purse(limiter, OWN)
    _paid(run, limiter, purse, 150)
    assert [state.remaining for state in limiter.peek(OWN)] == [0, DAY.quota - 100, ACCOUNT.quota - 100]


@pytest.mark.parametrize("step", [60.0, -1.0, -59.0, -3_600.0, -86_400.0 * 30, 86_400.0 * 30])
def test_another_window_has_a_quota_of_its_own(run: Any, time: Clock, limiter: Limiter, step: float) -> None:
    purse = Purse(limiter, OWN)
    assert _paid(run, limiter, purse, 101) == 100
    time.now += step
    assert _paid(run, limiter, purse, 500) == 100
    assert 0 < purse.left(time.now)[1] <= 60


def test_a_clock_that_goes_back_within_a_window_changes_nothing(run: Any, time: Clock, limiter: Limiter) -> None:
    purse = Purse(limiter, OWN)
    time.now += 30
    assert _paid(run, limiter, purse, 60) == 60
    time.now -= 20
    assert _paid(run, limiter, purse, 60) == 40


def test_a_quota_that_differs_for_a_while_is_followed(run: Any, time: Clock, limiter: Limiter) -> None:
    purse = Purse(limiter, OWN)
    assert _paid(run, limiter, purse, 90) == 90
    raised: Claims = [(BURST._replace(quota=120), "k1", 1), *OWN[1:]]
    assert all(not state.refused for state in run(limiter.spend(raised)))
    # Back to the usual one: what was used counts, what was taken in advance is lost.
    assert _paid(run, limiter, purse, 90) <= 9
    assert limiter.peek(OWN)[0].remaining == 0
