"""Rate limiter: quotas of units in windows of time, of a key, an account or an address, several at once.

A window begins at a whole multiple of its length, `day` at midnight UTC. The limiter leases units from the counters
in batches, before they are spent. Instances that share a Redis together never allow more than the quota, and at worst
MOST_AT_ONCE units less for each other instance. Redis gets one command a batch, not one a request.
"""

import hmac
from collections.abc import Iterable, Sequence
from hashlib import sha256
from math import ceil
from typing import Any, NamedTuple

from core import clock, email_addresses
from core.errors import QuotaExceeded
from services.limits.counters import Counters, Memory
from services.limits.policies import DEFAULTS, Policy, parsed
from services.observability.metrics import Metrics
from storage.quotas import OF_ACCOUNTS, OF_KEYS

MOST_AT_ONCE = 50
# A batch is at most this part of the unleased units, so that idle instances do not lease the end of a quota.
PART = 16
# Of one policy in one window. Beyond it all leases are discarded, which never allows more than the quota.
MOST_HOLDERS = 100_000
NEAR, REACHED = 80, 100


Claims = Sequence[tuple[Policy, str, float]]
"""The cost of a request: units of a policy, for a holder. A fraction is a multiple of a power of two, so that the
difference of two numbers is exact."""

Quotas = dict[str, dict[str, Any]]
"""Granted quotas, which replace the usual ones: {policy: {quota, until}}, `until` in seconds since the epoch."""


class State(NamedTuple):
    """The state of a quota: remaining units, seconds until the window ends, and whether the claim was refused.

    `reached` is NEAR or REACHED, in percent of the quota, in the one state of all instances whose batch passed it.
    """

    policy: Policy
    remaining: int
    seconds: int
    refused: bool = False
    reached: int = 0


class LeasedUnits:
    """The units that this instance leased for a holder, and those of the quota that no instance had leased then."""

    __slots__ = ("available", "ends", "quota", "unleased")

    def __init__(self, quota: int, ends: int) -> None:
        self.available: float = 0
        self.unleased = quota
        self.quota = quota
        self.ends = ends


