"""What every attack is made of: connections from an address of the attacker's own, for a bounded time."""

import os
import re
import select
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from itertools import cycle
from threading import Lock, Thread
from typing import NamedTuple

from bench import processors
from bench.hostile.target import Target

# Limits by address must not hit the victim, who comes from 127.0.0.1.
ADDRESS = ("127.0.0.2", 0)
PAUSE = 0.1
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")


class Request(NamedTuple):
    """A request; JSON if it has a body."""

    method: str
    path: str
    authorization: str = ""
    body: bytes = b""

    def head(self, length: int) -> bytes:
        """Its head, announcing a body of so many bytes."""
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: test", f"Content-Length: {length}"]
        lines += ["Content-Type: application/json"] * bool(length)
        lines += [f"Authorization: {self.authorization}"] * bool(self.authorization)
        return "\r\n".join([*lines, "", ""]).encode()


Send = Callable[[Request], tuple[int, bytes]]
Step = Callable[[Send], None]


class Attacker:
    """One attacker; `answers` counts the statuses, and the connections that were cut.

    The time begins with the first connection: what is sent is made before.
    """

    def __init__(self, target: Target, seconds: float) -> None:
        self.target = target
        self._seconds = seconds
        self._end = 0.0
        self.answers: Counter[str] = Counter()
        self._lock = Lock()

    def goes_on(self) -> bool:
        """Whether there is time left."""
        return self.left() > 0

    def left(self) -> float:
        """The part of the time that is left, 1 to 0."""
        now = time.monotonic()
        self._end = self._end or now + self._seconds
        return (self._end - now) / self._seconds

    def count(self, answer: object, times: int = 1) -> None:
        """Note what came back."""
        with self._lock:
            self.answers[str(answer)] += times

    def connect(self, receive_buffer: int = 0) -> socket.socket:
        """A connection."""
        connection = socket.socket()
        connection.settimeout(5)
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.bind(ADDRESS)
        connection.connect(("127.0.0.1", self.target.port))
        return connection

    def at_once(self, clients: int, act: Callable[[], None]) -> None:
        """Do this again and again in so many threads; a connection that is cut is no reason to stop."""

        def client() -> None:
            while self.goes_on():
                try:
                    act()
                except (OSError, HTTPException):
                    self.count("cut")
                    time.sleep(PAUSE)

        threads = [Thread(target=client, daemon=True) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, self.left() * self._seconds) + 1)

    def steps(self, clients: int, step: Step) -> None:
        """Take a step again and again on so many connections; a step sends requests and gets status and body."""

        def act() -> None:
            connection = HTTPConnection("127.0.0.1", self.target.port, timeout=10, source_address=ADDRESS)
            try:
                while self.goes_on():
                    step(lambda request: self._exchange(connection, request))
            finally:
                connection.close()

        self.at_once(clients, act)

    def _exchange(self, connection: HTTPConnection, request: Request) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json"} if request.body else {}
        if request.authorization:
            headers["Authorization"] = request.authorization
        connection.request(request.method, request.path, request.body or None, headers)
        reply = connection.getresponse()
        first = reply.read(65_536)
        while reply.read(1_000_000) and self.goes_on():
            pass
        self.count(reply.status)
        return reply.status, first

    def repeat(self, clients: int, requests: Iterable[Request]) -> None:
        """Send these requests, each in turn, over so many connections."""
        endless = cycle(requests)
        self.steps(clients, lambda send: void(send(next(endless))))

    def flood(self, clients: int, requests: list[Request]) -> None:
        """Send requests without a body as fast as they are answered, all of them at once on each connection."""
        batch = b"".join(request.head(0) for request in requests)

        def act() -> None:
            with self.connect() as connection:
                while self.goes_on():
                    connection.sendall(batch)
                    for status in _statuses(connection, len(requests)):
                        self.count(status)

        self.at_once(clients, act)

    def hold(self, clients: int, begin: bytes, step: bytes = b"", receive_buffer: int = 0) -> None:
        """Keep so many connections that began like this; each sends `step` now and then, and reads nothing."""
        held: list[socket.socket] = []
        while self.goes_on():
            while len(held) < clients and self.goes_on():
                try:
                    held.append(self._begun(begin, receive_buffer))
                except OSError:
                    self.count("cut")
                    break
            time.sleep(PAUSE)
            alive = [connection for connection in held if self._lives(connection, step)]
            self.count("cut", len(held) - len(alive))
            held = alive
        self.count("held", len(held))

    def _begun(self, begin: bytes, receive_buffer: int) -> socket.socket:
        connection = self.connect(receive_buffer)
        try:
            connection.sendall(begin)
        except OSError:
            connection.close()
            raise
        connection.setblocking(False)
        return connection

    def _lives(self, connection: socket.socket, step: bytes) -> bool:
        """Send the step. Whether the server has not cut the connection."""
        cut = bool(_events(connection, select.POLLRDHUP))
        if step and not cut:
            with suppress(OSError):
                connection.send(step)
        if cut:
            with suppress(OSError):
                if step and (found := _STATUS.match(connection.recv(4096))):
                    self.count(found[1].decode())
            connection.close()
        return not cut


def _events(connection: socket.socket, wanted: int) -> int:
    poll = select.poll()
    poll.register(connection, wanted)
    return sum(event for _, event in poll.poll(0))


def _statuses(connection: socket.socket, expected: int) -> Iterator[str]:
    seen, rest = 0, b""
    while seen < expected:
        data = connection.recv(65_536)
        if not data:
            raise ConnectionError
        for status in _STATUS.findall(rest + data):
            seen += 1
            yield status.decode()
        # Too short to hold a status that was counted.
        rest = (rest + data)[-11:]


def void(_: object) -> None:
    """Drop an answer."""


def settle() -> None:
    """In the attacker's process: leave the processor to the victim, who shares it."""
    os.nice(10)
    processors.pin(os.getpid(), processors.LOAD)
