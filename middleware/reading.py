"""Reading the body of a request: no more of it than the operation accepts, and in time."""

import asyncio
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from core.errors import BodyTooLarge, BodyTooSlow, Overloaded
from middleware.bodies import header
from middleware.waiting import CLOSE, LARGE, Waiting

# How long a body may take, by the largest size that its operation accepts.
SMALL_SECONDS, LARGE_SECONDS = 30.0, 180.0
# Bytes a second that must come on average, once a client has had its first seconds (`Waiting.client_seconds`).
LEAST_RATE = 1_000


async def read(scope: Scope, receive: Receive, most: int) -> bytes | bytearray:
    """Return the whole body, chunked or not, of at most `most` bytes.

    Raise BodyTooLarge before anything is read if `Content-Length` is over the limit, else at the first byte over it.
    Raise BodyTooSlow as soon as the body is late, and Overloaded if others need the place of a slow one.
    """
    length = header(scope, b"content-length")
    announced = int(length[:12]) if length is not None and length.isdigit() else 0
    if announced > most:
        raise _too_large(most)
    return await _Reader(scope, receive, most).read(announced)


def reserve(scope: Scope, size: int) -> None:
    """Reserve more memory for what the body holds, until the request ends; raise Overloaded if there is none."""
    waiting: Waiting = scope["waiting"]
    if not waiting.reserve(scope["reserved"], size):
        raise Overloaded("Too many large bodies from this IP address are in progress.", cause="large_bodies")


class _Reader:
    """One body, while it arrives."""

    def __init__(self, scope: Scope, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = most
        self._time = asyncio.get_running_loop().time
        self._begun = now = self._time()
        self._deadline = now + (SMALL_SECONDS if most <= LARGE else LARGE_SECONDS)
        self._waiting: Waiting = scope["waiting"]
        self._task: asyncio.Task[Any] | None = asyncio.current_task()
        self._cut = False
        self._wait = scope["reserved"] = self._waiting.begin(scope, self._end)
        self._wait.due = self._due(now, 0)

    async def read(self, announced: int) -> bytes | bytearray:
        """Return the whole body; the large ones have reserved their memory before they are read."""
        try:
            if announced > LARGE:
                await self._reserve(announced)
            return await self._whole()
        except asyncio.CancelledError:
            if not self._is_cut():
                raise
            # Half a request is left on the connection.
            if self._waiting.stopping:
                raise Overloaded("The server is stopping.", cause="stopping") from None
            if self._wait.ended:
                detail = "The body came slowly, and other requests needed its place."
                raise Overloaded(detail, cause="slow_body", headers=CLOSE) from None
            raise BodyTooSlow("The body arrived too slowly.", headers=CLOSE) from None
        finally:
            self._waiting.finish(self._wait)

    async def _whole(self) -> bytes | bytearray:
        # Not a list: pieces of one byte would take fifty times their size.
        whole = bytearray()
        while True:
            chunk, more = await self._piece()
            if len(whole) + len(chunk) > self._most:
                raise _too_large(self._most)
            if not more and not whole:
                return chunk
            whole += chunk
            if not more:
                return whole
            if len(whole) > LARGE and not self._wait.reserved:
                await self._reserve(self._most)
            self._wait.due = self._due(self._time(), len(whole))

    async def _piece(self) -> tuple[bytes, bool]:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk: bytes = message.get("body", b"")
        self._wait.moved += len(chunk)
        return chunk, message.get("more_body", False)

    async def _reserve(self, size: int) -> None:
        """Reserve memory until the request ends; the client's time stands still until there is enough."""
        self._wait.due = self._deadline
        before = self._time()
        await self._waiting.room(self._wait, size)
        self._begun += self._time() - before
        self._wait.due = self._due(self._time(), self._wait.moved)

    def _due(self, now: float, size: int) -> float:
        """Return when the next piece must be there, if so many bytes came until now."""
        on_average = min(now, self._begun + size / LEAST_RATE)
        return min(on_average + self._waiting.client_seconds, self._deadline)

    def _end(self) -> None:
        if self._task is not None and not self._cut:
            self._cut = True
            self._task.cancel()

    def _is_cut(self) -> bool:
        """Return whether the cancellation is that of `_end` alone; it is taken back then."""
        return self._cut and self._task is not None and self._task.uncancel() == 0


def _too_large(most: int) -> BodyTooLarge:
    # What is left of the body is not read: the connection cannot be used again.
    return BodyTooLarge(f"The body may have at most {most:,} bytes.", headers=CLOSE)
