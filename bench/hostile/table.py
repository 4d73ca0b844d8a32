"""The figures as lines to read and as the table of `docs/performance.md`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

MOST_SECONDS, MOST_GROWTH = 0.5, 150.0
RUNS = ("before", "after")
HEAD = (
    f"{'attack':42}{'engine':>11}{'/health s':>10}{'read s':>8}{'+MB':>7}{'failed':>7}{'mails':>6}  verdict, answers"
)


def is_met(row: Mapping[str, Any]) -> bool:
    """Whether the other client noticed little, the memory stayed, and calls are counted still."""
    quick = max(row["health"], row["read"]) <= MOST_SECONDS and not row["failures"]
    return bool(quick and row["growth"] <= MOST_GROWTH and row["metered"] and not row["forbidden"])


def line(row: Mapping[str, Any]) -> str:
    """One attack."""
    told = " ".join(f"{answer}:{times}" for answer, times in sorted(row["answers"].items()))
    notes = [] if row["metered"] else ["METERING STOPPED"]
    notes += [f"probes {row['failures']}"] if row["failures"] else []
    return (
        f"{row['attack']:42}{row['engine']:>11}{row['health']:10.3f}{row['read']:8.3f}{row['growth']:7.0f}"
        f"{sum(row['failures'].values()):7}{row['mails']:6}  {'met' if is_met(row) else 'MISSED'}"
        f" {' '.join([told, *notes])}"
    )


def markdown(kept: Mapping[str, Any]) -> Iterator[str]:
    """The runs of a file side by side, as a table in Markdown."""
    runs = [run for run in RUNS if run in kept]
    for run in runs:
        machine = kept[run]["machine"]
        yield (
            f"{run.capitalize()}: commit {machine['commit']}, {machine['at']} UTC, {machine['processor']},"
            f" {machine['processors']} processors, {machine['pinned']}, attacks of {machine['seconds']:g} s."
        )
        yield ""
    yield "| item | attack | engine | /health, s | authenticated read, s | failed | growth, MB | |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for run in runs:
        for row in kept[run]["rows"]:
            found.setdefault((row["attack"], row["engine"]), {})[run] = row
    for rows in found.values():
        yield _cells([rows.get(run) for run in RUNS])


def _cells(runs: Sequence[Mapping[str, Any] | None]) -> str:
    """One attack: each figure before and after, the verdict of the last run."""

    def both(form: Callable[[Mapping[str, Any]], str]) -> str:
        return " → ".join(form(run) if run else "-" for run in runs)

    last = [run for run in runs if run][-1]
    cells = [
        last["item"],
        last["attack"],
        last["engine"],
        both(lambda run: f"{run['health']:.2f}"),
        both(lambda run: f"{run['read']:.2f}"),
        both(lambda run: str(sum(run["failures"].values()))),
        both(lambda run: f"{run['growth']:.0f}"),
        "met" if is_met(last) else "**missed**",
    ]
    return f"| {' | '.join(cells)} |"
