"""Fair use: a request costs what the document says (`x-cost`), of the quotas of whoever sends it."""

import asyncio
from functools import lru_cache
from typing import Any, NamedTuple

from connexion.middleware.abstract import RoutedMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from core import clock
from core.errors import QuotaExceeded
from middleware.straight import StraightAPI
from security import Caller
from services.auth import networks
from services.limits import limiter as limits
from services.limits.limiter import Claims, Limiter, Purse, State
from services.limits.policies import Policy
from services.mail import notices
from services.observability import metrics

# What is somebody's own: an address of IPv4, a network of IPv6.
OWN_BITS = (32, 64)
# Of a file that a page loads: a page of the documentation has about ten.
FILE_COST = 1 / 8
# Whose owners are told when they are nearly used up.
DAILY = ("day", "account-day")
_telling: set[asyncio.Task[None]] = set()


class LimitedOperation:
    """One operation: its cost in units, and the policies that it has besides the usual ones.

    `anonymous` are policies for requests without credentials only.
    """

    def __init__(
        self, next_app: ASGIApp, limiter: Limiter, cost: int, policies: list[str], anonymous: list[str]
    ) -> None:
        self.next_app = next_app
        self.limiter = limiter
        self.cost = cost
        self.policies = [limiter.policies[name] for name in policies]
        self.anonymous = [limiter.policies[name] for name in anonymous]
        self.has_own = bool(policies or anonymous)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.has_own or not spend_usual(self.limiter, scope, self.cost):
            await self._spend(scope)
        await self.next_app(scope, receive, send)

    async def _spend(self, scope: Scope) -> None:
        caller = scope["caller"]
        usual = claims_of(self.limiter, caller, scope, self.cost)
        holder = f"a{caller.user_id}" if caller else address_of(scope)
        policies = self.policies if caller else [*self.policies, *self.anonymous]
        own: Claims = [(policy, holder, 1) for policy in policies]
        try:
            await spend(self.limiter, [*usual, *own], scope)
        except QuotaExceeded:
            if own and caller is None:
                # Nothing was taken, but a rejected request counts too.
                await self.limiter.spend(_claims_of_address(self.limiter, holder, 1))
            raise


def spend_usual(limiter: Limiter, scope: Scope, cost: int) -> bool:
    """Take what a call costs from what is held for its caller or address, and tell what is left.

    Return False, and take nothing, if that is not enough, or the caller has other than the usual quotas.
    """
    caller: Caller | None = scope["caller"]
    if caller is None:
        return _spend_held(_usual_of_address(limiter, address_of(scope), cost), scope)
    if caller.account_quotas or caller.key_quotas:
        return False
    return _spend_held(_usual(limiter, caller.user_id, caller.key_id, cost), scope)


def _spend_held(usual: "Usual", scope: Scope) -> bool:
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


@lru_cache(maxsize=10_000)
def _usual_of_address(limiter: Limiter, address: str, cost: float) -> Usual:
    purse = Purse(limiter, _claims_of_address(limiter, address, cost))
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
    if caller is not None:
        return limits.claims_of_account(
            limiter, caller.user_id, caller.account_quotas, caller.key_id, caller.key_quotas, cost
        )
    return _claims_of_address(limiter, address_of(scope), cost)


def _claims_of_address(limiter: Limiter, address: str, cost: float) -> Claims:
    return [(limiter.policies[name], address, cost) for name in ("address-burst", "address-day")]


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


async def charge_rejected(scope: Scope) -> None:
    """Charge the address for a request that was rejected before its caller was charged; raise QuotaExceeded.

    An unknown path, a wrong method, bad credentials, a level that is too low, a lacking consent.
    """
    limiter = limits.limiter()
    if limiter is None or any(name == b"ratelimit" for name, _ in scope["reply_headers"]):
        return
    if not _spend_held(_usual_of_address(limiter, address_of(scope), 1), scope):
        await spend(limiter, _claims_of_address(limiter, address_of(scope), 1), scope)


async def charge_file(scope: Scope) -> None:
    """Charge the address for a file of a page; raise QuotaExceeded."""
    limiter = limits.limiter()
    if limiter is None or _usual_of_address(limiter, address_of(scope), FILE_COST).purse.spend(clock.epoch()):
        return
    states = await limiter.spend(_claims_of_address(limiter, address_of(scope), FILE_COST))
    if any(state.refused for state in states):
        tell(states, scope)
        raise limits.refusal(states)


class LimitsAPI(StraightAPI[ASGIApp]):
    """All operations of the document; those that cost nothing, and all where limits are off, lead straight on."""

    def make_operation(self, operation: Any) -> ASGIApp:
        limiter = limits.limiter()
        cost = operation._operation.get("x-cost", 1)
        straight_on = self.next_of(operation)
        if limiter is None or not cost:
            return straight_on
        stated = operation._operation
        policies, anonymous = stated.get("x-limits", []), stated.get("x-limits-anonymous", [])
        return LimitedOperation(straight_on, limiter, cost, policies, anonymous)


class Limits(RoutedMiddleware[LimitsAPI]):
    """Limits as the document states them."""

    api_cls = LimitsAPI
