"""Clients that are slow, silent or gone, a crowd of each kind."""

import contextlib
import socket
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

from tests.service import Person, Service
from tests.wire import head

PAUSE = 0.1
Step = Callable[[socket.socket], bool]


class Crowd:
    """Connections on which one thread takes a step each, ten times a second, until they are over."""

    def __init__(
        self,
        service: Service,
        size: int,
        begin: bytes,
        step: Step,
        receive_buffer: int = 0,
        source: str = "127.0.0.1",
    ) -> None:
        self._step = step
        self._stop = Event()
        self._open = []
        for _ in range(size):
            connection = socket.socket()
            if receive_buffer:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            connection.bind((source, 0))
            connection.connect(("127.0.0.1", service.port))
            with contextlib.suppress(OSError):  # it may have been ended already
                connection.sendall(begin)
            connection.setblocking(False)
            self._open.append(connection)
        self._thread = Thread(target=self._live)
        self._thread.start()

    @property
    def left(self) -> int:
        """How many have not been ended by the server."""
        return len(self._open)

    def _live(self) -> None:
        while self._open and not self._stop.is_set():
            for connection in list(self._open):
                if not self._goes_on(connection):
                    self._open.remove(connection)
                    connection.close()
            time.sleep(PAUSE)

    def _goes_on(self, connection: socket.socket) -> bool:
        try:
            return self._step(connection)
        except BlockingIOError:
            return True
        except OSError:
            return False

    def close(self) -> None:
        """All of them go away."""
        self._stop.set()
        self._thread.join()
        for connection in self._open:
            connection.close()


@contextmanager
def crowd(service: Service, size: int, begin: bytes, step: Step, **options: Any) -> Iterator[Crowd]:
    """So many clients that begin like this and go on like that."""
    people = Crowd(service, size, begin, step, **options)
    try:
        yield people
    finally:
        people.close()


Heard = defaultdict[socket.socket, bytes]


def sends(byte: bytes, heard: Heard | None = None) -> Step:
    """Send one more byte, and see whether the server has ended it; what it said to whom is kept, all pieces of it."""

    def step(connection: socket.socket) -> bool:
        with contextlib.suppress(BlockingIOError):
            said = connection.recv(65_536)
            if said and heard is not None:
                heard[connection] += said
            if not said:
                return False
        connection.send(byte)
        return True

    return step


def waits(connection: socket.socket) -> bool:
    """Send nothing, ever."""
    return bool(connection.recv(65_536))


def reads_a_byte(connection: socket.socket) -> bool:
    """Take one byte of what came, with no hurry."""
    return bool(connection.recv(1))


def body_begun(sender: Person, *headers: str) -> bytes:
    """A request that has everything but its body."""
    return head("POST", "/sets", f"Authorization: {sender.authorization}", "Content-Type: application/json", *headers)
