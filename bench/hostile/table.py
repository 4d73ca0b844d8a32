"""The results as the table of `docs/performance.md`."""

from collections.abc import Iterator, Mapping
from typing import Any

from bench.report import table

MOST_SECONDS, MOST_GROWTH = 0.5, 150.0
TITLES = ["item", "attack", "engine", "/health, s", "authenticated read, s", "failed", "growth, MB", ""]


def is_met(row: Mapping[str, Any]) -> bool:
    """Return whether the other client was served, the memory stayed, and calls are still counted."""
    quick = max(row["health"], row["read"]) <= MOST_SECONDS and not row["failures"]
    return bool(quick and row["growth"] <= MOST_GROWTH and row["metered"] and not row["forbidden"])


def markdown(results: Mapping[str, Any]) -> Iterator[str]:
    """Yield the machine and the table, in Markdown."""
    machine = results["machine"]
    yield (
        f"Commit {machine['commit']}, {machine['at']} UTC, {machine['processor']},"
        f" {machine['processors']} processors, {results['pinned']}, attacks of {results['seconds']:g} s.\n"
    )
    yield from table(TITLES, map(_cells, results["rows"]))


def _cells(row: Mapping[str, Any]) -> list[str]:
    figures = [
        f"{row['health']:.2f}",
        f"{row['read']:.2f}",
        str(sum(row["failures"].values())),
        f"{row['growth']:.0f}",
    ]
    return [row["item"], row["attack"], row["engine"], *figures, "met" if is_met(row) else "**missed**"]
