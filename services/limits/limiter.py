"""Rate limiter: quotas of units in windows of time, of a key, an account or an address, several at once.

A window begins at a whole multiple of its length, `day` at midnight UTC. Units are taken from the counters in
batches, before they are used: instances that share a Redis together never allow more than the quota, and at worst
MOST_AT_ONCE units less for each other instance. Redis is asked once a batch, not once a request.
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
# A batch is at most this part of what is left: the end of a quota is not spread over instances that do not use it.
PART = 16
# Of one policy in one window. Beyond it what was taken in advance is forgotten, which never allows more.
MOST_HOLDERS = 100_000
NEAR, REACHED = 80, 100


Claims = Sequence[tuple[Policy, str, float]]
"""What a request asks for: units of a policy, for a holder. A fraction is a multiple of a power of two, so that the
difference of two numbers is exact."""

Quotas = dict[str, dict[str, Any]]
"""What somebody was given in place of the usual: {policy: {quota, until}}, `until` in seconds since the epoch."""


class State(NamedTuple):
    """Where a policy stands: units that are left, seconds until the window ends, and whether that was not enough.

    `reached` is NEAR or REACHED in the one answer, over all instances, with which that share of the quota was taken.
    """

    policy: Policy
    remaining: int
    seconds: int
    refused: bool = False
    reached: int = 0


class Held:
    """What was taken in advance for a holder, what nobody had taken then, of which quota, and until when it holds."""

    __slots__ = ("ends", "left", "quota", "untaken")

    def __init__(self, quota: int, ends: int) -> None:
        self.left: float = 0
        self.untaken = quota
        self.quota = quota
        self.ends = ends


class Window:
    """The present window of a policy, in seconds since the epoch."""

    __slots__ = ("begins", "ends", "held")

    def __init__(self, now: float, seconds: int) -> None:
        self.begins = int(now // seconds) * seconds
        self.ends = self.begins + seconds
        self.held: dict[str, Held] = {}


class Limiter:
    """Policies, and who has used how much of them."""

    def __init__(self, counters: Counters, policies: Iterable[Policy]) -> None:
        self.policies = {policy.name: policy for policy in policies}
        self._counters = counters
        self._windows = {policy.name: Window(0, policy.seconds) for policy in self.policies.values()}
        # Differs after what is held for anybody may have become something else: what was found before is found anew.
        self.era = 0

    async def spend(self, claims: Claims) -> list[State]:
        """Take units of each policy for a holder: of all, or, where one has not so many left, of none.

        The states of those that have not say `refused`.
        """
        now = clock.epoch()
        held = self.held(claims, now)
        reached = [0] * len(claims)
        while lacking := [at for at, one in enumerate(held) if one.left < claims[at][2] and one.untaken]:
            for at in lacking:
                reached[at] = await self._take(held[at], *claims[at], now)
        # From here on nobody comes in between.
        refused = [one.left < claim[2] for one, claim in zip(held, claims, strict=True)]
        if True not in refused:
            for one, claim in zip(held, claims, strict=True):
                one.left -= claim[2]
        return [
            State(claim[0], int(one.left + one.untaken), ceil(one.ends - now), lacks, mark)
            for one, claim, lacks, mark in zip(held, claims, refused, reached, strict=True)
        ]

    def peek(self, claims: Claims) -> list[State]:
        """Where the policies stand, as far as this instance knows."""
        now = clock.epoch()
        held = self.held(claims, now)
        return [
            State(claim[0], int(one.left + one.untaken), ceil(one.ends - now))
            for one, claim in zip(held, claims, strict=True)
        ]

    def held(self, claims: Claims, now: float) -> list[Held]:
        """What is held for each claim in the present window of its policy."""
        return [self._held(policy, holder, now) for policy, holder, _ in claims]

    def _held(self, policy: Policy, holder: str, now: float) -> Held:
        window = self._windows[policy.name]
        # Another, not only a later one: after the clock went back, the window is that of the present time.
        if not window.begins <= now < window.ends or len(window.held) > MOST_HOLDERS:
            window = self._windows[policy.name] = Window(now, policy.seconds)
            self.era += 1
        held = window.held.get(holder)
        if held is None or held.quota != policy.quota:
            self.era += held is not None
            held = window.held[holder] = Held(policy.quota, window.ends)
        return held

    async def _take(self, held: Held, policy: Policy, holder: str, cost: float, now: float) -> int:
        """Take a batch of at least `cost` units; the mark that this passed, or 0."""
        batch = max(ceil(cost), min(MOST_AT_ONCE, held.untaken // PART))
        taken = await self._counters.incr(
            f"{policy.name}:{holder}:{int(now // policy.seconds)}", policy.seconds, batch
        )
        held.left += max(0, batch - max(0, taken - policy.quota))
        held.untaken = max(0, policy.quota - taken)
        return _passed(taken - batch, taken, policy.quota)


class Purse:
    """The claims that one caller makes again and again, all of the same cost, paid from what is held for them.

    Nearly every request is: only one in a batch must ask the counters.
    """

    def __init__(self, limiter: Limiter, claims: Claims) -> None:
        self.claims = claims
        self.policies = tuple(policy for policy, _, _ in claims)
        self._cost = max(cost for _, _, cost in claims)
        self._limiter = limiter
        self._era = -1
        self._begins = self._ends = 0.0
        self._held: list[Held] = []

    def spend(self, now: float) -> bool:
        """Take the units of all policies, or, where not all are held, none."""
        if self._era != self._limiter.era or not self._begins <= now < self._ends:
            self._find(now)
        cost = self._cost
        for one in self._held:
            if one.left < cost:
                return False
        for one in self._held:
            one.left -= cost
        return True

    def left(self, now: float) -> tuple[float, ...]:
        """Return of each policy the units that are left, and the seconds until its window ends."""
        numbers: list[float] = []
        for one in self._held:
            numbers += (one.left + one.untaken, ceil(one.ends - now))
        return tuple(numbers)

    def _find(self, now: float) -> None:
        self._held = self._limiter.held(self.claims, now)
        self._era = self._limiter.era
        self._ends = min(one.ends for one in self._held)
        # The window that ends first need not be the shortest; the clock may go back.
        self._begins = now


def claims_of_account(
    limiter: Limiter, user_id: int, account_quotas: Quotas | None, key_id: int, key_quotas: Quotas | None, cost: int
) -> Claims:
    """Whose quotas a call uses: the account's, and those of the key, if it is with one."""
    claims = usual_claims(limiter, user_id, key_id, cost)
    if not (account_quotas or key_quotas):
        return claims
    own = {**dict.fromkeys(OF_KEYS, key_quotas or {}), **dict.fromkeys(OF_ACCOUNTS, account_quotas or {})}
    return [(_effective(policy, own[policy.name]), holder, cost) for policy, holder, cost in claims]


