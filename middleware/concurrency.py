"""A limit on concurrent requests, and flow control for large responses.

Over the limit a client gets 503. Large responses are sent in slices, each after the client has read those before.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import Overloaded
from middleware.waiting import LARGE, Wait, Waiting

# Exempt from the limit: health checks matter most when the server is busy.
HEALTH = "/health"


class Concurrency:
    """Raises Overloaded for a request over `max_requests`, and for a large response without memory for it.

    A request that waits for its client, in either direction, is not counted: slow clients do not use up the limit.
    """

    def __init__(self, app: ASGIApp, *, max_requests: int, waiting: Waiting) -> None:
        self.app = app
        self.max_requests = max_requests
        self.waiting = waiting
        self.working = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self.working >= self.max_requests and scope["path"] != HEALTH:
            raise Overloaded("The server is overloaded.")
        scope["waiting"] = self.waiting
        start: Message | None = None

        async def receive_uncounted() -> Message:
            self.working -= 1
            try:
                return await receive()
            finally:
                self.working += 1

        async def send_uncounted(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                # It is sent with the first piece of the body. Until then the response can become a 503.
                start = message
                return
            large = len(message.get("body", b"")) > LARGE and scope["method"] != "HEAD"
            wait = self._begin(scope, message, has_begun=start is None) if large else None
            self.working -= 1
            try:
                if start is not None:
                    first, start = start, None
                    await send(first)
                await (send(message) if wait is None else self._send_in_slices(message, send, wait))
            finally:
                self.working += 1

        self.working += 1
        try:
            await self.app(scope, receive_uncounted, send_uncounted)
        finally:
            self.working -= 1
            if "reserved" in scope and scope["reserved"].reserved:
                self.waiting.release(scope["reserved"])

    def _begin(self, scope: Scope, message: Message, *, has_begun: bool) -> Wait:
        """Return a wait for the client to read a large message, with its memory reserved.

        Raise Overloaded if there is no memory, unless the response has begun.
        """
        wait = self.waiting.begin(scope, scope.get("cut", _cannot_cut))
        if self.waiting.reserve(wait, len(message["body"])) or has_begun:
            return wait
        self.waiting.finish(wait)
        raise Overloaded("Too many large responses to this IP address are in progress.", cause="large_replies")

    async def _send_in_slices(self, message: Message, send: Send, wait: Wait) -> None:
        body = memoryview(message["body"])
        try:
            for start in range(0, len(body), LARGE):
                end = start + LARGE
                more = end < len(body) or message.get("more_body", False)
                await send({"type": "http.response.body", "body": body[start:end], "more_body": more})
                wait.moved += LARGE
        finally:
            self.waiting.finish(wait)
            self.waiting.release(wait)


def _cannot_cut() -> None:
    """Do nothing: the server is not ours (`serving.connections`)."""
