"""Charts of usage as SVG, drawn by pygal: without script, reference to other files, or font.

The same data gives the same bytes, which have an entity tag. Text alternatives are in `title` and `desc`.
"""

import asyncio
import base64
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any

from services.usage.chart_texts import USUAL_LANGUAGE, chart_texts

# Drawing holds the interpreter's lock for most of its time: a second one at once would gain nothing.
_WORKER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="charts")
FONT_SIZE = 12
# pygal computes the width of text from its size, of wide letters too small.
ESTIMATED_FONT_SIZE = 13
USUAL_WIDTH, HEIGHT, BAR_HEIGHT = 960, 360, 28
# Pixels for a label below the columns, and for an entry of the legend.
LABEL_WIDTH, ENTRY_WIDTH = 110, 230
# Of the labels below the columns, rounded up.
HALF_A_CHARACTER = 4
# Of a name: characters in the legend, and pixels of the width for each character beside a bar.
LONGEST_NAME, WIDTH_OF_A_CHARACTER = 30, 32
# Where pygal's script shows what the pointer is at.
UNSEEN = frozenset(("overlay", "tooltip-overlay"))
LANGUAGE_ATTRIBUTE = "{http://www.w3.org/XML/1998/namespace}lang"
# What XML 1.0 cannot contain; lone surrogates are no text either.
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Eight colours for series, and one for the sum of all others. Each has a contrast of 3 to its ground.
LIGHT = ("#fff", "#1f2428", "#d5d2cb", "#0a6a5c #b45309 #1d4ed8 #a21caf #4d7c0f #be123c #0e7490 #7c3aed #6b7280")
DARK = ("#252a2d", "#e6e8e8", "#4a5257", "#7ad3c1 #fbbf24 #93c5fd #e879f9 #bef264 #fda4af #67e8f9 #c4b5fd #a9b2b8")
LAYOUT = (
    f"text{{font:{FONT_SIZE}px system-ui,sans-serif}}.no_data,.vertical .axis.x text{{text-anchor:middle}}"
    ".axis.y text{text-anchor:end}.horizontal .axis.x text{text-anchor:middle}"
    ".no_data{font-size:20px}.vertical .axis.x .guide,.horizontal .axis.y .guide{display:none}"
)


@dataclass(frozen=True, slots=True)
class Chart:
    """Stacked bars: one for each label, with a part for each series."""

    title: str
    description: str
    labels: tuple[str, ...]
    series: tuple[tuple[str, tuple[int, ...]], ...]
    # Bars from left to right, the first one on top; otherwise columns.
    horizontal: bool = False


@dataclass(frozen=True, slots=True)
class Appearance:
    """What the reader wants: `light`, `dark`, or `auto` for what their browser prefers; width in pixels; language.

    The texts of the chart are in this language already.
    """

    theme: str = "auto"
    width: int = USUAL_WIDTH
    language: str = USUAL_LANGUAGE


@cache
def style(theme: str) -> str:
    """Return the style sheet of a theme: `light`, `dark`, or `auto` for that of the reader."""
    if theme == "auto":
        return f"{LAYOUT}{_colours(LIGHT)}@media (prefers-color-scheme:dark){{{_colours(DARK)}}}"
    return LAYOUT + _colours(DARK if theme == "dark" else LIGHT)


