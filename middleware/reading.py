"""Reads request bodies with a limit of size, a minimum rate and a deadline."""

import asyncio
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope

from core.errors import BodyTooLarge, BodyTooSlow, Overloaded
from middleware.bodies import header
from middleware.waiting import CLOSE, LARGE, Waiting

# The deadline of a body, by the maximum size that its operation accepts.
SMALL_SECONDS, LARGE_SECONDS = 30.0, 180.0
# Minimum average of bytes a second, after the first seconds (`Waiting.client_seconds`).
MIN_RATE = 1_000


async def read(scope: Scope, receive: Receive, max_bytes: int) -> bytes | bytearray:
    """Return the whole body, with `Content-Length` or chunked.

    Raise BodyTooLarge before a byte is read if `Content-Length` is over the limit, else at the first byte over it.
    Raise BodyTooSlow at the deadline, and Overloaded if other requests need the memory or place of a slow one.
    """
    length = header(scope, b"content-length")
    announced = int(length[:12]) if length is not None and length.isdigit() else 0
    if announced > max_bytes:
        raise _too_large(max_bytes)
    if 0 < announced <= LARGE and "has_arrived" in scope and scope["has_arrived"]():
        # Nothing waits for the client then.
        return _piece_of(await receive())
    return await _Reader(scope, receive, max_bytes).read(announced)


def reserve(scope: Scope, size: int) -> None:
    """Reserve more memory for the parsed body until the request ends. Raise Overloaded if there is none."""
    waiting: Waiting = scope["waiting"]
    if "reserved" not in scope:
        scope["reserved"] = waiting.unregistered(scope)
    if not waiting.reserve(scope["reserved"], size):
        raise Overloaded("Too many large bodies from this IP address are in progress.", cause="large_bodies")


class _Reader:
    """Reads one body."""

    def __init__(self, scope: Scope, receive: Receive, max_bytes: int) -> None:
        self._receive = receive
        self._max_bytes = max_bytes
        self._time = asyncio.get_running_loop().time
        self._begun = now = self._time()
        self._deadline = now + (SMALL_SECONDS if max_bytes <= LARGE else LARGE_SECONDS)
        self._waiting: Waiting = scope["waiting"]
        self._task: asyncio.Task[Any] | None = asyncio.current_task()
        self._cut = False
        self._wait = scope["reserved"] = self._waiting.begin(scope, self._end)
        self._wait.due = self._due(now, 0)

    async def read(self, announced: int) -> bytes | bytearray:
        """Return the whole body. The memory of a large one is reserved before it is read."""
        try:
            if announced > LARGE:
                await self._reserve(announced)
            return await self._whole()
        except asyncio.CancelledError:
            if not self._is_cut():
                raise
            # The rest of the request is still on the connection.
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
            if len(whole) + len(chunk) > self._max_bytes:
                raise _too_large(self._max_bytes)
            if not more and not whole:
                return chunk
            whole += chunk
            if not more:
                return whole
            if len(whole) > LARGE and not self._wait.reserved:
                await self._reserve(self._max_bytes)
            self._wait.due = self._due(self._time(), len(whole))

    async def _piece(self) -> tuple[bytes, bool]:
        message = await self._receive()
        chunk = _piece_of(message)
        self._wait.moved += len(chunk)
        return chunk, message.get("more_body", False)

    async def _reserve(self, size: int) -> None:
        """Reserve memory until the request ends. The wait for it does not count against the client."""
        self._wait.due = self._deadline
        before = self._time()
        await self._waiting.room(self._wait, size)
        self._begun += self._time() - before
        self._wait.due = self._due(self._time(), self._wait.moved)

    def _due(self, now: float, size: int) -> float:
        """Return the time at which the next piece is due, after `size` bytes until now."""
        on_average = min(now, self._begun + size / MIN_RATE)
        return min(on_average + self._waiting.client_seconds, self._deadline)

    def _end(self) -> None:
        if self._task is not None and not self._cut:
            self._cut = True
            self._task.cancel()

    def _is_cut(self) -> bool:
        """Return whether `_end` alone cancelled the task, and uncancel it then."""
        return self._cut and self._task is not None and self._task.uncancel() == 0


def _piece_of(message: Message) -> bytes:
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return bytes(message.get("body", b""))


def _too_large(max_bytes: int) -> BodyTooLarge:
    # The rest of the body is not read: the connection cannot be used again.
    return BodyTooLarge(f"The body may have at most {max_bytes:,} bytes.", headers=CLOSE)
