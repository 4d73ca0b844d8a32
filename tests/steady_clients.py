"""Clients that send requests without pause while servers are replaced, and record every response and failure."""

import http.client
import json
import threading
import time
from collections import Counter
from types import TracebackType

from serving.server import LINGER_SECONDS
from tests.service import PATIENCE, Credentials, wait_until

SET = json.dumps({"name": "a set", "measies": {"chest": 900}})


class Client(threading.Thread):
    """Reads and creates sets in turn over one connection, and opens another when the server closes this one.

    A request is sent once: anything but a whole response is a failure. A refused connection is no failure: it ends
    the client, as the server has ended. Nor is the end of a connection that this client, on a busy machine, left idle
    for as long as a server that ends waits for its clients.
    """

    def __init__(self, port: int, caller: Credentials) -> None:
        super().__init__(daemon=True)
        self.port = port
        self.caller = caller
        self.stored: list[int] = []
        self.statuses: Counter[int] = Counter()
        self.failures: list[str] = []
        self.is_over = False

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        while not self.is_over and not self.failures:
            try:
                connection.connect()
            except ConnectionRefusedError:
                self.is_over = True
                return
            self._use(connection)
            connection.close()

    def _use(self, connection: http.client.HTTPConnection) -> None:
        """Send requests until the server says that it closes this connection."""
        begun = time.monotonic()
        while not self.is_over:
            method, body = ("GET", None) if sum(self.statuses.values()) % 2 else ("POST", SET)
            before, begun = begun, time.monotonic()
            try:
                connection.request(
                    method,
                    "/sets",
                    body,
                    {"Authorization": self.caller.authorization, "Content-Type": "application/json"},
                )
                reply = connection.getresponse()
                content = json.loads(reply.read())
            except (OSError, http.client.HTTPException, ValueError) as error:
                if isinstance(error, ConnectionError) and time.monotonic() - before > LINGER_SECONDS:
                    return
                self.failures.append(f"{method}: {error!r} after {time.monotonic() - begun:.3f} s")
                return
            self.statuses[reply.status] += 1
            if reply.status == 201:
                self.stored.append(content["set"]["id"])
            if reply.will_close:
                return


class Clients:
    """Several at once, which stop at the end of the `with` at the latest."""

    def __init__(self, port: int, *callers: Credentials, each: int = 4) -> None:
        self._all = [Client(port, caller) for caller in callers for _ in range(each)]

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
            client.join(PATIENCE)

    def go_on(self) -> None:
        """Wait until each client got a few more responses, or failed."""
        goal = [sum(client.statuses.values()) + 5 for client in self._all]
        wait_until(
            lambda: all(
                sum(client.statuses.values()) >= enough or client.failures
                for client, enough in zip(self._all, goal, strict=True)
            ),
            "some responses for every client",
        )

    def join(self) -> None:
        """Wait until the server has ended for each client."""
        for client in self._all:
            client.join(PATIENCE)
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