@cache
def policy(theme: str) -> str:
    """Return the content security policy of a chart, which allows nothing but its own style."""
    digest = base64.b64encode(sha256(style(theme).encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'"


async def draw(chart: Chart, appearance: Appearance) -> bytes:
    """Return the chart as SVG, drawn beside the event loop."""
    return await asyncio.get_running_loop().run_in_executor(_WORKER, drawn, chart, appearance)


def drawn(chart: Chart, appearance: Appearance) -> bytes:
    """Return the chart as SVG."""
    # Most servers never draw: pygal and lxml take 13 MB.
    import pygal

    kind = pygal.HorizontalStackedBar if chart.horizontal else pygal.StackedBar
    texts = chart_texts(appearance.language)
    plot = kind(
        _config(chart, appearance.width), js=[], css=[], no_data_text=texts.none, value_formatter=texts.number
    )
    # From the bottom to the top, in a horizontal one.
    order = -1 if chart.horizontal else 1
    longest = min(LONGEST_NAME, appearance.width // WIDTH_OF_A_CHARACTER)
    labels = [_text(label, longest) for label in chart.labels][::order]
    plot.x_labels = labels
    if not chart.horizontal:
        # Counted from the last column, which is today's in most charts.
        plot.x_labels_major = labels[:: -max(1, -(-len(labels) // (appearance.width // LABEL_WIDTH)))]
    for name, values in chart.series:
        plot.add(_text(name, LONGEST_NAME), [value or None for value in values][::order])
    plot.uuid = "usage"
    plot.add_xml_filter(lambda root: _plain(root, chart, appearance))
    image: bytes = plot.render()
    return image


def _config(chart: Chart, width: int) -> Any:
    import pygal
    from pygal.style import Style

    columns = max(1, width // ENTRY_WIDTH)
    legend = 18 * -(-len(chart.series) // columns)
    names = ("label", "major_label", "legend", "value", "title", "tooltip")
    return pygal.Config(
        style=Style(**{f"{name}_font_size": ESTIMATED_FONT_SIZE for name in names}),
        # Without a size of its own an image is 300 pixels wide in a page.
        explicit_size=True,
        width=width,
        height=legend + (HEIGHT if not chart.horizontal else 80 + BAR_HEIGHT * max(3, len(chart.labels))),
        legend_at_bottom=True,
        legend_at_bottom_columns=columns,
        show_legend=len(chart.series) > 1,
        show_minor_x_labels=chart.horizontal,
        truncate_label=-1,
        truncate_legend=-1,
        min_scale=2,
        max_scale=max(2, width // 240) if chart.horizontal else 6,
        margin=12,
        margin_bottom=24,
        margin_left=24,
        # The last label is centred below the last column, and wider than it.
        margin_right=12 if chart.horizontal or not chart.labels else HALF_A_CHARACTER * len(chart.labels[-1]),
        # Calls are whole: a chart of one call has no mark at a half.
        order_min=0,
    )


def _plain(root: Any, chart: Chart, appearance: Appearance) -> Any:
    """Remove the invisible elements of pygal's drawing, and add a title and a description."""
    for element in list(root.iter()):
        kinds = (element.get("class") or "").split()
        if not isinstance(element.tag, str) or element.tag in ("script", "desc") or UNSEEN.intersection(kinds):
            element.getparent().remove(element)
        for name in ("x", "y", "width", "height", "d", "transform"):
            if element.get(name):
                element.set(name, _rounded(element.get(name)))
    root.find(".//style").text = style(appearance.theme)
    title = root.find("title")
    title.text = _text(chart.title)
    description = title.makeelement("desc", {"id": "description"})
    description.text = _text(chart.description)
    title.set("id", "title")
    root.insert(0, title)
    root.insert(1, description)
    root.set(LANGUAGE_ATTRIBUTE, appearance.language)
    root.set("role", "img")
    root.set("aria-labelledby", "title description")
    return root


def _rounded(numbers: str) -> str:
    return re.sub(r"\d+\.\d+", lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), numbers)


def _text(words: str, longest: int | None = None) -> str:
    plain = NOT_XML.sub("\ufffd", words)
    return plain if longest is None or len(plain) <= longest else plain[: longest - 1] + "…"


def _colours(palette: tuple[str, str, str, str]) -> str:
    ground, text, line, series = palette
    parts = "".join(f".color-{number}{{fill:{colour}}}" for number, colour in enumerate(series.split()))
    return f".background{{fill:{ground}}}text{{fill:{text}}}.line{{stroke:{line};fill:none}}{parts}"
