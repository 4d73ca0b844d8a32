"""The tables of `docs/performance.md`: `python -m bench.report docs/performance.json`."""

import os
import platform
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from bench import goals, options, processors
from bench.databases import TITLES
from bench.load import CONNECTIONS, Measurement
from bench.servers import BARE, FORMER, OURS, REFERENCES, UNCOUNTED

# Of a measurement.
FIGURES = {"rate": ",.0f", "p50": ".2f", "p99": ".2f", "cpu": ".0f"}


def run_of(seconds: float, rounds: int) -> dict[str, Any]:
    """Return what the results depend on: the machine, the commit, the load."""
    cpuinfo = Path("/proc/cpuinfo").read_text().splitlines()
    git = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    machine = {
        "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        "commit": subprocess.run(git, capture_output=True, text=True).stdout.strip(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": platform.platform(),
        "processor": next((line.partition(": ")[2] for line in cpuinfo if "model name" in line), ""),
        "processors": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
    }
    load = {"load": "wrk", "pinned": processors.DESCRIPTION, "connections": CONNECTIONS}
    return {"machine": machine, **load, "seconds": seconds, "rounds": rounds}


def of_scenario(medians: Mapping[str, Measurement]) -> dict[str, Any]:
    """Return one scenario's medians and ratios."""
    ours = medians[OURS]
    others = {name: one for name, one in medians.items() if name in (*REFERENCES, FORMER)}
    return {
        "median": {name: asdict(one) for name, one in medians.items()},
        "ratio": {name: round(ours.rate / one.rate, 4) for name, one in others.items()},
        "ratio_by_cpu": {name: round(one.cpu / ours.cpu, 4) for name, one in others.items()},
    }


def counting(medians: Mapping[str, Measurement]) -> dict[str, float]:
    """Return the rates with and without metering and limits, the share lost, and the CPU µs a request."""
    counted, uncounted = medians[OURS], medians[UNCOUNTED]
    cost = {"cost": 1 - counted.rate / uncounted.rate, "cpu": counted.cpu - uncounted.cpu}
    return {"with": counted.rate, "without": uncounted.rate, **cost}


def tables(results: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of all results: machine, engines, ten thousand keys, worker."""
    if "machine" in results:
        machine = results["machine"]
        yield (
            f"{machine['at']} UTC, commit {machine['commit']}: {machine['processor']}, {machine['processors']}"
            f" processors, {machine['memory_gb']} GB; {machine['system']}, Python {machine['python']},"
            f" SQLite {machine['sqlite']}; {results['load']}, {results['connections']} connections,"
            f" {results['pinned']}; medians of {results['rounds']} rounds of {results['seconds']} s."
        )
    for engine, found in results.get("engines", {}).items():
        yield from ("", f"### {TITLES[engine]} {found['version']}".rstrip(), "", *_engine(engine, found))
    for engine, found in results.get("keys", {}).items():
        yield from ("", f"### Ten thousand keys on {TITLES[engine]}", "", *_keys(found))
    for engine, found in results.get("footprint", {}).items():
        yield from ("", f"### A worker on {TITLES[engine]}", "", *_worker(found))


def _engine(engine: str, results: Mapping[str, Any]) -> Iterator[str]:
    counted, bare = results["counting"], results["scenarios"][goals.TIMED]["median"][BARE]
    compared = [name for name in (OURS, *REFERENCES, FORMER) if name in results["scenarios"][goals.TIMED]["median"]]
    short, lines = [server.split()[0] for server in compared], []
    for scenario, found in results["scenarios"].items():
        medians = [found["median"][name] for name in compared]
        latency = [f"{medians[0][name]:.2f}" for name in ("p50", "p99")]
        cpu = (f"{one['cpu']:.0f}" for one in medians)
        ratios = (f"{found['ratio'][name]:.2f}" for name in compared[1:])
        lines.append([scenario, *(f"{one['rate']:,.0f}" for one in medians), *latency, " / ".join(cpu), *ratios])
    titles = [*(f"{name} /s" for name in short), "ours p50 ms", "ours p99 ms", f"CPU µs {' / '.join(short)}"]
    yield from (f"Load average before: {results['load_average']}. Bare uvicorn: {bare['rate']:,.0f}/s.", "")
    yield from table(["", *titles, *(f"of {name}" for name in short[1:])], lines)
    yield (
        f"\nMetering and limits: {counted['with']:,.0f}/s with, {counted['without']:,.0f}/s without: they cost"
        f" {counted['cost']:.1%} of the throughput and {counted['cpu']:.0f} µs of CPU a request.\n"
    )
    yield from goal_table(goals.of_engine(engine, results))


def _keys(results: Mapping[str, Any]) -> Iterator[str]:
    lines = [
        [f"{load}, {keys}", *(format(one[name], style) for name, style in FIGURES.items())]
        for load, found in results.items()
        for keys, one in found.items()
    ]
    yield from (*table(["", "/s", "p50 ms", "p99 ms", "CPU µs"], lines), "", *goal_table(goals.of_keys(results)))


def _worker(results: Mapping[str, Any]) -> Iterator[str]:
    memory, idle, loaded = results["memory"], results["memory"]["idle"], results["memory"]["loaded"]
    yield (
        f"{memory['requests']:,} requests of all kinds in {memory['minutes']:g} minutes; RSS {idle['rss']:.1f} MB"
        f" idle, {loaded['rss']:.1f} MB at the end (PSS {idle['pss']:.1f} and {loaded['pss']:.1f}),"
        f" {memory['slope']:+.2f} MB a minute in the second half.\n"
    )
    yield from goal_table(goals.of_worker(results))


def goal_table(found: Iterable[goals.Goal]) -> Iterator[str]:
    """Yield a table of goals."""
    lines = []
    for goal in found:
        bound = f"{'≤' if goal.most else '≥'} {goal.wanted:.2f}{goal.unit}"
        met = ("met" if goal.met else "**missed**") + goal.note
        lines.append([goal.name, f"{goal.found:.2f}{goal.unit}", bound, met])
    return table(["goal", "found", "wanted", ""], lines)


def table(titles: Sequence[str], lines: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a table in Markdown."""
    for cells in (titles, ["---"] * len(titles), *lines):
        yield f"| {' | '.join(cells)} |".replace("|  |", "| |")


if __name__ == "__main__":
    print(*tables(options.load(Path(sys.argv[1]))), sep="\n")
