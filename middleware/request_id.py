"""What every reply carries: the request's name, also in the problem body and the log, and what browsers must know."""

from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A browser must not take a picture for a script, whatever it holds.
NO_SNIFFING = (b"x-content-type-options", b"nosniff")


class RequestId:
    """Gives each HTTP request `scope["request_id"]`, and its reply the headers that all replies have."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["request_id"] = request_id = str(uuid4())

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode()), NO_SNIFFING]
            await send(message)

        await self.app(scope, receive, send_named)
