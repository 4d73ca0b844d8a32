"""One worker: seconds until it is ready, memory under mixed load; and two workers on two CPUs against one on one.

    python -m bench.worker --minutes 10 --json docs/performance.json

Memory is in MB of 1,000,000 bytes: resident (RSS), and with shared pages divided among processes (PSS, on Linux). The
load generator may have to share a CPU with the workers: two are compared by the rate a second of the time in which
the workers ran or their CPUs were idle.
"""

import time
from collections.abc import Iterable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import linear_regression, median
from typing import Any

import psutil

from bench import options, processors, report
from bench.load import Scenario, loading, measure, settle
from bench.scenarios import arrange, scenarios
from bench.servers import OURS, Server, Site, fresh_site

STARTS, SETTLE_SECONDS, SAMPLES = 5, 5, 60
# Connections of each scenario.
CONNECTIONS = 4
SECONDS, ROUNDS = 3, 3
CPUS = {
    "1": (processors.SERVER, processors.LOAD),
    "2": (processors.TWO_SERVERS, processors.BESIDE_TWO),
}


def main(engine: options.Engine = options.BOTH, minutes: float = 10, json: Path | None = None) -> None:
    """Measure each engine, print the tables, and put the results into the file."""
    found = measure_all(options.chosen(engine), minutes)
    print(*report.tables(found), sep="\n")
    options.save(json, found)


def measure_all(engines: list[str], minutes: float) -> dict[str, Any]:
    """Return a worker's results on each engine, and those of two workers on the first one."""
    return {"footprint": {engine: footprint(engine, minutes) for engine in engines}, "workers": compare(engines[0])}


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


def compare(engine: str) -> dict[str, Any]:
    """Return a set read by key with one worker and with two, in turn; nothing on a machine of one CPU."""
    if len(processors.TWO_SERVERS) < 2:
        return {}
    found: dict[str, list[dict[str, float]]] = {count: [] for count in CPUS}
    with fresh_site(engine) as site, ExitStack() as stack:
        with Server(OURS, site) as server:
            scenario, takes = scenarios(arrange(server))[0], {}
        for count, (cpus, _) in CPUS.items():
            server = stack.enter_context(Server(OURS, site, on=cpus, workers=count))
            settle(server)
            takes[count] = partial(_round, server, scenario, count)
            takes[count]()
        for _ in range(ROUNDS):
            for count, take in takes.items():
                found[count].append(take())
    medians = {count: {name: median(one[name] for one in each) for name in each[0]} for count, each in found.items()}
    one, two = medians["1"], medians["2"]
    ratios = {"scaling": two["of_cpu"] * 2 / one["of_cpu"], "wall": two["rate"] / one["rate"]}
    return {"engine": engine, **ratios, "median": medians}


def _round(server: Server, scenario: Scenario, count: str) -> dict[str, float]:
    """Return the rate; the rate on a CPU that is the workers' alone; the busiest one's share of their CPU time."""
    cpus, load = CPUS[count]
    before, idle = processors.cpu_seconds(server.pid), _idle(cpus)
    found = measure(server, scenario, SECONDS, load)
    used = [total - before.get(pid, 0.0) for pid, total in processors.cpu_seconds(server.pid).items()]
    theirs = sum(used) + _idle(cpus) - idle
    return {"rate": found.rate, "of_cpu": found.requests / theirs, "busiest": max(used) / sum(used)}


def _idle(cpus: Iterable[int]) -> float:
    """Return the seconds in which these CPUs had nothing to do so far."""
    times = psutil.cpu_times(percpu=True)
    return float(sum(times[number].idle + getattr(times[number], "iowait", 0.0) for number in cpus))


if __name__ == "__main__":
    options.run(main)
