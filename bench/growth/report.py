"""The figures of growth as tables to read, and as data to keep."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from bench.growth.load import Latencies

GOAL = 1.2
Rounds = Mapping[tuple[str, int], Sequence[Latencies]]


def data(rounds: Rounds) -> list[dict[str, Any]]:
    """Medians of each path at each size: [{accounts, path, p50, p99}], times in milliseconds."""
    return [
        {"accounts": accounts, "path": path, **{name: round(value, 3) for name, value in _medians(found).items()}}
        for (path, accounts), found in rounds.items()
    ]


def _medians(found: Sequence[Latencies]) -> dict[str, float]:
    return {name: median(getattr(one, name) for one in found) for name in ("p50", "p99")}


def latencies(rounds: Rounds) -> str:
    """A table of p50 / p99 at each size, and the ratio of the p50 at the largest to that at the smallest."""
    sizes = sorted({accounts for _, accounts in rounds})
    head = ["path", *[f"{accounts:,}" for accounts in sizes], "p50 ratio"]
    lines = []
    for path in dict.fromkeys(path for path, _ in rounds):
        of_path = [_medians(rounds[path, accounts]) for accounts in sizes]
        ratio = of_path[-1]["p50"] / of_path[0]["p50"]
        shown = [f"{one['p50']:.2f} / {one['p99']:.2f}" for one in of_path]
        lines.append([path, *shown, f"{ratio:.2f}" + (f" (goal {GOAL})" if ratio > GOAL else "")])
    return table(head, lines)


def logged(rounds: Rounds, paths: Sequence[str]) -> str:
    """A table of the bytes of write-ahead log for each request: the least of any round, as others write too."""
    sizes = sorted({accounts for _, accounts in rounds})
    lines = [
        [path, *[f"{min(one.logged for one in rounds[path, accounts]):,.0f}" for accounts in sizes]] for path in paths
    ]
    return table(["bytes of WAL a request", *[f"{accounts:,}" for accounts in sizes]], lines)


def disk(rows: Sequence[Mapping[str, Any]], accounts: int) -> str:
    """A table of the bytes an account takes, by table, rows and indices apart."""
    lines = [
        [row["name"], *[f"{row[part] / accounts:,.0f}" for part in ("rows", "indices")]]
        for row in rows
        if row["rows"] + row["indices"] >= accounts
    ]
    sums = [sum(row[part] for row in rows) for part in ("rows", "indices")]
    lines.append(["together", *[f"{one / accounts:,.0f}" for one in sums]])
    return table(["bytes an account", "rows", "indices"], lines)


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Text in columns, as Markdown has it."""
    widths = [max(len(line[place]) for line in [head, *lines]) for place in range(len(head))]

    def row(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"

    return "\n".join([row(head), row(["-" * width for width in widths]), *map(row, lines)])
