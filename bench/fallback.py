"""A load generator for where wrk is not installed; takes the same arguments as `wrk.lua` and prints the same line.

    python -m bench.fallback PORT SECONDS CONNECTIONS METHOD AUTHORIZATION BODY PATH…

It is Python too: a server faster than it is measured too slow.
"""

import asyncio
import itertools
import re
import sys
import time
from collections.abc import Iterator
from typing import cast

import uvloop

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Connection(asyncio.Protocol):
    """One keep-alive connection: sends a request, waits for the whole reply, sends the next."""

    def __init__(self, requests: Iterator[bytes]) -> None:
        self.requests = requests
        self.latencies: list[float] = []
        self.failures = 0
        self.ended = False
        self._reply = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes.
        self.transport = cast(asyncio.Transport, transport)
        self._send()

    def _send(self) -> None:
        self._started = time.perf_counter()
        self.transport.write(next(self.requests))

    def data_received(self, data: bytes) -> None:
        self._reply += data
        head = self._reply.find(b"\r\n\r\n")
        length = _LENGTH.search(self._reply, 0, head) if head >= 0 else None
        if length is None or len(self._reply) < head + 4 + int(length[1]):
            return
        self.latencies.append(time.perf_counter() - self._started)
        self.failures += not self._reply.startswith(b"HTTP/1.1 2")
        self._reply = b""
        if not self.ended:
            self._send()

    def connection_lost(self, _error: Exception | None) -> None:
        self.failures += not self.ended


def prepared(method: str, authorization: str, body: str, paths: list[str]) -> list[bytes]:
    """Each request as bytes."""
    kind = "Content-Type: application/json\r\n" if body else ""
    length = f"Content-Length: {len(body.encode())}\r\n" if body else ""
    credentials = f"Authorization: {authorization}\r\n" if authorization else ""
    rest = f" HTTP/1.1\r\nHost: 127.0.0.1\r\n{credentials}{kind}{length}\r\n{body}"
    return [f"{method} {path}{rest}".encode() for path in paths]


async def run(port: int, seconds: float, connections: int, requests: list[bytes]) -> str:
    """Load the server and tell the result."""
    loop = asyncio.get_running_loop()
    endless = itertools.cycle(requests)
    started = time.perf_counter()
    made = [
        (await loop.create_connection(lambda: Connection(endless), "127.0.0.1", port))[1] for _ in range(connections)
    ]
    await asyncio.sleep(seconds)
    for connection in made:
        connection.ended = True
        connection.transport.abort()
    elapsed = time.perf_counter() - started
    latencies = sorted(latency * 1e3 for connection in made for latency in connection.latencies)
    count, failures = len(latencies), sum(connection.failures for connection in made)
    p50, p99 = (latencies[int(count * share)] for share in (0.5, 0.99)) if count else (0.0, 0.0)
    return f"RESULT {count} {elapsed:.6f} {p50:.4f} {p99:.4f} {failures}"


def main(arguments: list[str]) -> None:
    """Run once."""
    port, seconds, connections, method, authorization, body, *paths = arguments
    requests = prepared(method, authorization, body, paths)
    print(uvloop.run(run(int(port), float(seconds), int(connections), requests)))


if __name__ == "__main__":
    main(sys.argv[1:])
