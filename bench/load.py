"""Loading a server for a while, and what came of it."""

import resource
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench import processors
from bench.fixture import Scenario
from bench.servers import ROOT, Server

CONNECTIONS = 32
# A server that is found asleep so often in a row has nothing to do. What it used would not tell: where others want
# the processor, too, one that waits for its turn uses nothing.
LOOKS, LOOK_SECONDS = 8, 0.01
MOST_SECONDS_LEFT = 10
_SCRIPT = Path(__file__).with_name("wrk.lua")


class LoadFailed(Exception):
    """The load could not be put on a server, or a server answered with errors."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One server under one kind of load for some seconds. Times in milliseconds, `cpu` in µs a request."""

    requests: int
    rate: float
    p50: float
    p99: float
    cpu: float


def generator() -> str:
    """Which load generator is used, in words."""
    return "wrk" if shutil.which("wrk") else "bench.fallback (no wrk here: fast servers are measured too slow)"


def measure(
    server: Server, scenario: Scenario, seconds: float, *, on: frozenset[int] = processors.LOAD
) -> Measurement:
    """Load the server with 32 connections; raises LoadFailed unless every reply was a success."""
    before = processors.seconds_used(server.pid)
    with begin(server, scenario, seconds, on=on) as generating:
        output = finished(generating, seconds)
    used = processors.seconds_used(server.pid) - before
    return _measurement(output, used, server, scenario)


def settle(server: Server) -> None:
    """Wait until it has worked off what the generator left behind: it would take time from who is measured next."""
    end = time.monotonic() + MOST_SECONDS_LEFT
    asleep = 0
    while asleep < LOOKS and time.monotonic() < end:
        time.sleep(LOOK_SECONDS)
        asleep = 0 if processors.is_busy(server.pid) else asleep + 1


def begin(
    server: Server,
    scenario: Scenario,
    seconds: float,
    *,
    connections: int = CONNECTIONS,
    on: frozenset[int] = processors.LOAD,
) -> subprocess.Popen[str]:
    """A generator that loads the server."""
    command = _command(server, scenario, seconds, connections)
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    processors.pin(process.pid, on)
    return process


def finished(generating: subprocess.Popen[str], seconds: float) -> str:
    """What a generator says when it has ended, at the latest some seconds late."""
    try:
        return generating.communicate(timeout=seconds + 15)[0]
    except BaseException:
        generating.kill()
        raise


def seconds_of_generators() -> float:
    """Processor time of all the generators that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def require_success(output: str, server: Server, scenario: Scenario) -> tuple[float, float, float, float]:
    """Requests, seconds, p50 and p99 (ms) of what a generator said; raises LoadFailed unless all went well."""
    lines = [line.split()[1:] for line in output.splitlines() if line.startswith("RESULT ")]
    if not lines:
        raise LoadFailed(f"{server.name}, {scenario.name}: no result\n{output[-2000:]}")
    requests, elapsed, p50, p99, failures = (float(figure) for figure in lines[-1])
    if failures or not requests:
        log = server.log.read_text(errors="replace")[-2000:]
        raise LoadFailed(f"{server.name}, {scenario.name}: {failures:.0f} of {requests:.0f} requests failed\n{log}")
    return requests, elapsed, p50, p99


def _measurement(output: str, used: float, server: Server, scenario: Scenario) -> Measurement:
    requests, elapsed, p50, p99 = require_success(output, server, scenario)
    return Measurement(int(requests), requests / elapsed, p50, p99, used / requests * 1e6)


def _command(server: Server, scenario: Scenario, seconds: float, connections: int) -> list[str]:
    request = [scenario.method, scenario.authorization, scenario.body, *scenario.paths]
    wrk = shutil.which("wrk")
    if wrk:
        options = ["-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "-s", str(_SCRIPT)]
        return [wrk, *options, server.url, "--", *request]
    return [sys.executable, "-m", "bench.fallback", str(server.port), str(seconds), str(connections), *request]
