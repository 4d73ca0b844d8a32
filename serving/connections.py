"""Connections of clients that are slow, silent or gone, ended in time; uvicorn by itself ends only those that rest.

Nothing is done for each request: once a second all connections are looked at. What each client keeps us waiting with
shows in what uvicorn has left on its connection, and since when, in what was seen there before.
"""

import asyncio
import contextlib
import socket
import weakref
from typing import Any, NamedTuple, cast

from serving.upstream import Config, HttpToolsProtocol, ServerState

LOOK_SECONDS = 1.0
# Bytes a second of a reply that a client must take, on average over `client_seconds`.
LEAST_RATE = 1_000
# uvicorn takes a head of any size.
MOST_HEAD_BYTES = 256_000
UNSENT_BYTES = 65_536
MOST_JOINED = 65_536
CONTINUE = b"HTTP/1.1 100 "
REPLY, HEAD, REST_OF_BODY, REST = "reply", "head", "rest of body", "rest"


class Wait(NamedTuple):
    """What a client keeps us waiting with: of which request or how many bytes are left."""

    what: str
    of: object
    left: int = 0

    def goes_on(self, before: "Wait | None", least: float) -> bool:
        """Whether it is the same wait as before, in which the client has done less than the `least` since."""
        if before is None or self.what != before.what or self.of is not before.of:
            return False
        return before.left - least < self.left <= before.left


class Connection(HttpToolsProtocol):
    """A client's connection, under watch. `client_seconds` is its patience, `most` how many there may be."""

    client_seconds = 20.0
    most = 800

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any], **options: Any) -> None:
        super().__init__(config, server_state, app_state, **options)
        self.head_bytes = 0
        self.answered: Any = None
        self.pause: object = None
        self.wait: Wait | None = None
        self.since = self.loop.time()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take it; where there are too many, the one that has rested longest makes room, be it this one."""
        super().connection_made(transport)
        _show_progress(transport.get_extra_info("socket"))
        _watch(self.loop, self.server_state)
        if len(self.connections) > self.most:
            resting = [one for one in _ours(self.server_state) if one.is_at_rest()]
            min(resting, key=lambda one: one.since).end()

    def data_received(self, data: bytes) -> None:
        """Parse what came, unless it is a head without end."""
        before = self.scope
        super().data_received(data)
        if self.scope is not before:
            # Another request began in it: what was counted belongs to those before.
            self.head_bytes = 0
        elif self.cycle is None or self.cycle.scope is not self.scope:
            self.head_bytes += len(data)
            if self.head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
                self.send_400_response("The head of the request is too large.")
        else:
            self.head_bytes = 0

    def pause_writing(self) -> None:
        """The client takes a reply more slowly than it is made."""
        self.pause = object()
        super().pause_writing()

    def is_at_rest(self) -> bool:
        """Whether no request is being worked on."""
        return self.cycle is None or self.cycle.response_complete

    def look(self, now: float) -> None:
        """End it if its client has kept us waiting for too long."""
        wait = self._wait()
        if wait is None or not wait.goes_on(self.wait, self.client_seconds * LEAST_RATE):
            self.wait, self.since = wait, now
        elif now - self.since > self._patience(wait):
            # What may be left to send would only wait for the same client.
            self.end()

    def end(self) -> None:
        """End it at once, and let nothing be written to it any more."""
        self._note_end()
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has ended."""
        self._note_end()
        super().connection_lost(exc)

    def _note_end(self) -> None:
        """uvicorn tells the last request that came; the one that is being answered may be another, before it."""
        self.pipeline.clear()
        if self.answered is not None:
            self.answered.disconnected = True
            self.answered.message_event.set()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self.answered = cycle
        if cycle.scope["method"] != "HEAD":  # its reply has no body that its head could wait for
            cycle.transport = Joining(cycle.transport)
        super()._start_asgi_task(cycle, app)

    def _wait(self) -> Wait | None:
        left = self.transport.get_write_buffer_size()
        if left:
            return Wait(REPLY, self.pause, left)
        if not self.is_at_rest():
            # If its body is waited for, then where it is read: see middleware/bodies.py.
            return None
        if self.cycle is not None and self.cycle.more_body:
            return Wait(REST_OF_BODY, self.cycle.scope)
        if self.scope is not None and (self.cycle is None or self.cycle.scope is not self.scope):
            return Wait(HEAD, self.scope)
        return Wait(REST, self.scope)

    def _patience(self, wait: Wait) -> float:
        if wait.what == REST and wait.of is not None:
            # uvicorn's own timer ends it before, unless it was stopped by a byte that begins no request.
            return self.timeout_keep_alive + LOOK_SECONDS
        return self.client_seconds


class Joining:
    """A connection as a request's reply is written to it: its head waits for the first piece of its body.

    uvicorn writes them one after the other, which costs a system call more, and the client a packet. Of a reply that
    fails between the two the client sees nothing but the end of the connection.
    """

    # Not the request itself: two that know each other wait for the garbage collector.
    __slots__ = ("_head", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head: bytes | None = None

    def write(self, data: bytes) -> None:
        """Write it, unless it is the head."""
        if self._head:
            head, self._head = self._head, b""
            if len(data) <= MOST_JOINED:
                data = head + data
            else:  # copying it would cost more
                self._transport.write(head)
            self._transport.write(data)
        elif self._head is None and not data.startswith(CONTINUE):
            self._head = data
        else:  # more of the body, or leave to send one
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def limited(client_seconds: float, most: int) -> type[Connection]:
    """The class of connections, for uvicorn's `http`, with these limits."""
    return type("LimitedConnection", (Connection,), {"client_seconds": client_seconds, "most": most})


def _ours(state: ServerState) -> list[Connection]:
    return cast(list[Connection], list(state.connections))


def _show_progress(connection: Any) -> None:
    """Let the system keep little unsent: else what a slow client has taken shows only in steps of a megabyte."""
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        with contextlib.suppress(OSError):  # the client has gone already, or is none of TCP
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)


_watched: weakref.WeakSet[ServerState] = weakref.WeakSet()


def _watch(loop: asyncio.AbstractEventLoop, state: ServerState) -> None:
    """Look at a server's connections as long as there are any."""
    if state not in _watched:
        _watched.add(state)
        loop.call_later(LOOK_SECONDS, _look, loop, state)


def _look(loop: asyncio.AbstractEventLoop, state: ServerState) -> None:
    now = loop.time()
    for connection in _ours(state):
        connection.look(now)
    _watched.discard(state)
    if state.connections:
        _watch(loop, state)
