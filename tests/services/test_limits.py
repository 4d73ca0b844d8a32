"""Limits: windows, batches, several policies at once, a clock that steps."""

import asyncio
from typing import Any, TypeVar

import pytest

from services.limits import limiter as limits
from services.limits.counters import Memory
from services.limits.limiter import MOST_AT_ONCE, NEAR, REACHED, Limiter, Limits
from services.limits.policies import Policy
from services.observability.metrics import Metrics
from tests.services.conftest import Clock

Result = TypeVar("Result")
BURST, DAY = Policy("burst", 100, 60), Policy("day", 1_000, 86_400)


def _spent(
    run: Any, limiter: Limiter, times: int, *, policy: Policy = BURST, holder: str = "k1", cost: int = 1
) -> int:
    """How many of so many requests are let through."""

    async def ask() -> int:
        states = [(await limiter.spend([(policy, holder, cost)]))[0] for _ in range(times)]
        return sum(not state.refused for state in states)

    return int(run(ask()))


def _limiter(counters: Memory | None = None) -> Limiter:
    return Limiter(counters or Memory(), [BURST, DAY])


def test_exactly_the_quota_is_let_through(run: Any, time: Clock) -> None:
    assert _spent(run, _limiter(), 250) == BURST.quota


def test_a_new_window_begins_anew(run: Any, time: Clock) -> None:
    limiter = _limiter()
    assert _spent(run, limiter, 101) == 100
    time.now += 59
    assert _spent(run, limiter, 5) == 0
    time.now += 1
    assert _spent(run, limiter, 101) == 100


def test_holders_do_not_share_a_quota(run: Any, time: Clock) -> None:
    limiter = _limiter()
    assert _spent(run, limiter, 101, holder="k1") == 100
    assert _spent(run, limiter, 101, holder="k2") == 100


def test_dearer_requests_use_a_quota_up_sooner_and_never_go_over_it(run: Any, time: Clock) -> None:
    limiter = _limiter()
    assert _spent(run, limiter, 50, cost=7) == 14
    assert _spent(run, limiter, 50, cost=1) == 2


def test_a_state_has_the_remaining_units_and_seconds(run: Any, time: Clock) -> None:
    limiter = _limiter()
    time.now += 18.5
    states = run(limiter.spend([(BURST, "k1", 3), (DAY, "k1", 3)]))
    assert [(state.remaining, state.seconds, state.refused) for state in states] == [
        (97, 42, False),
        (997, 86_400 - 43_200 - 18, False),
    ]
    assert run(limiter.spend([(BURST, "k1", 1)]))[0].remaining == 96
    assert limiter.peek([(BURST, "k1", 1)])[0].remaining == 96


def test_a_request_that_one_policy_refuses_uses_nothing_of_the_others(run: Any, time: Clock) -> None:
    limiter = _limiter()
    _spent(run, limiter, 100)
    for _ in range(20):
        states = run(limiter.spend([(BURST, "k1", 1), (DAY, "k1", 1)]))
        assert [state.refused for state in states] == [True, False]
    assert states[1].remaining == DAY.quota
    refusal = limits.refusal(states)
    assert refusal.policies == ["burst"] and refusal.headers == {"Retry-After": "60"}


def test_instances_that_share_counters_never_allow_more_than_the_quota(run: Any, time: Clock) -> None:
    counters = Memory()
    instances = [Limiter(counters, [BURST, DAY]) for _ in range(3)]

    async def ask() -> int:
        async def one(limiter: Limiter) -> int:
            states = [(await limiter.spend([(DAY, "k1", 1)]))[0] for _ in range(1_000)]
            return sum(not state.refused for state in states)

        return sum(await asyncio.gather(*(one(limiter) for limiter in instances)))

    assert run(ask()) == DAY.quota


def test_an_instance_that_is_idle_keeps_less_than_a_batch_from_the_others(run: Any, time: Clock) -> None:
    counters = Memory()
    idle, busy = Limiter(counters, [DAY]), Limiter(counters, [DAY])
    assert _spent(run, idle, 1, policy=DAY) == 1
    assert DAY.quota - MOST_AT_ONCE <= _spent(run, busy, 2_000, policy=DAY) <= DAY.quota - 1


def test_concurrent_requests_share_the_remaining_units(run: Any, time: Clock) -> None:
    class Slow(Memory):
        async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
            await asyncio.sleep(0)
            return await super().incr(key, expiry, amount)

    limiter = _limiter(Slow())

    async def ask() -> list[bool]:
        answers = await asyncio.gather(*(limiter.spend([(BURST, "k1", 1), (DAY, "k1", 1)]) for _ in range(130)))
        return [any(state.refused for state in states) for states in answers]

    assert run(ask()).count(False) == BURST.quota


@pytest.mark.parametrize("step", [-1.0, -59.0, -3_600.0, -86_400.0 * 30, 86_400.0 * 30])
def test_a_clock_that_steps_ends_no_window_never_to_begin_another(run: Any, time: Clock, step: float) -> None:
    limiter = _limiter()
    assert _spent(run, limiter, 101) == 100
    time.now += step
    # In the window of the present time there is a quota, and no more than that.
    assert _spent(run, limiter, 500) == 100
    assert 0 < limiter.peek([(BURST, "k1", 1)])[0].seconds <= 60


def test_a_changed_quota_is_in_effect_at_once_and_used_units_count(run: Any, time: Clock) -> None:
    limiter = _limiter()
    assert _spent(run, limiter, 101) == 100
    assert _spent(run, limiter, 500, policy=Policy("burst", 300, 60)) <= 200
    assert _spent(run, limiter, 5, policy=Policy("burst", 10, 60)) == 0
    assert _spent(run, limiter, 5, policy=Policy("burst", 0, 60)) == 0


def test_each_mark_is_passed_once_over_all_instances(run: Any, time: Clock) -> None:
    counters = Memory()
    instances = [Limiter(counters, [DAY]) for _ in range(2)]

    async def ask() -> list[int]:
        return [(await instances[at % 2].spend([(DAY, "k1", 1)]))[0].reached for at in range(3_000)]

    assert sorted(filter(None, run(ask()))) == [NEAR, REACHED]


def test_too_many_holders_are_forgotten_and_still_get_no_more_than_their_quota(
    run: Any, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_HOLDERS", 10)
    limiter = _limiter()
    assert _spent(run, limiter, 60) == 60
    for other in range(30):
        _spent(run, limiter, 1, holder=f"k{other + 2}")
    assert len(limiter._windows["burst"].leased) <= 12
    assert _spent(run, limiter, 500) <= 40


@pytest.mark.parametrize("quotas", ["burst", "burst=", "burst=x", "burst=-1", "nosuch=5", "burst=5,=7"])
def test_a_setting_that_cannot_be_meant_is_refused(quotas: str) -> None:
    with pytest.raises(ValueError, match="policy=units"):
        Limits(Metrics(), key=b"", enabled=True, quotas=quotas, redis_url="")


def test_a_setting_changes_what_it_names(run: Any, time: Clock) -> None:
    limiter = Limits(Metrics(), key=b"", enabled=True, quotas="burst=5, account-day=7", redis_url="").limiter
    assert limiter is not None
    changed = {name: policy.quota for name, policy in limiter.policies.items()}
    assert (changed["burst"], changed["account-day"], changed["day"]) == (5, 7, 50_000)
