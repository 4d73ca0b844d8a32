"""A limit on requests that are worked on at the same time, and replies that do not outgrow their clients.

Over the limit a client gets 503. Large replies are sent in slices, each when the client has read those before it.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import Overloaded
from middleware.waiting import LARGE, Wait, Waiting

# Health checks matter most when the server has much to do.
ALWAYS = "/health"


class Concurrency:
    """Raises Overloaded for a request over `most`, and for a large reply that there is no memory for.

    One that waits for its client, in either direction, is not counted: slow clients take nobody's place.
    """

    def __init__(self, app: ASGIApp, *, most: int, waiting: Waiting) -> None:
        self.app = app
        self.most = most
        self.waiting = waiting
        self.working = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self.working >= self.most and scope["path"] != ALWAYS:
            raise Overloaded("The server is overloaded.")
        scope["waiting"] = self.waiting
        start: Message | None = None

        async def receive_aside() -> Message:
            self.working -= 1
            try:
                return await receive()
            finally:
                self.working += 1

        async def send_aside(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                # It is sent with the first piece of the body: until then the reply can become a 503.
                start = message
                return
            large = len(message.get("body", b"")) > LARGE and scope["method"] != "HEAD"
            wait = self._wait(scope, message, begun=start is None) if large else None
            self.working -= 1
            try:
                if start is not None:
                    first, start = start, None
                    await send(first)
                if wait is None:
                    await send(message)
                else:
                    await self._send_in_slices(message, send, wait)
            finally:
                self.working += 1

        self.working += 1
        try:
            await self.app(scope, receive_aside, send_aside)
        finally:
            self.working -= 1
            if "reserved" in scope and scope["reserved"].reserved:
                self.waiting.release(scope["reserved"])

    def _wait(self, scope: Scope, message: Message, *, begun: bool) -> Wait:
        """Return a wait for the client to read what is to be sent, with its memory reserved.

        Raise Overloaded if there is no memory, unless the reply has begun.
        """
        wait = self.waiting.begin(scope, scope.get("cut", _cannot_cut))
        if self.waiting.reserve(wait, len(message["body"])) or begun:
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
    """Do nothing: the server is another than ours (`serving.connections`)."""
