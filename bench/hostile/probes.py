"""The other client: two requests ten times a second, and the memory of the server meanwhile."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil

from bench import processors

INTERVAL = 0.1
# A request that takes longer counts as one that took so long.
PATIENCE = 10.0
GOOD = 200


@dataclass(slots=True)
class Probe:
    """One request, sent on a new connection each time: seconds of each, and how often the answer was not 200."""

    request: bytes
    seconds: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)

    async def send(self, port: int) -> None:
        """Send it once."""
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await _exchange(port, self.request)
        except (OSError, TimeoutError) as error:
            answer = type(error).__name__
        self.seconds.append(time.perf_counter() - begun)
        if answer != str(GOOD):
            self.failures[answer] += 1


async def _exchange(port: int, request: bytes) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        reply = await reader.read()
        while piece := await reader.read(65_536):
            reply += piece
        return reply[9:12].decode() or "cut off"
    finally:
        writer.transport.abort()


def probe(path: str, authorization: str = "") -> Probe:
    """A GET with these credentials."""
    credentials = f"Authorization: {authorization}\r\n" if authorization else ""
    return Probe(f"GET {path} HTTP/1.1\r\nHost: test\r\n{credentials}Connection: close\r\n\r\n".encode())


async def watch(port: int, pid: int, probes: list[Probe], goes_on: Callable[[], bool]) -> float:
    """Send the probes as long as it goes on. Return the largest memory of the server's processes in MB."""
    most = memory(pid)
    sent: list[asyncio.Task[None]] = []
    following = time.monotonic()
    while goes_on():
        # Not after the answer to the one before: a client that waits would not notice what it could not send.
        sent += [asyncio.create_task(probe.send(port)) for probe in probes]
        following += INTERVAL
        while (left := following - time.monotonic()) > 0:
            most = max(most, memory(pid))
            await asyncio.sleep(min(left, INTERVAL / 4))
    await asyncio.gather(*sent)
    return max(most, memory(pid))


def memory(pid: int) -> float:
    """MB of 1,000,000 bytes that the processes of a server have in memory (RSS)."""
    try:
        return sum(process.memory_info().rss for process in processors.family(pid)) / 1e6
    except psutil.NoSuchProcess:
        return 0.0
