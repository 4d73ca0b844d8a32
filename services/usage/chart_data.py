"""What charts of usage show: reports as columns over time, or as bars of those with most calls."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from services.usage.charts import Chart
from services.usage.spans import GRANULES

# More series could not be distinguished, and would take longer to draw.
MOST_COLUMNS, MOST_SERIES = 62, 8
REST, TOKENS, CALLS = "other", "sessions and deleted keys", "calls"


class List(NamedTuple):
    """A list of a report: the member of `Heaviest` in the document, and what its chart calls it."""

    member: str
    name: str


LISTS = {
    "accounts": List("accounts", "accounts"),
    "keys": List("keys", "API keys"),
    "networks": List("anonymous", "networks of anonymous callers"),
}


def over_time(usage: Mapping[str, Any], by: str | None, names: Mapping[str, str]) -> Chart:
    """Return the columns of a report (`Usage` in the document).

    The series are what it is grouped by: those with most calls, and the sum of all others. `names` are those of keys.
    """
    begin, end = (datetime.fromisoformat(usage[name]) for name in ("from", "to"))
    granule = GRANULES[usage["granularity"]]
    width = granule * max(1, -(-((end - begin) // granule) // MOST_COLUMNS))
    columns = -(-(end - begin) // width)
    calls: dict[str, Counter[int]] = defaultdict(Counter)
    for row in usage["rows"]:
        calls[_group(row, by)][(datetime.fromisoformat(row["at"]) - begin) // width] += row["calls"]
    series = [(names.get(group, group), counts) for group, counts in _heaviest_first(calls)]
    form = "%Y-%m-%d" if usage["granularity"] == "day" else "%Y-%m-%d %H:%M"
    totals, times = usage["totals"], [begin + number * width for number in range(columns)]
    title = f"Calls{f' by {by}' if by else ''} from {begin:{form}} to {end:{form}} (UTC)"
    parts = [f"{name}: {counts.total()}" for name, counts in series] if by else []
    return Chart(
        title,
        _sentence(f"{totals['calls']} calls, of which {totals['errors']} ended in an error", parts),
        tuple(f"{time:{form}}" for time in times),
        tuple((name, tuple(counts[number] for number in range(columns))) for name, counts in series),
    )


def keys_shown(usage: Mapping[str, Any]) -> list[str]:
    """Return the keys that have a series of their own in the columns of a report that is grouped by key."""
    calls: Counter[str] = Counter()
    for row in usage["rows"]:
        calls[_group(row, "key")] += row["calls"]
    return [key for key, _ in calls.most_common(MOST_SERIES + 1) if key != TOKENS]


def heaviest(usage: Mapping[str, Any], which: str) -> Chart:
    """Return the bars of one list of a report (`Heaviest` in the document)."""
    rows = usage[LISTS[which].member]
    labels = [_label(row, which) for row in rows]
    series = (
        ("without error", tuple(row["calls"] - row["errors"] for row in rows)),
        ("errors", tuple(row["errors"] for row in rows)),
    )
    parts = [f"{label}: {row['calls']}" for label, row in zip(labels, rows, strict=True)]
    form = "%Y-%m-%d %H:%M" if usage["period"] == "now" else "%Y-%m-%d"
    begin, end = (f"{datetime.fromisoformat(usage[name]):{form}}" for name in ("from", "to"))
    title = f"Calls of {LISTS[which].name} from {begin} to {end} (UTC)"
    description = _sentence("The ones with most calls", parts) if rows else "No calls."
    return Chart(title, description, tuple(labels), series if rows else (), horizontal=True)


def _group(row: Mapping[str, Any], by: str | None) -> str:
    return str(row[by] or TOKENS) if by else CALLS


def _heaviest_first(calls: Mapping[str, Counter[int]]) -> list[tuple[str, Counter[int]]]:
    ordered = sorted(calls.items(), key=lambda item: (-item[1].total(), item[0]))
    rest = sum((counts for _, counts in ordered[MOST_SERIES:]), Counter[int]())
    return ordered[:MOST_SERIES] + ([(REST, rest)] if rest else [])


def _label(row: Mapping[str, Any], which: str) -> str:
    if which == "keys":
        return f"{row['name']} ({row['username']})"
    return str(row["username" if which == "accounts" else "network"])


def _sentence(beginning: str, parts: list[str]) -> str:
    return f"{beginning}. {', '.join(parts)}." if parts else f"{beginning}."
