"""What every reply carries, errors included: the request's name, and what browsers must know (CORS, no sniffing).

Here, too, each request ends: it is counted and watched here, because the one `send` that sees every reply is here.
"""

import logging

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import clock
from middleware import bodies
from middleware.timing import Stopwatch
from services.observability import logs
from services.observability.metrics import Metrics
from services.usage.counting import UsageCounter

EXPOSED = (
    "Deprecation, ETag, Idempotent-Replayed, Last-Modified, Link, Location, RateLimit, RateLimit-Policy, "
    "Retry-After, Sunset, WWW-Authenticate, X-Request-Id"
)
COMMON = [
    # Any site's scripts may call and read: credentials are sent by hand, never by the browser itself.
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", EXPOSED.encode()),
    # A browser must not take a picture for a script, whatever it holds.
    (b"x-content-type-options", b"nosniff"),
]
# A browser must not fall back to HTTP for a year. Not for subdomains: they may belong to others.
TLS_ONLY = (b"strict-transport-security", b"max-age=31536000")
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
A_DAY = "86400"
UNAVAILABLE = 503
log = logging.getLogger(__name__)


class Envelope:
    """Names each request (`scope["request_id"]`), answers preflights, notes when a reply begins, and how it ends.

    `base` is the address where clients reach the server. Requests that take longer than `slow_seconds` are logged.
    """

    def __init__(
        self, app: ASGIApp, *, metrics: Metrics, usage: UsageCounter, base: str = "", slow_seconds: float = 0.0
    ) -> None:
        self.app = app
        self.metrics, self.usage, self.slow_seconds = metrics, usage, slow_seconds
        self.common = [*COMMON, TLS_ONLY] if base.startswith("https://") else COMMON

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["request_id"] = request_id = str(clock.new_uuid())
        logs.request_id.set(request_id)
        scope["reply_begun"] = False
        # Middlewares add to it.
        scope["reply_headers"] = headers = [*self.common, (b"x-request-id", request_id.encode())]
        stopwatch, status, sent, more_body = Stopwatch(), 0, 0, True

        async def receive_timed() -> Message:
            nonlocal more_body
            if not more_body:  # the next message is the end of the connection, for which no handler waits
                return await receive()
            message = await stopwatch.of_client(receive())
            more_body = message.get("more_body", False)
            return message

        async def send_in_envelope(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                scope["reply_begun"] = True
                status = message["status"]
                message["headers"] = [*message["headers"], *headers]
                await send(message)
                return
            sent += len(message.get("body", b""))
            await stopwatch.of_client(send(message))

        try:
            if scope["method"] == "OPTIONS" and bodies.header(scope, b"access-control-request-method") is not None:
                await _preflight(scope)(scope, receive_timed, send_in_envelope)
            else:
                await self.app(scope, receive_timed, send_in_envelope)
        finally:
            self._ended(scope, status, sent, *stopwatch.read())

    def _ended(self, scope: Scope, status: int, sent: int, microseconds: int, own_seconds: float) -> None:
        """Tell everyone who counts or watches; the request is answered whatever happens here.

        `microseconds` is all the time that the request took, `own_seconds` is that without the client's.
        """
        try:
            operation = scope.get("operation_id")
            self.metrics.request(operation, status, own_seconds)
            logs.request(operation, status, own_seconds, self.slow_seconds)
            self._count(scope, status, sent, microseconds)
            if status == UNAVAILABLE:
                self.metrics.unavailable(scope["unavailable"])
        except Exception:
            log.exception("a request could not be counted")

    def _count(self, scope: Scope, status: int, sent: int, microseconds: int) -> None:
        """Count the call for its caller, else for the network that it came from."""
        if scope["method"] == "HEAD":
            # The server keeps the body of such a reply to itself.
            sent = 0
        caller = scope.get("caller")
        if caller is None:
            address, _ = scope["client"] or ("", 0)
            self.usage.count_anonymous(address, status, sent, microseconds)
        else:
            # Who acts as another is not to use up what is the other's.
            user_id = caller.by or caller.user_id
            self.usage.count(
                user_id, caller.key_id, scope["operation_id"], status, sent, microseconds, caller.session
            )


def _preflight(scope: Scope) -> Response:
    """What a browser asks before it sends: any header may come; whether the path exists it learns by calling."""
    wanted = bodies.header(scope, b"access-control-request-headers") or b"*"
    allowed = {
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": wanted.decode("latin-1"),
        "Access-Control-Max-Age": A_DAY,
        "Vary": "Access-Control-Request-Headers",
    }
    return Response(None, 204, allowed)
