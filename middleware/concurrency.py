"""A limit on requests that are worked on at the same time: over it, a client is told to come again."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from errors import Overloaded

# Whether the process lives is asked all the more when it has much to do.
ALWAYS = "/health"


class Concurrency:
    """Raises Overloaded for a request over `most`.

    One that waits for its client, in either direction, is not counted: slow clients take nobody's place.
    """

    def __init__(self, app: ASGIApp, *, most: int) -> None:
        self.app = app
        self.most = most
        self.working = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self.working >= self.most and scope["path"] != ALWAYS:
            raise Overloaded("The server has too much to do right now.")

        async def receive_aside() -> Message:
            self.working -= 1
            try:
                return await receive()
            finally:
                self.working += 1

        async def send_aside(message: Message) -> None:
            self.working -= 1
            try:
                await send(message)
            finally:
                self.working += 1

        self.working += 1
        try:
            await self.app(scope, receive_aside, send_aside)
        finally:
            self.working -= 1
