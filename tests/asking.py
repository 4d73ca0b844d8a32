"""Clients that go on asking over connections of their own while servers come and go, and tell what became of it."""

import http.client
import json
import threading
import time
from collections import Counter
from types import TracebackType

from tests.service import Credentials, wait_until

SET = json.dumps({"name": "a set", "measies": {"chest": 900}})


class Client(threading.Thread):
    """Reads and stores in turn over one connection, and opens another when the server said that it closes this one.

    A request is tried once: whatever is not a whole answer is a failure. Only a connection that is refused, or a
    server that ends, is none; then it is over.
    """

    def __init__(self, port: int, who: Credentials) -> None:
        super().__init__(daemon=True)
        self.port = port
        self.who = who
        self.stored: list[int] = []
        self.statuses: Counter[int] = Counter()
        self.failures: list[str] = []
        self.is_over = False

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while not self.is_over and not self.failures:
            try:
                connection.connect()
            except ConnectionRefusedError:
                self.is_over = True
                return
            self._use(connection)
            connection.close()

    def _use(self, connection: http.client.HTTPConnection) -> None:
        """Ask until the server says that this was the last answer on this connection."""
        while not self.is_over:
            method, body = ("GET", None) if sum(self.statuses.values()) % 2 else ("POST", SET)
            begun = time.monotonic()
            try:
                connection.request(
                    method,
                    "/sets",
                    body,
                    {"Authorization": self.who.authorization, "Content-Type": "application/json"},
                )
                reply = connection.getresponse()
                content = json.loads(reply.read())
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.failures.append(f"{method}: {error!r} after {time.monotonic() - begun:.3f} s")
                return
            self.statuses[reply.status] += 1
            if reply.status == 201:
                self.stored.append(content["set"]["id"])
            if reply.will_close:
                return


class Clients:
    """Several at once, who stop at the end of the `with` at the latest."""

    def __init__(self, port: int, *people: Credentials, each: int = 4) -> None:
        self._all = [Client(port, who) for who in people for _ in range(each)]

    def __enter__(self) -> "Clients":
        for client in self._all:
            client.start()
        self.go_on()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        for client in self._all:
            client.is_over = True
        for client in self._all:
            client.join(60)

    def go_on(self) -> None:
        """Wait until each had a few more answers, or failed."""
        goal = [sum(client.statuses.values()) + 5 for client in self._all]
        wait_until(
            lambda: all(
                sum(client.statuses.values()) >= enough or client.failures
                for client, enough in zip(self._all, goal, strict=True)
            ),
            60,
            "some answers for every client",
        )

    def join(self) -> None:
        """Wait until the server is gone for each."""
        for client in self._all:
            client.join(60)
            assert client.is_over or client.failures

    @property
    def failures(self) -> list[str]:
        return [failure for client in self._all for failure in client.failures]

    @property
    def statuses(self) -> Counter[int]:
        return sum((client.statuses for client in self._all), Counter[int]())

    @property
    def stored(self) -> list[int]:
        return [made for client in self._all for made in client.stored]
