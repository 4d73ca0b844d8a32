"""The attacker: connections from an address of its own, for a bounded time."""

import re
import select
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from itertools import cycle, islice
from threading import Lock, Thread

from bench.hostile.target import Target
from bench.load import Request

# Limits by address must not hit the victim, which comes from 127.0.0.1.
ADDRESS = ("127.0.0.2", 0)
PAUSE = 0.1
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")
Send = Callable[[Request], tuple[int, bytes]]


class Attacker:
    """One attacker; `answers` counts the statuses, and the connections that were closed by the server.

    The time begins with the first connection: requests are made before.
    """

    def __init__(self, target: Target, seconds: float) -> None:
        self.target = target
        self._seconds = seconds
        self._end = 0.0
        self.answers: Counter[str] = Counter()
        self._lock = Lock()

    def left(self) -> float:
        """Return the part of the time that is left, 1 to 0."""
        now = time.monotonic()
        self._end = self._end or now + self._seconds
        return (self._end - now) / self._seconds

    def goes_on(self) -> bool:
        return self.left() > 0

    def count(self, answer: object) -> None:
        with self._lock:
            self.answers[str(answer)] += 1

    def connect(self, receive_buffer: int = 0) -> socket.socket:
        connection = socket.socket()
        connection.settimeout(5)
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.bind(ADDRESS)
        connection.connect(("127.0.0.1", self.target.port))
        return connection

    def at_once(self, clients: int, act: Callable[[], None]) -> None:
        """Repeat this in so many threads; they go on when a connection is closed."""

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

    def steps(self, clients: int, step: Callable[[Send], object]) -> None:
        """Repeat a step on so many connections; a step sends requests, each of which returns status and body."""

        def act() -> None:
            connection = HTTPConnection("127.0.0.1", self.target.port, timeout=10, source_address=ADDRESS)
            try:
                while self.goes_on():
                    step(lambda request: self._exchange(connection, request))
            finally:
                connection.close()

        self.at_once(clients, act)

    def _exchange(self, connection: HTTPConnection, request: Request) -> tuple[int, bytes]:
        connection.request(request.method, request.path, request.body or None, request.headers)
        response = connection.getresponse()
        first = response.read(65_536)
        while response.read(1_000_000) and self.goes_on():
            pass
        self.count(response.status)
        return response.status, first

    def repeat(self, clients: int, requests: Iterable[Request]) -> None:
        """Send these requests, each in turn, over so many connections."""
        endless = cycle(requests)
        self.steps(clients, lambda send: send(next(endless)))

    def flood(self, clients: int, requests: list[Request]) -> None:
        """Send requests without a body as fast as they are answered, all of them at once on each connection."""
        batch = b"".join(request.head() for request in requests)

        def act() -> None:
            with self.connect() as connection, connection.makefile("rb", 65_536) as lines:
                statuses = (status for line in lines for status in _STATUS.findall(line))
                while self.goes_on():
                    connection.sendall(batch)
                    for status in islice(statuses, len(requests)):
                        self.count(status.decode())

        self.at_once(clients, act)

    def hold(self, clients: int, begin: bytes, step: bytes = b"", receive_buffer: int = 0) -> None:
        """Keep so many connections that began like this; each sends `step` now and then, and reads nothing."""

        def act() -> None:
            with self.connect(receive_buffer) as connection:
                connection.sendall(begin)
                connection.setblocking(False)
                closed = select.poll()
                closed.register(connection, select.POLLRDHUP)
                while self.goes_on():
                    if closed.poll(PAUSE * 1000):
                        for status in _STATUS.findall(connection.recv(4096)) if step else ():
                            self.count(status.decode())
                        raise ConnectionError
                    with suppress(BlockingIOError):
                        connection.send(step)
                self.count("held")

        self.at_once(clients, act)
