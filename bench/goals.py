"""The goals of the results, from the issues."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from bench.servers import BARE, FASTAPI, FORMER, OURS, RAW, STARLETTE

# Scenario: the least share of the rate of (a) and of (b).
_EVERYWHERE: dict[str, dict[str, float]] = {
    **{name: {STARLETTE: 0.75, RAW: 0.35} for name in ("set read by key", "set read by JWT", "whoami by key")},
    **{name: {RAW: 0.6} for name in ("curated set list", "curated set read")},
}
_WRITES = {STARLETTE: 0.8, RAW: 0.5}
RATIOS = {
    "sqlite": {**_EVERYWHERE, "set create": _WRITES, "set update": _WRITES},
    "postgresql": {**_EVERYWHERE, "set read by key": {STARLETTE: 0.8, RAW: 0.35}},
}
# In every scenario ahead of (c): faster, to the last digit that is kept; and not much slower than a former checkout.
ALWAYS = {FASTAPI: 1.0001, FORMER: 0.9}
# The p99 in ms of a set read by key on SQLite, on a machine where bare uvicorn answers BARE_RATE requests a second.
P99, BARE_RATE, TIMED = 25.0, 42_000.0, "set read by key"
# The share of a set read by key that metering and limits may cost.
MOST_FOR_COUNTING = 0.12
# A worker: MB (1,000,000 bytes) resident, MB more a minute under load, seconds until it is ready.
MEGABYTES, GROWTH, START_SECONDS = 140.0, 0.5, 2.0
# Two workers on two CPUs against one on one.
SCALING = 1.7
# Ten thousand keys against one: the least share of the rate, and how many times the p99.
KEYS_RATE, KEYS_P99 = 0.8, 2.0


class Goal(NamedTuple):
    """A goal and its result; `most` if less is better."""

    name: str
    found: float
    wanted: float
    unit: str = ""
    most: bool = False
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        return self.found <= self.wanted if self.most else self.found >= self.wanted


def of_engine(engine: str, results: Mapping[str, Any]) -> Iterator[Goal]:
    """Yield the goals of one engine's scenarios."""
    for scenario, found in results["scenarios"].items():
        wanted = {**RATIOS[engine].get(scenario, {}), **ALWAYS}
        for server in filter(wanted.get, found["ratio"]):
            note = f" ({found['ratio_by_cpu'][server]:.2f} by CPU time)"
            yield Goal(f"{scenario}, of {server}", found["ratio"][server], wanted[server], note=note)
    if engine == "sqlite":
        medians = results["scenarios"][TIMED]["median"]
        bare = medians[BARE]["rate"]
        name = f"{TIMED}, p99 where bare uvicorn does {bare:,.0f}/s"
        yield Goal(name, medians[OURS]["p99"], P99 * BARE_RATE / bare, " ms", True)
    yield Goal("cost of metering and limits", results["counting"]["cost"], MOST_FOR_COUNTING, most=True)


def of_worker(results: Mapping[str, Any]) -> Iterator[Goal]:
    """Yield the goals of a worker's start and memory, and of a second worker."""
    memory = results["memory"]
    yield Goal("start until ready", results["start"]["median"], START_SECONDS, " s", True)
    for when in ("idle", "loaded"):
        yield Goal(f"memory of a worker, {when}", memory[when]["rss"], MEGABYTES, " MB", True)
    if memory["minutes"] >= 5:
        yield Goal("growth of memory under load", memory["slope"], GROWTH, " MB/min", True)
    if "scaling" in results:
        yield Goal("two workers on two CPUs, of one", results["scaling"], SCALING)


def of_keys(results: Mapping[str, Any]) -> Iterator[Goal]:
    """Yield the goals of ten thousand keys on one engine."""
    for load, found in results.items():
        one, many = found["one key"], found["many keys"]
        yield Goal(f"{load}: rate, of one key's", many["rate"] / one["rate"], KEYS_RATE)
        yield Goal(f"{load}: p99, of one key's", many["p99"] / one["p99"], KEYS_P99, most=True)
