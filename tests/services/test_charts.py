"""Charts: what they show, what they say in words, and that they are plain images."""

import re
from base64 import b64encode
from hashlib import sha256
from typing import Any

import pytest
from lxml import etree

from services.usage import chart_data, charts
from services.usage.charts import Appearance, Chart

SVG = "{http://www.w3.org/2000/svg}"
DAY = "2026-11-{:02}T00:00:00.000Z"
LARGEST = 100_000


def usage(rows: list[dict[str, Any]], begin: str = DAY.format(1), end: str = DAY.format(4)) -> dict[str, Any]:
    """A report of days."""
    totals = {"calls": sum(row["calls"] for row in rows), "errors": 1}
    return {"from": begin, "to": end, "granularity": "day", "totals": totals, "rows": rows}


def parsed(chart: Chart, **appearance: Any) -> Any:
    """The elements of the image."""
    return etree.fromstring(charts.drawn(chart, Appearance(**appearance)))


def bars(image: Any) -> int:
    """How many bars have an area."""
    found = image.iterfind(f".//{SVG}g[@class='bar']/{SVG}rect")
    return sum(float(bar.get("height") or 0) * float(bar.get("width") or 0) > 0 for bar in found)


def test_each_day_has_a_column_with_a_part_for_each_group() -> None:
    rows = [
        {"at": DAY.format(1), "operation": "read_set", "calls": 2},
        {"at": DAY.format(3), "operation": "read_set", "calls": 3},
        {"at": DAY.format(3), "operation": "list_sets", "calls": 1},
    ]
    chart = chart_data.over_time(usage(rows), "operation", {})
    assert chart.labels == ("2026-11-01", "2026-11-02", "2026-11-03")
    assert chart.series == (("read_set", (2, 0, 3)), ("list_sets", (0, 0, 1)))
    assert chart.description == "Calls: 6, of which 1 with an error. read_set: 5, list_sets: 1."
    image = parsed(chart)
    assert bars(image) == 3
    assert (image[0].tag, image[0].text) == (f"{SVG}title", chart.title)
    assert (image[1].tag, image[1].text) == (f"{SVG}desc", chart.description)
    assert image.get("role") == "img" and image.get("aria-labelledby") == f"{image[0].get('id')} {image[1].get('id')}"


@pytest.mark.parametrize("width", [320, 960])
def test_the_last_column_has_its_date_which_fits_into_the_image(width: int) -> None:
    days = tuple(f"2026-11-{day:02}" for day in range(1, 31))
    image = parsed(Chart("t", "d", days, (("a", (1,) * 30),)), width=width)
    label = image.findall(f".//{SVG}g[@class='axis x']//{SVG}text")[-1]
    plot = image.find(f".//{SVG}g[@class='plot']").get("transform")
    left = float(re.findall(r"[\d.]+", plot)[0])
    assert label.text == days[-1]
    assert left + float(label.get("x")) + charts.HALF_A_CHARACTER * len(days[-1]) <= width


def test_long_times_and_many_groups_are_summed_up() -> None:
    rows: list[dict[str, Any]] = []
    for n in range(40):
        rows.append({"at": f"2026-{1 + n % 12:02}-01T00:00:00.000Z", "operation": f"o{n:02}", "calls": 40 - n})
    chart = chart_data.over_time(usage(rows, "2026-01-01T00:00:00.000Z", "2027-02-05T00:00:00.000Z"), "operation", {})
    assert len(chart.labels) == 58 <= chart_data.MOST_COLUMNS
    assert [name for name, _ in chart.series] == [*(f"o{n:02}" for n in range(8)), "other"]
    assert sum(sum(values) for _, values in chart.series) == sum(row["calls"] for row in rows)


def test_the_largest_chart_is_smaller_than_the_document_says() -> None:
    many = tuple(range(chart_data.MOST_COLUMNS))
    series = tuple((f"{number}" * 64, tuple(10**9 + n for n in many)) for number in range(chart_data.MOST_SERIES + 1))
    chart = Chart("t", "d" * 1000, tuple(f"2026-11-28 {n:02}:00" for n in many), series)
    assert len(charts.drawn(chart, Appearance(width=1920))) < LARGEST
    listed = Chart(
        "t", "d" * 20_000, ("n" * 200,) * 100, (("ok", (10**12,) * 100), ("errors", (10**12,) * 100)), True
    )
    assert len(charts.drawn(listed, Appearance(width=1920))) < LARGEST


def test_keys_have_their_names_and_two_with_one_name_are_separate() -> None:
    rows = [{"at": DAY.format(2), "key": key, "calls": calls} for key, calls in (("a", 3), ("b", 2), (None, 1))]
    report = usage(rows)
    assert chart_data.keys_shown(report) == ["a", "b"]
    chart = chart_data.over_time(report, "key", {"a": "mine", "b": "mine"})
    assert chart.series == (("mine", (0, 3, 0)), ("mine", (0, 2, 0)), ("sessions and deleted keys", (0, 1, 0)))


def test_names_are_text_whatever_is_in_them() -> None:
    rows = [
        {"name": "</text><script>\x00\ud800", "username": "a&b", "calls": 3, "errors": 1},
        {"name": "long " * 40, "username": "b", "calls": 1, "errors": 0},
    ]
    report = {
        "period": "day",
        "from": DAY.format(1),
        "to": DAY.format(2),
        "keys": rows,
        "accounts": rows,
        "anonymous": [],
    }
    image = parsed(chart_data.heaviest(report, "keys"))
    texts = [element.text for element in image.iterfind(f".//{SVG}text")]
    assert "</text><script>\ufffd\ufffd (a&b)" in texts and any(text.endswith("…") for text in texts if text)
    assert image.find(f".//{SVG}script") is None and bars(image) == 3
    assert "(a&b): 3" in image[1].text


@pytest.mark.parametrize("chart", [Chart("t", "d", (), ()), chart_data.over_time(usage([]), "operation", {})])
def test_without_calls_the_chart_says_so(chart: Chart) -> None:
    assert parsed(chart).find(f".//{SVG}text[@class='no_data']").text == "No calls"


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_a_chart_is_a_plain_image_whose_style_alone_is_allowed(theme: str) -> None:
    chart = chart_data.over_time(usage([{"at": DAY.format(2), "calls": 1}]), None, {})
    drawn = charts.drawn(chart, Appearance(theme))
    assert drawn == charts.drawn(chart, Appearance(theme))
    assert not re.search(rb"<script|<!--|href=|url\(|@import|@font-face| style=| on\w+=", drawn)
    [style] = parsed(chart, theme=theme).iterfind(f".//{SVG}style")
    digest = b64encode(sha256(style.text.encode()).digest()).decode()
    assert charts.policy(theme) == f"default-src 'none'; style-src 'sha256-{digest}'"
    assert ("prefers-color-scheme" in style.text) == (theme == "auto")


def test_a_chart_is_as_wide_as_was_asked_for() -> None:
    chart = chart_data.over_time(usage([{"at": DAY.format(2), "calls": 1}]), None, {})
    image = parsed(chart, width=320)
    assert (image.get("width"), image.get("viewBox").split()[2]) == ("320", "320")
