"""The error boundary: whatever goes wrong leaves in the one shape, and nothing of our inside leaves with it."""

import asyncio
import logging
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import (
    INTERNAL_ERROR,
    REPLIES,
    Fact,
    KeyRevoked,
    MethodNotAllowed,
    NoSuchPath,
    Overloaded,
    QuotaExceeded,
    StorageFull,
    Unavailable,
    ValidationFailed,
    problem,
)
from middleware.charges import Charges
from services.limits import storage_quotas

log = logging.getLogger(__name__)
JSON = "application/json; charset=utf-8"


class Problems:
    """Turns exceptions into replies. After a reply has begun, an exception can only end the connection."""

    def __init__(self, app: ASGIApp, *, charges: Charges, base: str = "") -> None:
        self.app = app
        self.charges = charges
        self.base = base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            await self.app(scope, receive, send)
        except ClientDisconnect:
            return
        except asyncio.CancelledError:
            # The process stops, and has waited as long as it can.
            if scope["reply_begun"]:
                scope["cut"]()
                return
            stopping = Overloaded("The server is stopping.", cause="stopping")
            await self.reply(stopping, scope)(scope, receive, send)
        except Exception as error:
            if scope["reply_begun"]:
                raise
            await self.reply(await self._charged(error, scope), scope)(scope, receive, send)

    def reply(self, error: Exception, scope: Scope) -> Response:
        """The reply that tells this error."""
        fact = _as_fact(error)
        instance = f"urn:uuid:{scope['request_id']}"
        if fact is None:
            log.error("request %s: %s", scope["request_id"], type(error).__name__, exc_info=error)
            return _response(problem(INTERNAL_ERROR, detail="", instance=instance, base=self.base), {})
        if isinstance(fact, Unavailable):
            _note_cause(fact, scope)
        verdict = REPLIES[type(fact)]
        body = problem(verdict, code=fact.code, detail=fact.detail, instance=instance, base=self.base)
        if isinstance(fact, ValidationFailed):
            body["errors"] = [
                {"in": violation.part, "pointer": violation.pointer, "detail": violation.detail}
                for violation in fact.violations
            ]
        if isinstance(fact, KeyRevoked):
            body |= {"reason": fact.reason, "revokedAt": fact.revoked_at}
        if isinstance(fact, QuotaExceeded):
            body["violated-policies"] = fact.policies
        if isinstance(fact, StorageFull):
            body["storage"] = storage_quotas.shown(fact.use, fact.most)
        return _response(body, {**verdict.headers, **fact.headers})

    async def _charged(self, error: Exception, scope: Scope) -> Exception:
        """Charge the address for a rejected request. Return the error to report, maybe QuotaExceeded."""
        fact = _as_fact(error)
        if fact is not None and REPLIES[type(fact)].status < 500:
            try:
                await self.charges.charge_rejected(scope)
            except QuotaExceeded as exceeded:
                return exceeded
        return error


def _note_cause(fact: Unavailable, scope: Scope) -> None:
    """Log why the reply is 503, and leave it for what counts the reply (`middleware.envelope`)."""
    scope["unavailable"] = fact.cause
    reason = repr(fact.__cause__ or fact.detail)
    log.warning("request %s: 503 (%s): %s", scope["request_id"], fact.cause, reason, extra={"cause": fact.cause})


def _as_fact(error: Exception) -> Fact | None:
    """Our own facts as they are, the static files' errors as ours, anything else as none."""
    if isinstance(error, Fact):
        return error
    if isinstance(error, HTTPException) and error.status_code == 404:
        return NoSuchPath("This path does not exist.")
    if isinstance(error, HTTPException) and error.status_code == 405:
        return MethodNotAllowed("This path supports GET and HEAD.", headers={"Allow": "GET, HEAD"})
    return None


def _response(body: dict[str, Any], headers: dict[str, str]) -> Response:
    return Response(orjson.dumps(body), body["status"], {"Cache-Control": "no-store", **headers}, JSON)
