"""Authentication and access levels as the document states them, compiled at start-up.

A subclass of Connexion's `SecurityMiddleware`. Connexion tries the alternatives of `security` in order, until one
accepts: with `{}` first it never reads credentials, with `{}` last bad ones become anonymous, and an exception in the
function of a scheme, a database failure included, counts as "no credentials". Its 401 has no `WWW-Authenticate`.
"""

from typing import Any

from connexion.middleware.security import SecurityAPI as ConnexionSecurityAPI
from connexion.middleware.security import SecurityMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import (
    ConcurrentDeletion,
    ConsentLacking,
    InsufficientLevel,
    KeyExpired,
    KeyRevoked,
    NoSuchRecord,
    Unauthorized,
)
from middleware.direct_dispatch import definition_of, next_of
from security import Authenticator, Requirement, require_consent_and_level
from services import audit

REJECTED = (Unauthorized, KeyExpired, KeyRevoked, ConsentLacking, InsufficientLevel)


def requirement_of(operation: Any, definition: dict[str, Any]) -> Requirement:
    """Return what an operation requires of its callers: `security`, `x-level` and `x-without-consent`."""
    alternatives = operation.security or []
    return Requirement(
        schemes=frozenset(operation.security_schemes[name]["scheme"] for names in alternatives for name in names),
        level=definition.get("x-level", 0),
        optional={} in alternatives,
        without_consent=definition.get("x-without-consent", False),
    )


class SecuredOperation:
    """One operation: sets `scope["caller"]`, or raises the errors of `Authenticator` and `require_consent_and_level`.

    A request that fails because its account is removed at the same time gets the same 401 as later requests.

    Public records stay public: a GET that is open to anyone ignores bad credentials. The error of the credentials is
    raised only if an anonymous request would get 401 or 404.
    """

    def __init__(
        self, next_app: ASGIApp, operation: Any, requirement: Requirement, authenticator: Authenticator
    ) -> None:
        self.next_app = next_app
        self.authenticator = authenticator
        self.requirement = requirement
        self.is_anonymous = not requirement.schemes
        self.is_public = self.requirement.optional and operation.method.lower() == "get"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.is_anonymous:
            scope["caller"] = None
            await self.next_app(scope, receive, send)
            return
        if not self.is_public:
            await self._authenticate(scope)
            try:
                await self.next_app(scope, receive, send)
            except ConcurrentDeletion:
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
        sent = [value for name, value in scope["headers"] if name == b"authorization"]
        if self.requirement.optional and not sent:
            scope["caller"] = None
            return
        # Set before the level is checked, so that a request whose level is too low counts as the caller's.
        scope["caller"] = caller = await self.authenticator.authenticate(
            # Two headers are joined, which makes them invalid: neither must be preferred.
            b", ".join(sent).decode("latin-1") if sent else None,
            self.requirement,
            scope["only_scheme"],
            scope["request_id"],
        )
        if caller is not None and caller.by is not None:
            await audit.record_impersonated(
                self.authenticator.storage, caller.by, caller.user_id, scope["operation_id"], scope["request_id"]
            )
        require_consent_and_level(caller, self.requirement)


class SecurityAPI(ConnexionSecurityAPI):
    """All operations of the document."""

    def __init__(self, *args: Any, authenticator: Authenticator, **kwargs: Any) -> None:
        self.authenticator = authenticator
        super().__init__(*args, **kwargs)

    def make_operation(self, operation: Any) -> SecuredOperation:
        requirement = requirement_of(operation, definition_of(self, operation))
        return SecuredOperation(next_of(self, operation), operation, requirement, self.authenticator)


class Security(SecurityMiddleware):
    """Security as the document states it."""

    api_cls = SecurityAPI

    def __init__(self, app: ASGIApp, *, authenticator: Authenticator) -> None:
        super().__init__(app)
        self.authenticator = authenticator

    def add_api(self, specification: Any, **kwargs: Any) -> Any:
        return super().add_api(specification, authenticator=self.authenticator, **kwargs)
