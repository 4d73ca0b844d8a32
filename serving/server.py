"""One process that serves: on a socket of its own, or the connections that a supervisor hands to it."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Callable
from typing import Any

from uvicorn.config import Config
from uvicorn.server import Server as UvicornServer

from serving import manager
from serving.channel import ALIVE, ALONE, CLOSED, CONNECTION, READY
from serving.manager import ServiceManager

# How long responses have `Connection: close` before idle connections are closed: a request that is sent at the moment
# of closing would get no response.
LINGER_SECONDS, TICK_SECONDS = 1.0, 0.02
# How long clients may then go on sending bodies and reading replies.
CLIENT_SECONDS = 5.0
# A process reports that it does not hang at every ALIVE_TICKS-th of uvicorn's ticks, of which there are ten a second.
ALIVE_TICKS = round(10 * manager.ALIVE_SECONDS)
log = logging.getLogger(__name__)


class Server(UvicornServer):
    """uvicorn's server, which ends more politely: open connections are asked to close before they are closed.

    Its event loop notifies the service manager, so that a blocked one is noticed.
    """

    def __init__(
        self, config: Config, stop_waiting: Callable[[], None], service_manager: ServiceManager = manager.NONE
    ) -> None:
        """`stop_waiting` ends the requests that wait for their clients."""
        super().__init__(config)
        self._stop_waiting = stop_waiting
        self._opening: set[asyncio.Task[bool]] = set()
        self._service_manager = service_manager

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn does. From then on SIGHUP shuts the process down gracefully: it has no workers to replace."""
        try:
            await super().startup(sockets)
        except SystemExit:
            if not self.lifespan.should_exit:  # uvicorn has logged why it cannot listen, but not where that is set
                log.error("cannot listen: see FREESEWING_HOST and FREESEWING_PORT")
            raise
        with contextlib.suppress(NotImplementedError, AttributeError):  # a system without SIGHUP
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self.end)
        self._service_manager.ready()

    def end(self) -> None:
        """Begin to shut down."""
        self.should_exit = True

    async def on_tick(self, counter: int) -> bool:
        """As uvicorn does, and once a second say that the event loop is not blocked."""
        if counter % ALIVE_TICKS == 0:
            self.say_alive()
        return await super().on_tick(counter)

    def say_alive(self) -> None:
        """Tell the process that watches this one."""
        self._service_manager.alive()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no new connection, accept requests on open ones for a moment, then finish all requests."""
        self._service_manager.stopping()
        await self.take_no_more()
        # This list is final: uvicorn replaced it once a second, from a loop that has ended.
        self.server_state.default_headers.append((b"connection", b"close"))
        for _ in range(round(LINGER_SECONDS / TICK_SECONDS)):
            if not self.server_state.connections or self.force_exit:
                break
            await asyncio.sleep(TICK_SECONDS)
        stopping = asyncio.get_running_loop().call_later(CLIENT_SECONDS, self._stop_waiting)
        await super().shutdown(sockets)
        stopping.cancel()

    async def take_no_more(self) -> None:
        """No longer listen; who waits to be accepted is accepted: else the system would reset their connections."""
        listeners = [socket.socket(fileno=os.dup(one.fileno())) for server in self.servers for one in server.sockets]
        for server in self.servers:
            server.close()
        await asyncio.sleep(TICK_SECONDS)  # until the loop has closed its own, and only these listen
        for listener in listeners:
            with listener, contextlib.suppress(OSError):
                listener.setblocking(False)
                while True:
                    self._open(listener.accept()[0])
        await asyncio.gather(*self._opening)

    def _open(self, connection: socket.socket) -> None:
        """Serve a connection that was accepted elsewhere."""
        opening = asyncio.create_task(self._connect(connection))
        self._opening.add(opening)
        opening.add_done_callback(self._opening.discard)

    async def _connect(self, connection: socket.socket) -> bool:
        """Return whether the connection was made; its protocol gets `connection_lost`."""
        connection.setblocking(False)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(self._new_protocol, connection)
        except OSError:  # the client is gone already
            connection.close()
            return False
        return True

    def _new_protocol(self) -> asyncio.Protocol:
        protocol: Any = self.config.http_protocol_class
        made: asyncio.Protocol = protocol(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made


class HandedServer(Server):
    """A worker: listens nowhere, serves what it is handed over a channel (see `channel`), and ends with that."""

    def __init__(
        self,
        config: Config,
        stop_waiting: Callable[[], None],
        channel: socket.socket,
        when_alone: Callable[[], None],
    ) -> None:
        """`when_alone` is called once no former worker is left in the place of this one."""
        super().__init__(config, stop_waiting)
        self._channel = channel
        self._unsaid = b""
        self._when_alone = when_alone

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn does with sockets that are given, of which there are none."""
        await super().startup(sockets=[])
        self._protocol = _counted(self.config.http_protocol_class, lambda: self._say(CLOSED))
        self._channel.setblocking(False)
        asyncio.get_running_loop().add_reader(self._channel.fileno(), self._take)
        self._say(READY)

    def say_alive(self) -> None:
        """Tell the supervisor."""
        self._say(ALIVE)

    async def take_no_more(self) -> None:
        """From now on the supervisor cannot hand us anything; what it has handed already is ours."""
        asyncio.get_running_loop().remove_reader(self._channel.fileno())
        with contextlib.suppress(OSError):
            self._channel.shutdown(socket.SHUT_RD)
        while self._take():
            pass
        await asyncio.gather(*self._opening)

    def _take(self) -> bool:
        """Take one message; False if there is none."""
        try:
            message, handed, _, _ = socket.recv_fds(self._channel, 1, 1)
        except BlockingIOError:
            return False
        except OSError:  # the supervisor was killed
            message, handed = b"", []
        for descriptor in handed:
            self._open(socket.socket(fileno=descriptor))
        if message == CONNECTION and not handed:
            log.error("a connection was lost: too many open files")
            self._say(CLOSED)
        if message == ALONE:
            self._when_alone()
        if not message:
            self.should_exit = True
            asyncio.get_running_loop().remove_reader(self._channel.fileno())
        return bool(message)

    async def _connect(self, connection: socket.socket) -> bool:
        made = await super()._connect(connection)
        if not made:
            self._say(CLOSED)
        return made

    def _new_protocol(self) -> asyncio.Protocol:
        return self._protocol(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    def _say(self, message: bytes) -> None:
        """Send a message to the supervisor; bytes that cannot be sent now are sent with the next message."""
        self._unsaid += message
        with contextlib.suppress(OSError):
            self._unsaid = self._unsaid[self._channel.send(self._unsaid) :]


def _counted(protocol: Any, when_lost: Callable[[], None]) -> Callable[..., asyncio.Protocol]:
    """uvicorn's protocol, which also tells of the end of each connection."""

    class Counted(protocol):  # type: ignore[misc]
        def connection_lost(self, error: Exception | None) -> None:
            super().connection_lost(error)
            when_lost()

    return Counted
