"""The figures as a table to read and as data to keep."""

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from bench.load import Measurement
from bench.servers import COMMANDS, OURS, RAW, STARLETTE, UNCOUNTED

# On SQLite, from the issues: at least this much of (a) and of (b).
TARGETS = {
    ("set read by key", STARLETTE): 0.6,
    ("set read by key", RAW): 0.15,
    ("set create", STARLETTE): 0.6,
    ("curated set read", RAW): 0.6,
}
# Metering and limits may cost this share of the throughput of a set read by key.
MOST_FOR_COUNTING = 0.12
# What the table shows: title, field of a measurement, format.
GROUPS = (
    ("requests/s", "rate", ".0f"),
    ("p50 ms", "p50", ".2f"),
    ("p99 ms", "p99", ".2f"),
    ("CPU µs a request", "cpu", ".0f"),
)
NOTE = (
    "Curated sets: ours answers from bytes that it keeps ready for less than a second;"
    " (a) and (b) read the rows and encode them at each request."
)
Rounds = dict[str, list[Measurement]]


@dataclass(frozen=True, slots=True)
class Row:
    """A scenario: the medians of each server's rounds."""

    scenario: str
    medians: dict[str, Measurement]

    @classmethod
    def of(cls, scenario: str, rounds: Rounds) -> "Row":
        """From the rounds of each server."""
        return cls(scenario, {server: _median(measurements) for server, measurements in rounds.items()})

    def ratio(self, server: str) -> float:
        """Our requests a second as a share of the server's."""
        return self.medians[OURS].rate / self.medians[server].rate


def _median(measurements: Sequence[Measurement]) -> Measurement:
    requests = sum(measurement.requests for measurement in measurements)
    names = ("rate", "p50", "p99", "cpu")
    return Measurement(requests, *(median(getattr(one, name) for one in measurements) for name in names))


def table(rows: Sequence[Row]) -> str:
    """Requests a second, latencies and processor time of each server, the two ratios, and what to know of them."""
    head = f"{'':17}" + "".join(f"{title:>24}" for title, _, _ in GROUPS) + f"{'ratio':>16}"
    names = f"{'':17}" + "".join(f"{server.split()[0]:>8}" for _ in GROUPS for server in COMMANDS)
    lines = [head.rstrip(), names + f"{'of (a)':>8}{'of (b)':>8}"]
    for row in rows:
        cells = (
            format(getattr(row.medians[server], figure), form) for _, figure, form in GROUPS for server in COMMANDS
        )
        ratios = (format(row.ratio(server), ".2f") for server in (STARLETTE, RAW))
        lines.append(f"{row.scenario:17}" + "".join(f"{cell:>8}" for cell in (*cells, *ratios)))
    return "\n".join([*lines, NOTE])


def cost_of_counting(rounds: Rounds) -> str:
    """What metering and limits cost, in words: the throughput of a set read by key with them and without."""
    found = counting(rounds)
    met = "met" if found["cost"] <= MOST_FOR_COUNTING else "MISSED"
    return (
        f"metering and limits: {found['with']:.0f}/s with, {found['without']:.0f}/s without: they cost"
        f" {found['cost']:.1%} of the throughput, {found['cpu']:.0f} µs of CPU;"
        f" at most {MOST_FOR_COUNTING:.0%} wanted: {met}"
    )


def counting(rounds: Rounds) -> dict[str, float]:
    """The same as data: requests a second, the share of them that is lost, and CPU µs a request."""
    with_, without = _median(rounds[OURS]), _median(rounds[UNCOUNTED])
    return {
        "with": with_.rate,
        "without": without.rate,
        "cost": 1 - with_.rate / without.rate,
        "cpu": with_.cpu - without.cpu,
    }


def verdicts(rows: Sequence[Row]) -> list[str]:
    """Each target, and whether it is met."""
    found = {row.scenario: row for row in rows}
    told = []
    for (scenario, server), wanted in TARGETS.items():
        ratio = found[scenario].ratio(server)
        told.append(f"{scenario}: {ratio:.2f} of {server}, wanted {wanted}: {'met' if ratio >= wanted else 'MISSED'}")
    return told


def data(rows: Sequence[Row], rounds: dict[str, Rounds]) -> dict[str, Any]:
    """One engine's figures: medians, ratios, and every round."""
    return {
        row.scenario: {
            "median": {server: asdict(one) for server, one in row.medians.items()},
            "ratio": {server: round(row.ratio(server), 4) for server in (STARLETTE, RAW)},
            "rounds": {
                server: [asdict(one) for one in measurements] for server, measurements in rounds[row.scenario].items()
            },
        }
        for row in rows
    }


def machine() -> dict[str, Any]:
    """Where this is measured, and how busy it is just before."""
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 2),
    }
