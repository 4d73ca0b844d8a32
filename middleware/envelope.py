"""What every reply carries, errors included: the request's name, and what browsers must know (CORS, no sniffing)."""

from time import perf_counter
from uuid import uuid4

from connexion.middleware.abstract import ROUTING_CONTEXT
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from middleware import bodies
from services import logs, metrics

EXPOSED = "ETag, Idempotent-Replayed, Last-Modified, Link, Location, Retry-After, WWW-Authenticate, X-Request-Id"
COMMON = [
    # Any site's scripts may call and read: credentials are sent by hand, never by the browser itself.
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", EXPOSED.encode()),
    # A browser must not take a picture for a script, whatever it holds.
    (b"x-content-type-options", b"nosniff"),
]
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
A_DAY = "86400"


class Envelope:
    """Names each request (`scope["request_id"]`), answers preflights, and notes what became of it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = perf_counter()
        scope["request_id"] = request_id = str(uuid4())
        logs.request_id.set(request_id)
        scope["reply_begun"] = False
        scope["status"] = 0
        headers = [*COMMON, (b"x-request-id", request_id.encode())]

        async def send_in_envelope(message: Message) -> None:
            if message["type"] == "http.response.start":
                scope["reply_begun"] = True
                scope["status"] = message["status"]
                message["headers"] = [*message["headers"], *headers]
            await send(message)

        try:
            if scope["method"] == "OPTIONS" and bodies.header(scope, b"access-control-request-method") is not None:
                await _preflight(scope)(scope, receive, send_in_envelope)
            else:
                await self.app(scope, receive, send_in_envelope)
        finally:
            _ended(scope, perf_counter() - begun)


def _ended(scope: Scope, seconds: float) -> None:
    """Tell everyone who counts or watches; a reply that broke off, too, has ended."""
    resolved = scope.get("extensions", {}).get(ROUTING_CONTEXT, {}).get("operation_id")
    operation = resolved.rpartition(".")[2] if resolved else None  # without our module
    metrics.request(operation, scope["status"], seconds)
    logs.request(operation, scope["status"], seconds)


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
