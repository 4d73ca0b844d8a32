"""What charts of usage show: reports as columns over time, or as bars of those with most calls."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.usage.chart_texts import USUAL_LANGUAGE, ChartTexts, chart_texts
from services.usage.charts import Chart
from services.usage.spans import GRANULES

# More series could not be distinguished, and would take longer to draw.
MOST_COLUMNS, MOST_SERIES = 62, 8
# The group of calls without a key, and of all calls of a report that is not grouped.
NO_GROUP = ""
# Of each list of a report the member of `Heaviest` in the document.
LISTS = {"accounts": "accounts", "keys": "keys", "networks": "anonymous"}
# In the document, the network of callers whose network is unknown or one too many.
OTHER_NETWORKS = "other"


def over_time(
    usage: Mapping[str, Any], by: str | None, names: Mapping[str, str], language: str = USUAL_LANGUAGE
) -> Chart:
    """Return the columns of a report (`Usage` in the document).

    The series are what it is grouped by: those with most calls, and the sum of all others. `names` are those of keys.
    """
    texts = chart_texts(language)
    begin, end = (datetime.fromisoformat(usage[name]) for name in ("from", "to"))
    granule = GRANULES[usage["granularity"]]
    width = granule * max(1, -(-((end - begin) // granule) // MOST_COLUMNS))
    columns = -(-(end - begin) // width)
    calls: dict[str, Counter[int]] = defaultdict(Counter)
    for row in usage["rows"]:
        calls[_group(row, by)][(datetime.fromisoformat(row["at"]) - begin) // width] += row["calls"]
    series = _series(calls, {NO_GROUP: texts.tokens if by else texts.calls, **names}, texts)
    form = "%Y-%m-%d" if usage["granularity"] == "day" else "%Y-%m-%d %H:%M"
    totals, times = usage["totals"], [begin + number * width for number in range(columns)]
    sums = texts.sums.format(calls=texts.number(totals["calls"]), errors=texts.number(totals["errors"]))
    parts = [f"{name}: {texts.number(counts.total())}" for name, counts in series] if by else []
    return Chart(
        texts.title(by or "total", f"{begin:{form}}", f"{end:{form}}"),
        _sentence(sums, parts),
        tuple(f"{time:{form}}" for time in times),
        tuple((name, tuple(counts[number] for number in range(columns))) for name, counts in series),
    )


def keys_shown(usage: Mapping[str, Any]) -> list[str]:
    """Return the keys that have a series of their own in the columns of a report that is grouped by key."""
    calls: Counter[str] = Counter()
    for row in usage["rows"]:
        calls[_group(row, "key")] += row["calls"]
    return [key for key, _ in calls.most_common(MOST_SERIES + 1) if key != NO_GROUP]


def heaviest(usage: Mapping[str, Any], which: str, language: str = USUAL_LANGUAGE) -> Chart:
    """Return the bars of one list of a report (`Heaviest` in the document)."""
    texts = chart_texts(language)
    rows = usage[LISTS[which]]
    labels = [_label(row, which, texts) for row in rows]
    series = (
        (texts.without_error, tuple(row["calls"] - row["errors"] for row in rows)),
        (texts.errors, tuple(row["errors"] for row in rows)),
    )
    parts = [f"{label}: {texts.number(row['calls'])}" for label, row in zip(labels, rows, strict=True)]
    form = "%Y-%m-%d %H:%M" if usage["period"] == "now" else "%Y-%m-%d"
    begin, end = (f"{datetime.fromisoformat(usage[name]):{form}}" for name in ("from", "to"))
    description = _sentence(texts.heaviest if rows else texts.none, parts)
    return Chart(texts.title(which, begin, end), description, tuple(labels), series if rows else (), horizontal=True)


def _group(row: Mapping[str, Any], by: str | None) -> str:
    return str(row[by] or NO_GROUP) if by else NO_GROUP


def _series(
    calls: Mapping[str, Counter[int]], names: Mapping[str, str], texts: ChartTexts
) -> list[tuple[str, Counter[int]]]:
    ordered = sorted(calls.items(), key=lambda item: (-item[1].total(), item[0]))
    rest = sum((counts for _, counts in ordered[MOST_SERIES:]), Counter[int]())
    shown = [(names.get(group, group), counts) for group, counts in ordered[:MOST_SERIES]]
    return shown + ([(texts.other, rest)] if rest else [])


def _label(row: Mapping[str, Any], which: str, texts: ChartTexts) -> str:
    if which == "keys":
        return f"{row['name']} ({row['username']})"
    if which == "accounts":
        return str(row["username"])
    return texts.other if row["network"] == OTHER_NETWORKS else str(row["network"])


def _sentence(beginning: str, parts: list[str]) -> str:
    return f"{beginning}. {', '.join(parts)}." if parts else f"{beginning}."
