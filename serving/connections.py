"""Timeouts for connections of slow, silent or lost clients; uvicorn itself closes only idle connections.

No work is done for each request: all connections are checked once a second. The state of uvicorn's protocol shows
what the connection waits for, and a comparison with the previous check shows since when.
"""

import asyncio
import contextlib
import socket
import weakref
from collections import Counter
from collections.abc import Container
from typing import Any, NamedTuple, cast

from uvicorn.config import Config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.server import ServerState

from services.auth import networks
from serving.joining import Joining
from serving.requests import HEAD_TOO_LARGE, MOST_HEAD_BYTES, MOST_HEADERS, Requests
from settings import Settings

LOOK_SECONDS = 1.0
# Bytes a second of a reply that a client must take, on average over `client_seconds`.
LEAST_RATE = 1_000
# A request that the client did not get on with for so long can make room for another.
SLOW_SECONDS = 2.0
FULL_SECONDS = 0.25
OWN_BITS = (32, 64)
UNSENT_BYTES = 65_536
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


class Census:
    """The connections of an application by address, and until when none of them makes room."""

    def __init__(self) -> None:
        self.counts = Counter[str | None]()
        self.full_until: dict[str | None, float] = {}


class Connection(Requests):
    """A client's connection, under watch.

    `client_seconds` is how long it may keep the server waiting, `most` how many there may be, and `most_of_address`
    how many of one address, unless that is one of the `trusted` proxies.
    """

    client_seconds = 20.0
    most = 800
    most_of_address = 100
    trusted: Container[str] = ()
    census = Census()

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any], **options: Any) -> None:
        super().__init__(config, server_state, app_state, **options)
        self.head_bytes = self.body_bytes = 0
        self.address: str | None = None
        self.begun = 0.0
        self.pause: object = None
        self.wait: Wait | None = None
        self.since = self.loop.time()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept it. Where there are too many, the one that keeps the server waiting most ends, be it this one."""
        super().connection_made(transport)
        if self.client and self.client[0] not in self.trusted:
            self.address = networks.network_of(self.client[0], *OWN_BITS)
        self.census.counts[self.address] += 1
        if self.address and self.census.counts[self.address] > self.most_of_address:
            self._make_room([one for one in _ours(self.server_state) if one.address == self.address])
        elif len(self.connections) > self.most:
            self._make_room(_ours(self.server_state))
        if not transport.is_closing():
            _show_progress(transport.get_extra_info("socket"))
            _watch(self.loop, self.server_state)

    def _make_room(self, others: "list[Connection]") -> None:
        """End the connection that keeps the server waiting most, of the address that has most connections."""
        now = self.loop.time()
        if now < self.census.full_until.get(self.address, 0.0):
            self.end()
            return
        found = [
            (self.census.counts[one.address], slowness, one) for one in others if (slowness := one.slowness(now))
        ]
        slowest = max(found, key=lambda each: each[:2])[2]
        if slowest is self:
            # Clients that come again at once must not make the server look through all connections each time.
            self.census.full_until[self.address] = now + FULL_SECONDS
        slowest.end()

    def data_received(self, data: bytes) -> None:
        """Parse what came, unless it is a head without end, or the rest of a body that was rejected."""
        if self.lingers:
            return
        before = self.scope
        self.received = len(data) + (self.received if self._is_in_head() else 0)
        super().data_received(data)
        if self.scope is not before:
            # A new request began in these bytes: the counts belong to the one before.
            self.head_bytes = self.body_bytes = 0
        elif self._is_in_head():
            self.head_bytes += len(data)
            if self.head_bytes > MOST_HEAD_BYTES and not self.lingers and not self.transport.is_closing():
                self.fault = HEAD_TOO_LARGE
                self.send_400_response(self.fault)
        else:
            self.head_bytes = 0
            self.body_bytes += len(data)
        if self.cycle is not None and self.cycle.scope is self.scope and len(self.headers) > MOST_HEADERS:
            self.end()  # for its trailers: with so many headers no request begins

    def pause_writing(self) -> None:
        """The client takes a reply more slowly than it is made."""
        self.pause = object()
        super().pause_writing()

    def _is_in_head(self) -> bool:
        """Return whether a head has begun and is not complete."""
        return self.scope is not None and (self.cycle is None or self.cycle.scope is not self.scope)

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

    def slowness(self, now: float) -> tuple[float, ...]:
        """Return how much it keeps the server waiting, to compare with others; empty if it does not, or not for long.

        Long idle is more than slow, and slow is more than idle since a moment ago, as a new connection is. Of slow
        bodies that with the lowest rate counts most.
        """
        if self.is_at_rest():
            return (2 if now - self.since > SLOW_SECONDS else 0), now - self.since
        if self.transport.get_write_buffer_size():
            return (1, 0.0) if now - self.since > SLOW_SECONDS else ()
        age = now - self.begun
        return (1, -self.body_bytes / age) if self.cycle.more_body and age > SLOW_SECONDS else ()

    def end(self) -> None:
        """End it at once, and let nothing be written to it any more."""
        self._leave()
        super().end()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has ended."""
        self.note_end()
        self._leave()
        super().connection_lost(exc)

    def _leave(self) -> None:
        """Count it no longer."""
        if self in self.connections:
            self.connections.discard(self)
            self.census.counts[self.address] -= 1
            if not self.census.counts[self.address]:
                del self.census.counts[self.address]

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self.begun = self.loop.time()
        cycle.scope["cut"] = self.end
        cycle.scope["has_arrived"] = self._has_arrived
        if cycle.scope["method"] != "HEAD":  # its reply has no body that its head could wait for
            cycle.transport = Joining(cycle.transport)
        super()._start_asgi_task(cycle, app)

    def _has_arrived(self) -> bool:
        """Return whether the body of the request that is being answered is complete."""
        return not self.answered.more_body

    def _wait(self) -> Wait | None:
        left = self.transport.get_write_buffer_size()
        if left:
            return Wait(REPLY, self.pause, left)
        if not self.is_at_rest():
            # If its body is waited for, then where it is read: see middleware/reading.py.
            return None
        if self.cycle is not None and self.cycle.more_body:
            return Wait(REST_OF_BODY, self.cycle.scope)
        if self._is_in_head():
            return Wait(HEAD, self.scope)
        return Wait(REST, self.scope)

    def _patience(self, wait: Wait) -> float:
        if wait.what == REST and wait.of is not None:
            # uvicorn's own timer ends it before, unless it was stopped by a byte that begins no request.
            return self.timeout_keep_alive + LOOK_SECONDS
        return self.client_seconds


def limited(settings: Settings) -> type[Connection]:
    """Return the class of connections, for uvicorn's `http`, with these limits."""
    limits = {
        "client_seconds": settings.client_seconds,
        "most": settings.max_connections,
        "most_of_address": settings.max_connections_per_address,
        "census": Census(),
        "base": settings.public_url,
        "trusted": ProxyHeadersMiddleware(_nothing, settings.trusted_proxies).trusted_hosts,
    }
    return type("LimitedConnection", (Connection,), limits)


async def _nothing(*_: object) -> None:
    """Stand for the application where only the trusted proxies are wanted."""


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
    ours = _ours(state)
    for connection in ours:
        connection.look(now)
    if ours:
        ours[0].census.full_until.clear()
    _watched.discard(state)
    if state.connections:
        _watch(loop, state)
