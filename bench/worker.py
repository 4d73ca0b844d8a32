"""One worker: seconds until it is ready, memory under mixed load; and two workers on two CPUs against one on one.

Memory is in MB of 1,000,000 bytes: resident (RSS), and with shared pages divided among processes (PSS, on Linux). The
load generator may have to share a CPU with the workers: two are compared by the rate a second of the time in which
the workers ran or their CPUs were idle.
"""

import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from statistics import linear_regression, median
from typing import Any

import psutil

from bench import processors
from bench.load import Measurement, Scenario, interleaved, loading, measure, warm_up
from bench.scenarios import arrange, scenarios
from bench.servers import OURS, Server, Site, fresh_site

STARTS, SETTLE_SECONDS, SAMPLES = 5, 5, 60
# Connections of each scenario.
CONNECTIONS = 4
SECONDS, ROUNDS = 3, 3


def footprint(engine: str, minutes: float) -> dict[str, Any]:
    """Return one engine's starts and memory."""
    with fresh_site(engine) as site:
        with Server(OURS, site) as server:
            known = [one._replace(connections=CONNECTIONS) for one in scenarios(arrange(server))]
        # The first start compiles.
        starts = [_start(site) for _ in range(STARTS + 1)][1:]
        return {"start": {"median": median(starts)}, "memory": _memory(site, known, minutes)}


def _start(site: Site) -> float:
    started = time.perf_counter()
    with Server(OURS, site):
        return time.perf_counter() - started


def _memory(site: Site, known: list[Scenario], minutes: float) -> dict[str, Any]:
    """Return the memory before the load and at its end, and the MB a minute by which the second half grew."""
    samples, seconds = [], minutes * 60
    with Server(OURS, site) as server, ExitStack() as stack:
        time.sleep(SETTLE_SECONDS)
        idle, started = _memory_of(server.pid), time.monotonic()
        loads = [stack.enter_context(loading(server, scenario, seconds)) for scenario in known]
        for number in range(1, SAMPLES + 1):
            time.sleep(max(0.0, started + seconds * number / (SAMPLES + 1) - time.monotonic()))
            samples.append(_memory_of(server.pid))
        requests = sum(finish().requests for finish in loads)
    later = [one["rss"] for one in samples[SAMPLES // 2 :]]
    slope = linear_regression(range(len(later)), later).slope * (SAMPLES + 1) / minutes
    return {"minutes": minutes, "requests": requests, "idle": idle, "loaded": samples[-1], "slope": slope}


def _memory_of(pid: int) -> dict[str, float]:
    info = psutil.Process(pid).memory_full_info()
    return {"rss": info.rss / 1e6, "pss": getattr(info, "pss", info.rss) / 1e6}


def scaling(engine: str) -> dict[str, float]:
    """Return the rate of a set read by key with two workers, of that with one; nothing on a machine of one CPU."""
    if len(processors.TWO_SERVERS) < 2:
        return {}
    takes = {}
    with fresh_site(engine) as site, ExitStack() as stack:
        with Server(OURS, site) as server:
            scenario = scenarios(arrange(server))[0]
        for count, cpus in (("1", processors.SERVER), ("2", processors.TWO_SERVERS)):
            server = stack.enter_context(Server(OURS, site, on=cpus, workers=count))
            warm_up([(server, scenario)])
            takes[count] = partial(_round, server, scenario, cpus)
        found = interleaved(takes, ROUNDS)
    return {"scaling": found["2"].rate * 2 / found["1"].rate}


def _round(server: Server, scenario: Scenario, cpus: Iterable[int]) -> Measurement:
    """Return a measurement whose rate is a second of the time in which these CPUs were the workers' own or idle."""
    idle = _idle(cpus)
    found = measure(server, scenario, SECONDS)
    theirs = found.cpu * found.requests / 1e6 + _idle(cpus) - idle
    return replace(found, rate=found.requests / theirs)


def _idle(cpus: Iterable[int]) -> float:
    """Return the seconds in which these CPUs had nothing to do so far."""
    times = psutil.cpu_times(percpu=True)
    return float(sum(times[number].idle + getattr(times[number], "iowait", 0.0) for number in cpus))
