"""Fair use: a request costs what the document says (`x-cost`), of the quotas of whoever sends it."""

import asyncio
from functools import lru_cache
from typing import Any, NamedTuple

from connexion.middleware.abstract import RoutedMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

import clock
from middleware.straight import StraightAPI
from security import Caller
from services import limits, metrics, networks, notices
from services.limits import Claims, Limiter, Purse, State
from services.policies import Policy

# What is somebody's own: an address of IPv4, a network of IPv6.
OWN_BITS = (32, 64)
# Whose owners are told when they are nearly used up.
DAILY = ("day", "account-day")
_telling: set[asyncio.Task[None]] = set()


class LimitedOperation:
    """One operation: its cost in units, and the policies that it has besides the usual ones."""

    def __init__(self, next_app: ASGIApp, limiter: Limiter, cost: int, policies: list[str]) -> None:
        self.next_app = next_app
        self.limiter = limiter
        self.cost = cost
        self.policies = [limiter.policies[name] for name in policies]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.policies or not spend_usual(self.limiter, scope, self.cost):
            await self._spend(scope)
        await self.next_app(scope, receive, send)

    async def _spend(self, scope: Scope) -> None:
        caller = scope["caller"]
        claims = claims_of(self.limiter, caller, scope, self.cost)
        if self.policies:
            holder = f"a{caller.user_id}" if caller else address_of(scope)
            claims = [*claims, *((policy, holder, 1) for policy in self.policies)]
        await spend(self.limiter, claims, scope)


def spend_usual(limiter: Limiter, scope: Scope, cost: int) -> bool:
    """Take what a call costs from what is held for its caller, and tell what is left, as nearly all calls need it.

    False, and nothing taken, where that is not enough, or the caller is nobody known or has other than the usual
    quotas.
    """
    caller: Caller | None = scope["caller"]
    if caller is None or caller.account_quotas or caller.key_quotas:
        return False
    usual = _usual(limiter, caller.user_id, caller.key_id, cost)
    now = clock.epoch()
    if not usual.purse.spend(now):
        return False
    scope["reply_headers"] += (
        (b"ratelimit-policy", usual.stated),
        (b"ratelimit", usual.form % usual.purse.left(now)),
    )
    if metrics.is_on():
        for policy in usual.purse.policies:
            metrics.limiter(policy.name, metrics.ALLOWED)
    return True


class Usual(NamedTuple):
    """A caller's purse, and what is told of it: the quotas, and the form of what is left."""

    purse: Purse
    stated: bytes
    form: bytes


@lru_cache(maxsize=10_000)
def _usual(limiter: Limiter, user_id: int, key_id: int, cost: int) -> Usual:
    purse = Purse(limiter, limits.usual_claims(limiter, user_id, key_id, cost))
    return Usual(purse, *_stated(purse.policies))


async def spend(limiter: Limiter, claims: Claims, scope: Scope) -> None:
    """Take what a request costs, and tell what is left in the reply's headers; raises QuotaExceeded."""
    states = await limiter.spend(claims)
    tell(states, scope)
    refused = False
    for state in states:
        refused |= state.refused
        metrics.limiter(state.policy.name, metrics.REFUSED if state.refused else metrics.ALLOWED)
        if state.reached and state.policy.name in DAILY:
            notify(state, scope["caller"])
    if refused:
        raise limits.refusal(states)


def notify(state: State, caller: Caller) -> None:
    """Tell the owner that a daily quota is nearly used up, or is, beside the request that used it."""
    policy = state.policy
    key_id = caller.key_id if policy.name == "day" else 0
    telling = notices.quota_reached(caller.user_id, key_id, policy.name, state.reached, policy.quota, clock.now())
    task = asyncio.create_task(telling)
    # The event loop itself does not keep it from being collected.
    _telling.add(task)
    task.add_done_callback(_telling.discard)


def claims_of(limiter: Limiter, caller: Caller | None, scope: Scope, cost: int) -> Claims:
    """Whose quotas a request uses: its key's and its account's, its account's alone, or its address's."""
    policies = limiter.policies
    if caller is not None:
        return limits.claims_of_account(
            limiter, caller.user_id, caller.account_quotas, caller.key_id, caller.key_quotas, cost
        )
    holder = address_of(scope)
    return [(policies["address-burst"], holder, cost), (policies["address-day"], holder, cost)]


def address_of(scope: Scope) -> str:
    """Whom an anonymous request is counted for."""
    client = scope["client"]
    network = networks.network_of(client[0], *OWN_BITS) if client else None
    return network or "unknown"


def tell(states: list[State], scope: Scope) -> None:
    """Put the quotas and what is left of them into the reply's headers (draft-ietf-httpapi-ratelimit-headers-10)."""
    stated, form = _stated(tuple(state.policy for state in states))
    left = form % tuple(number for state in states for number in (state.remaining, state.seconds))
    scope["reply_headers"] += ((b"ratelimit-policy", stated), (b"ratelimit", left))


@lru_cache(maxsize=1_000)
def _stated(policies: tuple[Policy, ...]) -> tuple[bytes, bytes]:
    """What is told of policies: their quotas, and the form of what is left, units and seconds of each."""
    quotas = ", ".join(f'"{policy.name}";q={policy.quota};w={policy.seconds}' for policy in policies)
    left = ", ".join(f'"{policy.name}";r=%d;t=%d' for policy in policies)
    return quotas.encode(), left.encode()


async def count_refused(scope: Scope) -> None:
    """Count a request whose credentials let nobody in for its address; raises QuotaExceeded."""
    limiter = limits.limiter()
    if limiter is not None:
        await spend(limiter, claims_of(limiter, None, scope, 1), scope)


class LimitsAPI(StraightAPI[ASGIApp]):
    """All operations of the document; those that cost nothing, and all where limits are off, lead straight on."""

    def make_operation(self, operation: Any) -> ASGIApp:
        limiter = limits.limiter()
        cost = operation._operation.get("x-cost", 1)
        straight_on = self.next_of(operation)
        if limiter is None or not cost:
            return straight_on
        return LimitedOperation(straight_on, limiter, cost, operation._operation.get("x-limits", []))


class Limits(RoutedMiddleware[LimitsAPI]):
    """Limits as the document states them."""

    api_cls = LimitsAPI
