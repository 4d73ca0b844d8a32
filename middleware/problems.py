"""The error boundary: each exception becomes a response in the one shape of errors, without internal details."""

import asyncio
import logging
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import (
    ApiError,
    KeyRevoked,
    MethodNotAllowed,
    NoSuchPath,
    Overloaded,
    QuotaExceeded,
    StorageFull,
    Unavailable,
    ValidationFailed,
)
from core.problem_types import INTERNAL_ERROR, PROBLEM_TYPES, problem
from middleware.charges import Charges
from services.limits import storage_quotas

log = logging.getLogger(__name__)
JSON = "application/json; charset=utf-8"


class Problems:
    """Turns exceptions into responses. After a response has begun, an exception can only end the connection."""

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
            # The process stops, and its grace period is over.
            if scope["response_started"]:
                scope["cut"]()
                return
            stopping = Overloaded("The server is stopping.", cause="stopping")
            await self.response(stopping, scope)(scope, receive, send)
        except Exception as error:
            if scope["response_started"]:
                raise
            await self.response(await self._charged(error, scope), scope)(scope, receive, send)

    def response(self, error: Exception, scope: Scope) -> Response:
        """Return the response to this error."""
        api_error = _as_api_error(error)
        instance = f"urn:uuid:{scope['request_id']}"
        if api_error is None:
            log.error("request %s: %s", scope["request_id"], type(error).__name__, exc_info=error)
            return _response(problem(INTERNAL_ERROR, detail="", instance=instance, base=self.base), {}, scope)
        if isinstance(api_error, Unavailable):
            _note_cause(api_error, scope)
        problem_type = PROBLEM_TYPES[type(api_error)]
        body = problem(problem_type, code=api_error.code, detail=api_error.detail, instance=instance, base=self.base)
        if isinstance(api_error, ValidationFailed):
            body["errors"] = [
                {"in": violation.part, "pointer": violation.pointer, "detail": violation.detail}
                for violation in api_error.violations
            ]
        if isinstance(api_error, KeyRevoked):
            body |= {"reason": api_error.reason, "revokedAt": api_error.revoked_at}
        if isinstance(api_error, QuotaExceeded):
            body["violated-policies"] = api_error.policies
        if isinstance(api_error, StorageFull):
            body["storage"] = storage_quotas.shown(api_error.use, api_error.most)
        return _response(body, {**problem_type.headers, **api_error.headers}, scope)

    async def _charged(self, error: Exception, scope: Scope) -> Exception:
        """Charge the address for a rejected request. Return the error to report, maybe QuotaExceeded."""
        api_error = _as_api_error(error)
        if api_error is not None and PROBLEM_TYPES[type(api_error)].status < 500:
            try:
                await self.charges.charge_rejected(scope)
            except QuotaExceeded as exceeded:
                return exceeded
        return error


def _note_cause(api_error: Unavailable, scope: Scope) -> None:
    """Log the cause of a 503, and set it in the scope for the metrics (`middleware.envelope`)."""
    scope["unavailable"] = api_error.cause
    reason = repr(api_error.__cause__ or api_error.detail)
    log.warning(
        "request %s: 503 (%s): %s", scope["request_id"], api_error.cause, reason, extra={"cause": api_error.cause}
    )


def _as_api_error(error: Exception) -> ApiError | None:
    """Return our own errors as they are, those of static files as ours, and None for any other."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, HTTPException) and error.status_code == 404:
        return NoSuchPath("This path does not exist.")
    if isinstance(error, HTTPException) and error.status_code == 405:
        return MethodNotAllowed("This path supports GET and HEAD.", headers={"Allow": "GET, HEAD"})
    return None


def _response(body: dict[str, Any], headers: dict[str, str], scope: Scope) -> Response:
    """Return the response; set its code in the scope for the recent requests (`middleware.envelope`)."""
    scope["error_code"] = body["error"]
    return Response(orjson.dumps(body), body["status"], {"Cache-Control": "no-store", **headers}, JSON)
