"""A closed loop of few connections, each of which sends the next request when it has the reply to the last."""

import asyncio
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import uvloop

from bench.fallback import Connection
from bench.load import LoadFailed

CONNECTIONS = 8
# For the replies that are still to come at the end: one that takes long must not be missing in the figures.
PATIENCE_SECONDS = 30


class Finishing(Connection):
    """A connection that tells when it has the reply to its last request."""

    def __init__(self, requests: Iterator[bytes]) -> None:
        super().__init__(requests)
        self.finished = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        replies = len(self.latencies)
        super().data_received(data)
        if self.ended and len(self.latencies) > replies:
            self.finished.set()

    def connection_lost(self, _error: Exception | None) -> None:
        self.failures += not self.finished.is_set()
        self.finished.set()


@dataclass(frozen=True, slots=True)
class Latencies:
    """Of one round: how many requests, and in milliseconds how long half and all but a hundredth of them took.

    `logged` are the bytes of write-ahead log for each, of whatever the database server did meanwhile.
    """

    requests: int
    p50: float
    p99: float
    logged: float = 0.0


def load(port: int, requests: Sequence[bytes], seconds: float) -> Latencies:
    """Send these requests in turn, again and again; raises LoadFailed unless every reply is a success."""
    return uvloop.run(_load(port, itertools.cycle(requests), seconds))


async def _load(port: int, requests: Iterator[bytes], seconds: float) -> Latencies:
    loop = asyncio.get_running_loop()
    made = [
        (await loop.create_connection(lambda: Finishing(requests), "127.0.0.1", port))[1] for _ in range(CONNECTIONS)
    ]
    await asyncio.sleep(seconds)
    for connection in made:
        connection.ended = True
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            for connection in made:
                await connection.finished.wait()
                connection.transport.abort()
    except TimeoutError:
        raise LoadFailed(f"a reply takes longer than {PATIENCE_SECONDS} s") from None
    latencies = sorted(latency * 1e3 for connection in made for latency in connection.latencies)
    failures = sum(connection.failures for connection in made)
    if failures or not latencies:
        raise LoadFailed(f"{failures} of {len(latencies)} requests failed")
    return Latencies(len(latencies), *(latencies[int(len(latencies) * share)] for share in (0.5, 0.99)))
