"""Quota leases: spending leased units gives the same results as spending from the counters."""

from typing import Any

import pytest

from core import clock
from services.limits.counters import Memory
from services.limits.limiter import Claims, Limiter, QuotaLease
from services.limits.policies import Policy
from tests.services.conftest import Clock

BURST, DAY, ACCOUNT = Policy("burst", 100, 60), Policy("day", 1_000, 86_400), Policy("account-burst", 150, 60)
OWN: Claims = [(BURST, "k1", 1), (DAY, "k1", 1), (ACCOUNT, "a1", 1)]
OTHER: Claims = [(BURST, "k2", 1), (DAY, "k2", 1), (ACCOUNT, "a1", 1)]


@pytest.fixture
def limiter() -> Limiter:
    return Limiter(Memory(), [BURST, DAY, ACCOUNT])


async def _charge(limiter: Limiter, lease: QuotaLease) -> tuple[bool, bool]:
    """Charge one request, as middleware does: return whether it is allowed, and whether leased units paid for it."""
    if lease.spend(clock.epoch()):
        return True, True
    states = await limiter.spend(lease.claims)
    return not any(state.refused for state in states), False


def _allowed(run: Any, limiter: Limiter, lease: QuotaLease, times: int) -> int:
    async def charge() -> int:
        return sum([(await _charge(limiter, lease))[0] for _ in range(times)])

    return int(run(charge()))


def test_exactly_the_quota_is_allowed(run: Any, time: Clock, limiter: Limiter) -> None:
    assert _allowed(run, limiter, QuotaLease(limiter, OWN), 250) == BURST.quota


def test_most_requests_spend_leased_units(run: Any, time: Clock) -> None:
    limiter = Limiter(Memory(), [Policy("burst", 10_000, 60)])
    lease = QuotaLease(limiter, [(limiter.policies["burst"], "k1", 1)])

    async def charge() -> list[bool]:
        return [(await _charge(limiter, lease))[1] for _ in range(1_000)]

    assert run(charge()).count(False) == 20  # one in a batch of fifty


def test_a_lease_states_the_same_remaining_units_as_the_limiter(run: Any, time: Clock, limiter: Limiter) -> None:
    lease = QuotaLease(limiter, OWN)
    time.now += 18.5
    assert _allowed(run, limiter, lease, 30) == 30
    states = limiter.peek(OWN)
    assert lease.remaining(time.now) == tuple(
        number for state in states for number in (state.remaining, state.seconds)
    )
    assert states[0].remaining == 70


def test_two_keys_of_an_account_share_its_quota(run: Any, time: Clock, limiter: Limiter) -> None:
    assert _allowed(run, limiter, QuotaLease(limiter, OWN), 90) == 90
    assert _allowed(run, limiter, QuotaLease(limiter, OTHER), 90) == ACCOUNT.quota - 90


def test_a_request_refused_by_one_policy_spends_no_units_of_the_others(
    run: Any, time: Clock, limiter: Limiter
) -> None:
    lease = QuotaLease(limiter, OWN)
    _allowed(run, limiter, lease, 150)
    assert [state.remaining for state in limiter.peek(OWN)] == [0, DAY.quota - 100, ACCOUNT.quota - 100]


@pytest.mark.parametrize("step", [60.0, -1.0, -59.0, -3_600.0, -86_400.0 * 30, 86_400.0 * 30])
def test_another_window_has_a_quota_of_its_own(run: Any, time: Clock, limiter: Limiter, step: float) -> None:
    lease = QuotaLease(limiter, OWN)
    assert _allowed(run, limiter, lease, 101) == 100
    time.now += step
    assert _allowed(run, limiter, lease, 500) == 100
    assert 0 < lease.remaining(time.now)[1] <= 60


def test_a_clock_that_goes_back_within_a_window_does_not_change_the_quota(
    run: Any, time: Clock, limiter: Limiter
) -> None:
    lease = QuotaLease(limiter, OWN)
    time.now += 30
    assert _allowed(run, limiter, lease, 60) == 60
    time.now -= 20
    assert _allowed(run, limiter, lease, 60) == 40


def test_a_changed_quota_discards_the_lease(run: Any, time: Clock, limiter: Limiter) -> None:
    lease = QuotaLease(limiter, OWN)
    assert _allowed(run, limiter, lease, 90) == 90
    raised: Claims = [(BURST._replace(quota=120), "k1", 1), *OWN[1:]]
    assert all(not state.refused for state in run(limiter.spend(raised)))
    # Back to the usual quota: spent units count, and leased units are lost.
    assert _allowed(run, limiter, lease, 90) <= 9
    assert limiter.peek(OWN)[0].remaining == 0
