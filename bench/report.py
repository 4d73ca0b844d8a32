"""The figures as a table to read and as data to keep."""

import os
import platform
import sqlite3
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from bench.load import Measurement
from bench.servers import COMMANDS, OURS, REFERENCES, ROOT, UNCOUNTED

# What the table shows: title, field of a measurement, format, of which servers.
GROUPS = (
    ("requests/s", "rate", ".0f", tuple(COMMANDS)),
    ("p50 ms", "p50", ".2f", (OURS,)),
    ("p99 ms", "p99", ".2f", (OURS,)),
    ("CPU µs a request", "cpu", ".0f", tuple(COMMANDS)),
)
NOTE = (
    "Curated sets: ours answers from bytes that it keeps ready for less than a second; the others read the rows and"
    " encode them at each request. Ours and (a) keep what a token says; (b) and (c) verify it at each request."
)
Rounds = dict[str, list[Measurement]]


@dataclass(frozen=True, slots=True)
class Row:
    """A scenario: the medians of each server's rounds."""

    scenario: str
    medians: Mapping[str, Measurement]

    @classmethod
    def of(cls, scenario: str, rounds: Rounds) -> "Row":
        """From the rounds of each server."""
        return cls(scenario, {server: summary(measurements) for server, measurements in rounds.items()})

    @classmethod
    def kept(cls, scenario: str, figures: Mapping[str, Any]) -> "Row":
        """From what `data` made of it."""
        return cls(scenario, {server: Measurement(**one) for server, one in figures["median"].items()})

    def ratio(self, server: str) -> float:
        """Our requests a second as a share of the server's."""
        return self.medians[OURS].rate / self.medians[server].rate

    def ratio_by_cpu(self, server: str) -> float:
        """The same by processor time, which a busy machine disturbs less."""
        return self.medians[server].cpu / self.medians[OURS].cpu


def summary(measurements: Sequence[Measurement]) -> Measurement:
    """The medians of the rounds, and how many requests there were in all."""
    requests = sum(measurement.requests for measurement in measurements)
    names = ("rate", "p50", "p99", "cpu")
    return Measurement(requests, *(median(getattr(one, name) for one in measurements) for name in names))


def table(rows: Sequence[Row]) -> str:
    """Requests a second, latencies and processor time, the ratios, and what to know of them."""
    head = f"{'':17}" + "".join(f"{title:>{8 * len(servers)}}" for title, _, _, servers in GROUPS)
    names = [server.split()[0] for _, _, _, servers in GROUPS for server in servers]
    names += [f"of {server.split()[0]}" for server in REFERENCES]
    lines = [f"{head}{'ratio':>{8 * len(REFERENCES)}}", f"{'':17}" + "".join(f"{name:>8}" for name in names)]
    for row in rows:
        cells = [
            format(getattr(row.medians[server], figure), form)
            for _, figure, form, servers in GROUPS
            for server in servers
        ]
        cells += [format(row.ratio(server), ".2f") for server in REFERENCES]
        lines.append(f"{row.scenario:17}" + "".join(f"{cell:>8}" for cell in cells))
    return "\n".join([*lines, NOTE])


def cost_of_counting(found: Mapping[str, float]) -> str:
    """What metering and limits cost, in words."""
    return (
        f"Metering and limits: {found['with']:,.0f}/s with, {found['without']:,.0f}/s without: they cost"
        f" {found['cost']:.1%} of the throughput and {found['cpu']:.0f} µs of CPU a request"
    )


def counting(rounds: Rounds) -> dict[str, float]:
    """What metering and limits cost: requests a second with and without, the share lost, and CPU µs a request."""
    with_, without = summary(rounds[OURS]), summary(rounds[UNCOUNTED])
    return {
        "with": with_.rate,
        "without": without.rate,
        "cost": 1 - with_.rate / without.rate,
        "cpu": with_.cpu - without.cpu,
    }


def data(rows: Sequence[Row], rounds: Mapping[str, Rounds]) -> dict[str, Any]:
    """One engine's scenarios: medians, ratios, and every round."""
    return {
        row.scenario: {
            "median": {server: asdict(one) for server, one in row.medians.items()},
            "ratio": {server: round(row.ratio(server), 4) for server in REFERENCES},
            "ratio_by_cpu": {server: round(row.ratio_by_cpu(server), 4) for server in REFERENCES},
            "rounds": {
                server: [asdict(one) for one in measurements] for server, measurements in rounds[row.scenario].items()
            },
        }
        for row in rows
    }


def machine(root: Path = ROOT) -> dict[str, Any]:
    """Where and of what this is measured (the checkout at `root`), and how busy it is just before."""
    return {
        "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        "commit": _commit(root),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": platform.platform(),
        "processor": _processor(),
        "processors": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "load_average": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    known = Path("/proc/cpuinfo")
    lines = known.read_text().splitlines() if known.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _commit(root: Path) -> str:
    """The commit that is measured, with a plus where files differ from it; empty where git does not tell."""
    try:
        said = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--exclude=*"], cwd=root, capture_output=True, text=True
        )
    except OSError:
        return ""
    return said.stdout.strip()
