"""Load a server with wrk, and measure rate, latency and CPU time."""

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import NamedTuple, TypeVar

import psutil

from bench import processors
from bench.servers import Server
from tests import wire

CONNECTIONS, WARM_UP_SECONDS = 32, 2
# A server that sleeps so often in a row is idle. Its CPU time would not show that: on a busy machine a process that
# waits for a CPU uses none.
LOOKS, LOOK_SECONDS, MOST_SECONDS_TO_SETTLE = 8, 0.01, 10
_SCRIPT = Path(__file__).with_name("wrk.lua")
Name = TypeVar("Name")


class LoadFailed(Exception):
    """The load could not be put on a server, or a server answered with errors."""


class Request(NamedTuple):
    """A request; JSON if it has a body."""

    method: str
    path: str
    authorization: str = ""
    body: bytes = b""

    @property
    def headers(self) -> dict[str, str]:
        """Its headers, without `Host`."""
        headers = {"Authorization": self.authorization} if self.authorization else {}
        of_body = {"Content-Type": "application/json", "Content-Length": str(len(self.body))} if self.body else {}
        return headers | of_body

    def head(self) -> bytes:
        """Return the bytes before its body."""
        return wire.head(self.method, self.path, *map(": ".join, self.headers.items()))


class Scenario(NamedTuple):
    """One kind of request: these are sent in turn."""

    name: str
    requests: Sequence[Request]
    connections: int = CONNECTIONS


@dataclass(frozen=True, slots=True)
class Measurement:
    """One server under one scenario for some seconds: requests a second, latency in ms, CPU µs a request."""

    requests: int
    rate: float
    p50: float
    p99: float
    cpu: float = 0.0


def measure(server: Server, scenario: Scenario, seconds: float) -> Measurement:
    """Load the server, then wait until it is idle. Raise LoadFailed unless every response was a success."""
    before = processors.cpu_seconds(server.pid)
    with loading(server, scenario, seconds) as finish:
        found = finish()
    used = processors.cpu_seconds(server.pid) - before
    settle(server)
    return replace(found, cpu=used / found.requests * 1e6)


def interleaved(measures: Mapping[Name, Callable[[], Measurement]], rounds: int) -> dict[Name, Measurement]:
    """Take each measurement once a round, and return the medians. Each round begins with another one."""
    names, found = list(measures), {name: list[Measurement]() for name in measures}
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            found[name].append(measures[name]())
    return {name: _median(each) for name, each in found.items()}


def _median(rounds: Sequence[Measurement]) -> Measurement:
    values = {name: median(getattr(one, name) for one in rounds) for name in ("rate", "p50", "p99", "cpu")}
    return Measurement(sum(one.requests for one in rounds), **values)


def warm_up(pairs: Sequence[tuple[Server, Scenario]]) -> None:
    """Load all servers at once for some seconds, so that connections are open and statements prepared."""
    with ExitStack() as stack:
        for finish in [stack.enter_context(loading(*pair, WARM_UP_SECONDS)) for pair in pairs]:
            finish()
    for server, _ in pairs:
        settle(server)


def settle(server: Server) -> None:
    """Wait until the server has finished the requests that the generator dropped."""
    end, asleep = time.monotonic() + MOST_SECONDS_TO_SETTLE, 0
    while asleep < LOOKS and time.monotonic() < end:
        time.sleep(LOOK_SECONDS)
        busy = any(one.status() == psutil.STATUS_RUNNING for one in processors.family(server.pid))
        asleep = 0 if busy else asleep + 1


@contextmanager
def loading(server: Server, scenario: Scenario, seconds: float) -> Iterator[Callable[[], Measurement]]:
    """Start a generator, and yield the function that waits for its result: raises LoadFailed if a request failed."""
    file = server.data / f"{server.port}-{scenario.name.replace(' ', '-')}.requests"
    file.write_bytes(b"\0".join(one.head() + one.body for one in scenario.requests))
    options = ["-t1", f"-c{scenario.connections}", f"-d{max(1, round(seconds))}s", "-s", str(_SCRIPT)]
    command = ["wrk", *options, server.url, "--", str(file)]
    with processors.pinned(processors.LOAD):
        generator = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    with generator:
        try:
            yield lambda: _result(generator.communicate(timeout=seconds + 15)[0], server, scenario)
        finally:
            generator.kill()


def _result(output: str, server: Server, scenario: Scenario) -> Measurement:
    lines = [line.split()[1:] for line in output.splitlines() if line.startswith("RESULT ")]
    if not lines:
        raise LoadFailed(f"{server.name}, {scenario.name}: no result\n{output[-2000:]}")
    requests, elapsed, p50, p99, failures = (float(value) for value in lines[-1])
    if failures or not requests:
        log = server.log.read_text(errors="replace")[-2000:]
        raise LoadFailed(f"{server.name}, {scenario.name}: {failures:.0f} of {requests:.0f} requests failed\n{log}")
    return Measurement(int(requests), requests / elapsed, p50, p99)