def usual_claims(limiter: Limiter, user_id: int, key_id: int, cost: int) -> Claims:
    """The same for who has the usual quotas."""
    holders = {f"k{key_id}": OF_KEYS, f"a{user_id}": OF_ACCOUNTS} if key_id else {f"a{user_id}": OF_ACCOUNTS}
    return [(limiter.policies[name], holder, cost) for holder, names in holders.items() for name in names]


def _effective(policy: Policy, own: Quotas) -> Policy:
    """The policy with the quota that somebody was given, as long as that holds."""
    given = own.get(policy.name)
    if given is None or given["until"] <= clock.epoch():
        return policy
    return policy._replace(quota=given["quota"])


def _passed(before: int, after: int, quota: int) -> int:
    """The higher of the marks between the two counts; 0 for none."""
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
        """Return a keyed hash that stands for an address or a name, neither of which is stored."""
        return hmac.digest(self._key, text.encode(), sha256).hex()[:32]

    async def redis_is_up(self) -> bool | None:
        """Return whether Redis answers; None without one."""
        return await self.counters.is_up()

    async def close(self) -> None:
        """Let go of what counts."""
        await self.counters.close()

    async def spend_one(self, name: str, holder: str) -> None:
        """Use one unit of a policy, for a holder named by a text that is not kept; raises QuotaExceeded."""
        await self._spend(name, self.unnamed(holder))

    async def spend_of_account(self, name: str, user_id: int) -> None:
        """Use one unit of a policy of the account, as `x-limits` does; raises QuotaExceeded."""
        await self._spend(name, f"a{user_id}")

    async def spend_mail(self, kind: str, recipient: str) -> None:
        """Count a requested mail with a link for its recipient, by kind; raises QuotaExceeded.

        Each kind has a counter of its own: nobody can use up one kind of mail to an address by requesting another
        kind.
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
    """That quotas are used up: which, and how long it takes until all of them begin anew."""
    violated = [state for state in states if state.refused]
    names = [state.policy.name for state in violated]
    seconds = max(state.seconds for state in violated)
    used_up = f"The quota of the policy {' and of '.join(names)} is exceeded. It resets in {seconds} seconds."
    return QuotaExceeded(used_up, names, seconds)
