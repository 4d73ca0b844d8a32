"""Rate limits: a request costs `x-cost` units of the quotas of its caller, or of its address."""

from typing import Any

from connexion.middleware.abstract import RoutedMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import QuotaExceeded
from middleware.charges import Charges, address_of, claims_of, claims_of_address
from middleware.direct_dispatch import DirectAPI, definition_of, next_of
from services.limits.limiter import Claims, Limiter


class LimitedOperation:
    """One operation: its cost in units, and its policies besides the usual ones.

    `anonymous` are policies for requests without credentials only.
    """

    def __init__(
        self,
        next_app: ASGIApp,
        charges: Charges,
        limiter: Limiter,
        cost: int,
        policies: list[str],
        anonymous: list[str],
    ) -> None:
        self.next_app = next_app
        self.charges = charges
        self.limiter = limiter
        self.cost = cost
        self.policies = [limiter.policies[name] for name in policies]
        self.anonymous = [limiter.policies[name] for name in anonymous]
        self.has_own = bool(policies or anonymous)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.has_own or not self.charges.spend_usual(self.limiter, scope, self.cost):
            await self._spend(scope)
        await self.next_app(scope, receive, send)

    async def _spend(self, scope: Scope) -> None:
        caller = scope["caller"]
        usual = claims_of(self.limiter, caller, scope, self.cost)
        holder = f"a{caller.user_id}" if caller else address_of(scope)
        policies = self.policies if caller else [*self.policies, *self.anonymous]
        own: Claims = [(policy, holder, 1) for policy in policies]
        try:
            await self.charges.spend(self.limiter, [*usual, *own], scope)
        except QuotaExceeded:
            if own and caller is None:
                # No unit was spent, but a rejected request costs one as well.
                await self.limiter.spend(claims_of_address(self.limiter, holder, 1))
            raise


class LimitsAPI(DirectAPI[ASGIApp]):
    """All operations of the document. Without limits or a cost they call the next middleware directly."""

    def __init__(self, *args: Any, charges: Charges, **kwargs: Any) -> None:
        self.charges = charges
        super().__init__(*args, **kwargs)

    def make_operation(self, operation: Any) -> ASGIApp:
        limiter = self.charges.limiter
        definition = definition_of(self, operation)
        cost = definition.get("x-cost", 1)
        next_app = next_of(self, operation)
        if limiter is None or not cost:
            return next_app
        policies, anonymous = definition.get("x-limits", []), definition.get("x-limits-anonymous", [])
        return LimitedOperation(next_app, self.charges, limiter, cost, policies, anonymous)


class Limits(RoutedMiddleware[LimitsAPI]):
    """Limits as the document states them."""

    api_cls = LimitsAPI

    def __init__(self, app: ASGIApp, *, charges: Charges) -> None:
        super().__init__(app)
        self.charges = charges

    def add_api(self, specification: Any, **kwargs: Any) -> Any:
        return super().add_api(specification, charges=self.charges, **kwargs)
