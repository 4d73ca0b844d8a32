"""The outermost middleware: request ids, headers of every response (CORS, nosniff), preflights, counting and metrics.

Requests are counted here because only this `send` sees every response, errors included.
"""

import logging
from time import perf_counter_ns

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import clock
from middleware import bodies
from services.observability import logs
from services.observability.metrics import Metrics
from services.usage.counting import UsageCounter, network
from services.usage.recent_requests import REJECTED, SLOW, RecentRequest

EXPOSED = (
    "Deprecation, ETag, Idempotent-Replayed, Last-Modified, Link, Location, RateLimit, RateLimit-Policy, "
    "Retry-After, Sunset, WWW-Authenticate, X-Request-Id"
)
COMMON = [
    # Scripts of any site may call the API: the browser never adds credentials by itself.
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", EXPOSED.encode()),
    # A browser must not run an image as a script, whatever its content.
    (b"x-content-type-options", b"nosniff"),
]
# For a year a browser must not fall back to HTTP. Without subdomains: they may belong to others.
TLS_ONLY = (b"strict-transport-security", b"max-age=31536000")
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
# A client may send any word as the method of a request, also a secret.
KNOWN_METHODS = frozenset((*METHODS.split(", "), "OPTIONS"))
A_DAY = "86400"
LOWEST_ERROR, UNAVAILABLE = 400, 503
log = logging.getLogger(__name__)


class Envelope:
    """Sets `scope["request_id"]` and `scope["response_headers"]`, answers preflights, and counts each request.

    `base` is the address at which clients reach the server. Requests that take longer than `slow_seconds` are
    logged and listed as slow; 0 disables both.
    """

    def __init__(
        self, app: ASGIApp, *, metrics: Metrics, usage: UsageCounter, base: str = "", slow_seconds: float = 0.0
    ) -> None:
        self.app = app
        self.metrics, self.usage, self.slow_seconds = metrics, usage, slow_seconds
        self.common = [*COMMON, TLS_ONLY] if base.startswith("https://") else COMMON

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        scope["request_id"] = request_id = clock.new_request_id()
        scope["response_started"] = False
        logs.request_id.set(request_id)
        # Other middlewares add their headers to it.
        scope["response_headers"] = headers = [*self.common, (b"x-request-id", request_id.encode())]
        began, waited, status, sent, more_body = perf_counter_ns(), 0, 0, 0, True

        async def receive_timed() -> Message:
            nonlocal more_body, waited
            if not more_body:
                return await receive()  # The next message is the end of the connection.
            since = perf_counter_ns()
            try:
                message = await receive()
            finally:
                waited += perf_counter_ns() - since
            more_body = message.get("more_body", False)
            return message

        async def send_in_envelope(message: Message) -> None:
            nonlocal status, sent, waited
            if message["type"] == "http.response.start":
                scope["response_started"], status = True, message["status"]
                message["headers"] = [*message["headers"], *headers]
                return await send(message)
            sent += len(message.get("body", b""))
            since = perf_counter_ns()
            try:
                await send(message)
            finally:
                waited += perf_counter_ns() - since

        try:
            app = _preflight(scope) if _is_preflight(scope) else self.app
            await app(scope, receive_timed, send_in_envelope)
        finally:
            self._count_ended(scope, status, sent, perf_counter_ns() - began, waited)

    def _count_ended(self, scope: Scope, status: int, sent: int, spent: int, waited: int) -> None:
        """Count a request in metrics, log and usage. The client has its response, whatever fails here.

        It took `spent` nanoseconds, of which the server `waited` for the client: for pieces of the body, and for the
        delivery of pieces of the response.
        """
        try:
            operation, own_seconds = scope.get("operation_id"), (spent - waited) / 1e9
            self.metrics.request(operation, status, own_seconds)
            self._count(scope, status, sent, spent // 1000)
            if status >= LOWEST_ERROR:
                self._list(REJECTED, scope, status, own_seconds)
            if 0 < self.slow_seconds < own_seconds:
                logs.slow_request(operation, status, own_seconds)
                self._list(SLOW, scope, status, own_seconds)
            if status == UNAVAILABLE:
                self.metrics.unavailable(scope["unavailable"])
        except Exception:
            log.exception("a request could not be counted")

    def _count(self, scope: Scope, status: int, sent: int, microseconds: int) -> None:
        """Count the request in the usage of its caller, else of its network."""
        if scope["method"] == "HEAD":
            # The server does not send the body.
            sent = 0
        caller = scope.get("caller")
        if caller is None:
            address, _ = scope["client"] or ("", 0)
            self.usage.count_anonymous(address, status, sent, microseconds)
        else:
            # An impersonating administrator uses up no quota of the account.
            user_id = caller.by or caller.user_id
            self.usage.count(
                user_id, caller.key_id, scope["operation_id"], status, sent, microseconds, caller.session
            )

    def _list(self, kind: str, scope: Scope, status: int, seconds: float) -> None:
        """Add the request to the recent ones of this kind: without path, query, headers and body."""
        caller = scope.get("caller")
        address, _ = scope["client"] or ("", 0)
        request = RecentRequest(
            kind=kind,
            at=clock.now(),
            operation=scope.get("operation_id"),
            method=scope["method"] if scope["method"] in KNOWN_METHODS else "other",
            status=status,
            code=scope.get("error_code"),
            milliseconds=int(seconds * 1000),
            user_id=caller and (caller.by or caller.user_id),
            key_id=caller.key_id if caller else 0,
            prefix=None if caller else network(address),
        )
        self.usage.recent.add(request)


def _is_preflight(scope: Scope) -> bool:
    return scope["method"] == "OPTIONS" and bodies.header(scope, b"access-control-request-method") is not None


def _preflight(scope: Scope) -> Response:
    """Return the response to a preflight: all methods and headers are allowed, at each path."""
    requested = bodies.header(scope, b"access-control-request-headers") or b"*"
    allowed = {
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": requested.decode("latin-1"),
        "Access-Control-Max-Age": A_DAY,
        "Vary": "Access-Control-Request-Headers",
    }
    return Response(None, 204, allowed)
