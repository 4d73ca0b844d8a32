"""What is wanted of the figures, from the issues, and whether it is met."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bench.servers import BARE, FASTAPI, OURS, RAW, STARLETTE

# Scenario: at least this much of (a) and of (b). Ahead of (c) everywhere.
_EVERYWHERE: dict[str, dict[str, float]] = {
    "set read by key": {STARLETTE: 0.75, RAW: 0.35},
    "set read by JWT": {STARLETTE: 0.75, RAW: 0.35},
    "whoami by key": {STARLETTE: 0.75, RAW: 0.35},
    "curated set list": {RAW: 0.6},
    "curated set read": {RAW: 0.6},
}
RATIOS = {
    "sqlite": {
        **_EVERYWHERE,
        "set create": {STARLETTE: 0.8, RAW: 0.5},
        "set update": {STARLETTE: 0.8, RAW: 0.5},
    },
    "postgresql": {**_EVERYWHERE, "set read by key": {STARLETTE: 0.8, RAW: 0.35}},
}
# Milliseconds, for a set read by key on SQLite, where bare uvicorn answers BARE_RATE a second.
P99, BARE_RATE, TIMED = 25.0, 42_000.0, "set read by key"
# Metering and limits may cost this share of the throughput of a set read by key.
MOST_FOR_COUNTING = 0.12
# Of a worker: megabytes (1,000,000 bytes) resident; megabytes more in each minute of load; seconds until it answers.
MEGABYTES, GROWTH, START_SECONDS = 140.0, 0.5, 2.0
# Two workers on two processors against one.
SCALING = 1.7


@dataclass(frozen=True, slots=True)
class Verdict:
    """A goal and what was found; `most` says that less is better."""

    what: str
    found: float
    wanted: float
    unit: str = ""
    most: bool = False
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether it is as wanted."""
        return self.found <= self.wanted if self.most else self.found >= self.wanted

    def __str__(self) -> str:
        bound = "at most" if self.most else "at least"
        told = f"{self.what}: {self.found:.2f}{self.unit}, {bound} {self.wanted:.2f}{self.unit} wanted"
        return f"{'met   ' if self.met else 'MISSED'} {told}{self.note}"


def of_engine(engine: str, found: Mapping[str, Any]) -> Iterator[Verdict]:
    """The verdicts on one engine's figures, as they are kept."""
    for scenario, figures in found["scenarios"].items():
        for server, ratio in figures["ratio"].items():
            wanted = RATIOS[engine].get(scenario, {}).get(server)
            if server == FASTAPI:
                # Ahead: more than as fast, to the last digit that is kept.
                wanted = 1.0001
            if wanted is not None:
                by_cpu = f" ({figures['ratio_by_cpu'][server]:.2f} by processor time)"
                yield Verdict(f"{scenario}, of {server}", ratio, wanted, note=by_cpu)
    if engine == "sqlite":
        medians = found["scenarios"][TIMED]["median"]
        bare = medians[BARE]["rate"]
        wanted = P99 * BARE_RATE / bare
        yield Verdict(
            f"{TIMED}, p99 where bare uvicorn does {bare:,.0f}/s", medians[OURS]["p99"], wanted, " ms", True
        )
    yield Verdict("cost of metering and limits", found["counting"]["cost"], MOST_FOR_COUNTING, most=True)


def of_footprint(found: Mapping[str, Any]) -> Iterator[Verdict]:
    """The verdicts on a worker's start and memory."""
    yield Verdict("start to first answer", found["start"]["median"], START_SECONDS, " s", True)
    memory = found["memory"]
    for when in ("idle", "loaded"):
        yield Verdict(f"memory of a worker, {when}", memory[when]["rss"], MEGABYTES, " MB", True)
    if memory["minutes"] >= 5:
        yield Verdict("growth of memory under load", memory["slope"], GROWTH, " MB/min", True)


def of_workers(found: Mapping[str, Any]) -> Iterator[Verdict]:
    """The verdict on two workers, where there are two."""
    if "scaling" in found:
        yield Verdict("two workers on two processors, of one", found["scaling"], SCALING)
