"""Charges requests to the quotas of their callers, and adds the response headers with the remaining units."""

import asyncio
from functools import lru_cache
from typing import NamedTuple

from starlette.types import Scope

from core import clock
from security import Caller
from services.auth import networks
from services.limits import limiter as limits
from services.limits.limiter import Claims, Limiter, Limits, QuotaLease, State
from services.limits.policies import Policy
from services.mail.notices import Notices
from services.observability import metrics
from services.observability.metrics import Metrics

# One client: an address of IPv4, a network of IPv6.
OWN_BITS = (32, 64)
# The cost of a static file: a page of the documentation loads about ten.
FILE_COST = 1 / 8
# The number of callers, and of addresses, whose quota leases are found without a search. About 1 kB each.
MAX_LEASES = 16_384
# The policies whose account owners are notified when the quota is nearly used up.
DAILY = ("day", "account-day")


class Usual(NamedTuple):
    """A caller's quota lease, the header with its quotas, and the format of the header with the remaining units."""

    lease: QuotaLease
    stated: bytes
    format: bytes


class Charges:
    """Charges requests to the quotas of one application."""

    def __init__(self, limits: Limits, notices: Notices, metrics: Metrics) -> None:
        self.limiter = limits.limiter
        self._notices, self._metrics = notices, metrics
        self._usual = lru_cache(maxsize=MAX_LEASES)(self._find_usual)
        self._usual_of_address = lru_cache(maxsize=MAX_LEASES)(self._find_usual_of_address)
        self._notifying: set[asyncio.Task[None]] = set()

    def spend_usual(self, limiter: Limiter, scope: Scope, cost: int) -> bool:
        """Spend leased units of the caller or the address, and add the headers with the remaining units.

        Return False, and spend nothing, if the lease has too few units, or the caller has quotas of their own.
        """
        caller: Caller | None = scope["caller"]
        if caller is None:
            return self._spend_leased(self._usual_of_address(limiter, address_of(scope), cost), scope)
        if caller.account_quotas or caller.key_quotas:
            return False
        return self._spend_leased(self._usual(limiter, caller.user_id, caller.key_id, cost), scope)

    def _spend_leased(self, usual: "Usual", scope: Scope) -> bool:
        now = clock.epoch()
        if not usual.lease.spend(now):
            return False
        scope["response_headers"] += (
            (b"ratelimit-policy", usual.stated),
            (b"ratelimit", usual.format % usual.lease.remaining(now)),
        )
        if self._metrics.is_on():
            for policy in usual.lease.policies:
                self._metrics.limiter(policy.name, metrics.ALLOWED)
        return True

    def _find_usual(self, limiter: Limiter, user_id: int, key_id: int, cost: int) -> Usual:
        lease = QuotaLease(limiter, limits.usual_claims(limiter, user_id, key_id, cost))
        return Usual(lease, *_stated(lease.policies))

    def _find_usual_of_address(self, limiter: Limiter, address: str, cost: float) -> Usual:
        lease = QuotaLease(limiter, claims_of_address(limiter, address, cost))
        return Usual(lease, *_stated(lease.policies))

    async def spend(self, limiter: Limiter, claims: Claims, scope: Scope) -> None:
        """Spend the cost of a request, and add the headers with the remaining units. Raise QuotaExceeded."""
        states = await limiter.spend(claims)
        add_headers(states, scope)
        refused = False
        for state in states:
            refused |= state.refused
            self._metrics.limiter(state.policy.name, metrics.REFUSED if state.refused else metrics.ALLOWED)
            if state.reached and state.policy.name in DAILY:
                self.notify(state, scope["caller"])
        if refused:
            raise limits.refusal(states)

    def notify(self, state: State, caller: Caller) -> None:
        """Notify the account owner, in a task of its own, that a daily quota is nearly or entirely used up."""
        policy = state.policy
        key_id = caller.key_id if policy.name == "day" else 0
        notification = self._notices.quota_reached(
            caller.user_id, key_id, policy.name, state.reached, policy.quota, clock.now()
        )
        task = asyncio.create_task(notification)
        # The event loop has only a weak reference to a task.
        self._notifying.add(task)
        task.add_done_callback(self._notifying.discard)

    async def charge_rejected(self, scope: Scope) -> None:
        """Charge the address for a request that was rejected before its caller was charged. Raise QuotaExceeded.

        These are an unknown path, a wrong method, bad credentials, a level that is too low, and a lack of consent.
        """
        limiter = self.limiter
        if limiter is None or any(name == b"ratelimit" for name, _ in scope["response_headers"]):
            return
        if not self._spend_leased(self._usual_of_address(limiter, address_of(scope), 1), scope):
            await self.spend(limiter, claims_of_address(limiter, address_of(scope), 1), scope)

    async def charge_file(self, scope: Scope) -> None:
        """Charge the address for a static file. Raise QuotaExceeded."""
        limiter = self.limiter
        if limiter is None or self._usual_of_address(limiter, address_of(scope), FILE_COST).lease.spend(
            clock.epoch()
        ):
            return
        states = await limiter.spend(claims_of_address(limiter, address_of(scope), FILE_COST))
        if any(state.refused for state in states):
            add_headers(states, scope)
            raise limits.refusal(states)


def claims_of(limiter: Limiter, caller: Caller | None, scope: Scope, cost: int) -> Claims:
    """Return the claims of a request: on the quotas of its key and account, of its account, or of its address."""
    if caller is not None:
        return limits.claims_of_account(
            limiter, caller.user_id, caller.account_quotas, caller.key_id, caller.key_quotas, cost
        )
    return claims_of_address(limiter, address_of(scope), cost)


def claims_of_address(limiter: Limiter, address: str, cost: float) -> Claims:
    return [(limiter.policies[name], address, cost) for name in ("address-burst", "address-day")]


def address_of(scope: Scope) -> str:
    """Return the address or network whose quotas an anonymous request uses."""
    client = scope["client"]
    network = networks.network_of(client[0], *OWN_BITS) if client else None
    return network or "unknown"


def add_headers(states: list[State], scope: Scope) -> None:
    """Add the headers with the quotas and the remaining units (draft-ietf-httpapi-ratelimit-headers-10)."""
    stated, format_ = _stated(tuple(state.policy for state in states))
    remaining = format_ % tuple(number for state in states for number in (state.remaining, state.seconds))
    scope["response_headers"] += ((b"ratelimit-policy", stated), (b"ratelimit", remaining))


@lru_cache(maxsize=1_000)
def _stated(policies: tuple[Policy, ...]) -> tuple[bytes, bytes]:
    """Return the header with the quotas, and the format of the header with the remaining units and seconds."""
    quotas = ", ".join(f'"{policy.name}";q={policy.quota};w={policy.seconds}' for policy in policies)
    remaining = ", ".join(f'"{policy.name}";r=%d;t=%d' for policy in policies)
    return quotas.encode(), remaining.encode()
