"""The results as the table of `docs/performance.md`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from bench.report import table

MOST_SECONDS, MOST_GROWTH = 0.5, 150.0
RUNS = ("before", "after")
TITLES = ["item", "attack", "engine", "/health, s", "authenticated read, s", "failed", "growth, MB", ""]


def is_met(row: Mapping[str, Any]) -> bool:
    """Return whether the other client was served, the memory stayed, and calls are still counted."""
    quick = max(row["health"], row["read"]) <= MOST_SECONDS and not row["failures"]
    return bool(quick and row["growth"] <= MOST_GROWTH and row["metered"] and not row["forbidden"])


def markdown(results: Mapping[str, Any]) -> Iterator[str]:
    """Yield the runs of a file side by side, as a table in Markdown."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for run in filter(results.get, RUNS):
        machine = results[run]["machine"]
        yield (
            f"{run.capitalize()}: commit {machine['commit']}, {machine['at']} UTC, {machine['processor']},"
            f" {machine['processors']} processors, {machine['pinned']}, attacks of {machine['seconds']:g} s."
        )
        yield ""
        for row in results[run]["rows"]:
            found.setdefault((row["attack"], row["engine"]), {})[run] = row
    yield from table(TITLES, [_cells([rows.get(run) for run in RUNS]) for rows in found.values()])


def _cells(runs: Sequence[Mapping[str, Any] | None]) -> list[str]:
    """Return one attack: each result before and after, and whether the last run met the goal."""

    def both(form: Callable[[Mapping[str, Any]], str]) -> str:
        return " → ".join(form(run) if run else "-" for run in runs)

    last = [run for run in runs if run][-1]
    return [
        *(last["item"], last["attack"], last["engine"]),
        both(lambda run: f"{run['health']:.2f}"),
        both(lambda run: f"{run['read']:.2f}"),
        both(lambda run: str(sum(run["failures"].values()))),
        both(lambda run: f"{run['growth']:.0f}"),
        "met" if is_met(last) else "**missed**",
    ]