class Window:
    """The present window of a policy, in seconds since the epoch."""

    __slots__ = ("begins", "ends", "leased")

    def __init__(self, now: float, seconds: int) -> None:
        self.begins = int(now // seconds) * seconds
        self.ends = self.begins + seconds
        self.leased: dict[str, LeasedUnits] = {}


class Limiter:
    """Policies, and the units of each that its holders have spent."""

    def __init__(self, counters: Counters, policies: Iterable[Policy]) -> None:
        self.policies = {policy.name: policy for policy in policies}
        self._counters = counters
        self._windows = {policy.name: Window(0, policy.seconds) for policy in self.policies.values()}
        # Incremented whenever a quota changes or a window ends, so that cached leases are discarded.
        self.generation = 0

    async def spend(self, claims: Claims) -> list[State]:
        """Spend units of all claims, or, if a quota has too few units left, of none.

        The states of those quotas have `refused`.
        """
        now = clock.epoch()
        leased = self.leased(claims, now)
        reached = [0] * len(claims)
        while lacking := [at for at, one in enumerate(leased) if one.available < claims[at][2] and one.unleased]:
            for at in lacking:
                reached[at] = await self._lease(leased[at], *claims[at], now)
        # No other task runs between here and the end of the function.
        refused = [one.available < claim[2] for one, claim in zip(leased, claims, strict=True)]
        if True not in refused:
            for one, claim in zip(leased, claims, strict=True):
                one.available -= claim[2]
        return [
            State(claim[0], int(one.available + one.unleased), ceil(one.ends - now), lacks, mark)
            for one, claim, lacks, mark in zip(leased, claims, refused, reached, strict=True)
        ]

    def peek(self, claims: Claims) -> list[State]:
        """Return the states of the quotas, as far as this instance knows, without spending."""
        now = clock.epoch()
        leased = self.leased(claims, now)
        return [
            State(claim[0], int(one.available + one.unleased), ceil(one.ends - now))
            for one, claim in zip(leased, claims, strict=True)
        ]

    def leased(self, claims: Claims, now: float) -> list[LeasedUnits]:
        """Return the leased units of each claim in the current window of its policy."""
        return [self._leased(policy, holder, now) for policy, holder, _ in claims]

    def _leased(self, policy: Policy, holder: str, now: float) -> LeasedUnits:
        window = self._windows[policy.name]
        # Any other window, not only a later one: the clock may have gone back.
        if not window.begins <= now < window.ends or len(window.leased) > MOST_HOLDERS:
            window = self._windows[policy.name] = Window(now, policy.seconds)
            self.generation += 1
        leased = window.leased.get(holder)
        if leased is None or leased.quota != policy.quota:
            self.generation += leased is not None
            leased = window.leased[holder] = LeasedUnits(policy.quota, window.ends)
        return leased

    async def _lease(self, leased: LeasedUnits, policy: Policy, holder: str, cost: float, now: float) -> int:
        """Lease a batch of at least `cost` units; return the mark that this passed, or 0."""
        batch = max(ceil(cost), min(MOST_AT_ONCE, leased.unleased // PART))
        taken = await self._counters.incr(
            f"{policy.name}:{holder}:{int(now // policy.seconds)}", policy.seconds, batch
        )
        leased.available += max(0, batch - max(0, taken - policy.quota))
        leased.unleased = max(0, policy.quota - taken)
        return _passed(taken - batch, taken, policy.quota)


class QuotaLease:
    """The leased units of one caller, whose requests of the same cost always have the same claims.

    Nearly every request spends leased units: only one in a batch uses the counters.
    """

    def __init__(self, limiter: Limiter, claims: Claims) -> None:
        self.claims = claims
        self.policies = tuple(policy for policy, _, _ in claims)
        self._cost = max(cost for _, _, cost in claims)
        self._limiter = limiter
        self._generation = -1
        self._begins = self._ends = 0.0
        self._leased: list[LeasedUnits] = []

    def spend(self, now: float) -> bool:
        """Spend units of all policies, or none if the lease has too few of one."""
        if self._generation != self._limiter.generation or not self._begins <= now < self._ends:
            self._find(now)
        cost = self._cost
        for one in self._leased:
            if one.available < cost:
                return False
        for one in self._leased:
            one.available -= cost
        return True

    def remaining(self, now: float) -> tuple[float, ...]:
        """Return for each policy the remaining units and the seconds until its window ends."""
        numbers: list[float] = []
        for one in self._leased:
            numbers += (one.available + one.unleased, ceil(one.ends - now))
        return tuple(numbers)

    def _find(self, now: float) -> None:
        self._leased = self._limiter.leased(self.claims, now)
        self._generation = self._limiter.generation
        self._ends = min(one.ends for one in self._leased)
        # The first window to end need not be the shortest, so its length says nothing. The clock may go back.
        self._begins = now


def claims_of_account(
    limiter: Limiter, user_id: int, account_quotas: Quotas | None, key_id: int, key_quotas: Quotas | None, cost: int
) -> Claims:
    """Return the claims of a call on the quotas of the account, and on those of its key if it has one."""
    claims = usual_claims(limiter, user_id, key_id, cost)
    if not (account_quotas or key_quotas):
        return claims
    own = {**dict.fromkeys(OF_KEYS, key_quotas or {}), **dict.fromkeys(OF_ACCOUNTS, account_quotas or {})}
    return [(_effective(policy, own[policy.name]), holder, cost) for policy, holder, cost in claims]


def usual_claims(limiter: Limiter, user_id: int, key_id: int, cost: int) -> Claims:
    """Return the claims of a call whose account and key have the usual quotas."""
    policies, key, account = limiter.policies, f"k{key_id}", f"a{user_id}"
    of_key = [(policies[name], key, cost) for name in OF_KEYS] if key_id else []
    return [*of_key, *((policies[name], account, cost) for name in OF_ACCOUNTS)]


def _effective(policy: Policy, own: Quotas) -> Policy:
    """Return the policy with the granted quota, until the grant expires."""
    given = own.get(policy.name)
    if given is None or given["until"] <= clock.epoch():
        return policy
    return policy._replace(quota=given["quota"])


def _passed(before: int, after: int, quota: int) -> int:
    """Return the higher of the marks between the two counts, or 0."""
    for mark in (REACHED, NEAR):
        if before * 100 < quota * mark <= after * 100:
            return mark
    return 0


def _shared(redis_url: str, metrics: Metrics) -> Counters:
    from services.limits.redis_counters import Shared

    return Shared(redis_url, metrics)


class Limits:
    """The limits of one application: its limiter, if limits are on, and the counters that it shares."""

    def __init__(self, metrics: Metrics, *, key: bytes, enabled: bool, quotas: str, redis_url: str) -> None:
        """`quotas` is `policy=units,…` for what differs from DEFAULTS. Raises ValueError if it cannot be read.

        `key` is the key of `unnamed`, the same in every instance.
        """
        wanted = parsed(quotas)
        policies = [policy._replace(quota=wanted.get(policy.name, policy.quota)) for policy in DEFAULTS]
        self.counters: Counters = _shared(redis_url, metrics) if redis_url else Memory()
        self.limiter = Limiter(self.counters, policies) if enabled else None
        self._key = key

    def unnamed(self, text: str) -> str:
        """Return a keyed hash of an address or a name, so that neither is stored."""
        return hmac.digest(self._key, text.encode(), sha256).hex()[:32]

    async def redis_is_up(self) -> bool | None:
        """Return whether Redis answers; None without one."""
        return await self.counters.is_up()

    async def close(self) -> None:
        """Close the counters."""
        await self.counters.close()

    async def spend_one(self, name: str, holder: str) -> None:
        """Spend one unit of a policy, for a holder whose name is stored as a hash; raises QuotaExceeded."""
        await self._spend(name, self.unnamed(holder))

    async def spend_of_account(self, name: str, user_id: int) -> None:
        """Spend one unit of a policy of the account, as `x-limits` does; raises QuotaExceeded."""
        await self._spend(name, f"a{user_id}")

    async def spend_mail(self, kind: str, recipient: str) -> None:
        """Count a requested mail with a link for its recipient, by kind; raises QuotaExceeded.

        Each kind has its own counter: requests for one kind of mail to an address do not use up another kind.
        """
        await self.spend_one("mails-to", f"{kind} {email_addresses.compared(recipient)}")

    async def spend_notice(self, kind: str, recipient: str) -> None:
        """Count a notice for its recipient, by kind: a flood of one kind suppresses no other. As `spend_one`."""
        await self.spend_one("notices-to", f"{kind} {email_addresses.compared(recipient)}")

    async def _spend(self, name: str, holder: str) -> None:
        if self.limiter is None:
            return
        states = await self.limiter.spend([(self.limiter.policies[name], holder, 1)])
        if states[0].refused:
            raise refusal(states)


def refusal(states: Sequence[State]) -> QuotaExceeded:
    """Return the error that names the exceeded quotas and the seconds until all of them reset."""
    violated = [state for state in states if state.refused]
    names = [state.policy.name for state in violated]
    seconds = max(state.seconds for state in violated)
    used_up = f"The quota of the policy {' and of '.join(names)} is exceeded. It resets in {seconds} seconds."
    return QuotaExceeded(used_up, names, seconds)
