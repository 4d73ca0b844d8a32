"""Each operation's requirement, compiled from the document at start-up and held against each request."""

from typing import Any

from connexion.middleware.abstract import RoutedMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import (
    ConsentLacking,
    InsufficientLevel,
    KeyExpired,
    KeyRevoked,
    NoSuchRecord,
    Overtaken,
    Unauthorized,
)
from middleware.straight import StraightAPI
from security import BASIC, BEARER, Authenticator, Requirement, require_standing
from services import audit

REJECTED = (Unauthorized, KeyExpired, KeyRevoked, ConsentLacking, InsufficientLevel)


def requirement(operation: dict[str, Any], schemes: dict[str, Any]) -> Requirement:
    """What an operation asks of its callers: `security` and `x-level`, as one value."""
    alternatives = operation.get("security") or []
    names = {schemes[name]["scheme"] for alternative in alternatives for name in alternative}
    assert names <= {BEARER, BASIC}, f"{operation['operationId']}: unknown security scheme"
    return Requirement(
        schemes=frozenset(names),
        level=operation.get("x-level", 0),
        optional={} in alternatives,
        without_consent=operation.get("x-without-consent", False),
    )


class AuthenticatedOperation:
    """One operation: sets `scope["caller"]`, or raises what `Authenticator.authenticate` and `require_standing`
    raise.

    A request that fails because its account is removed at the same moment gets the 401 that later ones get.

    Where anyone may read, bad credentials do not hide what is public: the response is that of an anonymous request.
    Only if that would be 401 or 404 the error of the credentials is raised.
    """

    def __init__(self, next_app: ASGIApp, operation: Any, authenticator: Authenticator) -> None:
        self.next_app = next_app
        self.authenticator = authenticator
        self.requirement = requirement(operation._operation, operation.security_schemes)
        self.is_public = self.requirement.optional and operation.method.lower() == "get"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.is_public:
            await self._authenticate(scope)
            try:
                await self.next_app(scope, receive, send)
            except Overtaken:
                if scope["caller"] is not None:
                    await self.authenticator.require_account(scope["caller"])
                raise
            return
        rejected = None
        try:
            await self._authenticate(scope)
        except REJECTED as error:
            rejected, scope["caller"] = error, None
        try:
            await self.next_app(scope, receive, send)
        except (Unauthorized, NoSuchRecord):
            if rejected is None:
                raise
            raise rejected from None

    async def _authenticate(self, scope: Scope) -> None:
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        # Set before the level is checked: a call that is rejected for its level is counted as the caller's.
        scope["caller"] = caller = await self.authenticator.authenticate(
            # Of two headers neither may be preferred: joined they are no credentials at all.
            b", ".join(given).decode("latin-1") if given else None,
            self.requirement,
            scope["only_scheme"],
            scope["request_id"],
        )
        if caller is not None and caller.by is not None:
            await audit.record_impersonated(
                self.authenticator.storage, caller.by, caller.user_id, scope["operation_id"], scope["request_id"]
            )
        require_standing(caller, self.requirement)


class AuthenticationAPI(StraightAPI[AuthenticatedOperation]):
    """All operations of the document."""

    def __init__(self, *args: Any, authenticator: Authenticator, **kwargs: Any) -> None:
        self.authenticator = authenticator
        super().__init__(*args, **kwargs)

    def make_operation(self, operation: Any) -> AuthenticatedOperation:
        return AuthenticatedOperation(self.next_of(operation), operation, self.authenticator)


class Authentication(RoutedMiddleware[AuthenticationAPI]):
    """Security as the document states it."""

    api_cls = AuthenticationAPI

    def __init__(self, app: ASGIApp, *, authenticator: Authenticator) -> None:
        super().__init__(app)
        self.authenticator = authenticator

    def add_api(self, specification: Any, **kwargs: Any) -> Any:
        return super().add_api(specification, authenticator=self.authenticator, **kwargs)
