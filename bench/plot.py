"""The figures as plots, drawn anew from what is kept.

python -m bench.plot throughput docs/performance.json docs/performance-throughput.svg
python -m bench.plot growth docs/growth.json docs/performance-growth.svg
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import orjson
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.servers import COMMANDS, FASTAPI, OURS, RAW, STARLETTE

# Text stays text, and the same figures make the same file.
STYLE: Any = {"svg.fonttype": "none", "svg.hashsalt": "freesewing-api", "font.size": 9, "axes.axisbelow": True}
TITLES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
# Colours that are told apart with any kind of colour vision (Okabe and Ito).
LOOKS = {OURS: ("#D55E00", "o"), STARLETTE: ("#0072B2", "^"), RAW: ("#000000", "|"), FASTAPI: ("#009E73", "s")}
CYCLE = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")


def main(arguments: list[str] | None = None) -> int:
    """Draw one plot."""
    parser = argparse.ArgumentParser(prog="python -m bench.plot", description=__doc__)
    parser.add_argument("kind", choices=tuple(KINDS))
    parser.add_argument("figures", type=Path, help="the JSON to draw")
    parser.add_argument("svg", type=Path, help="where to")
    options = parser.parse_args(arguments)
    KINDS[options.kind](orjson.loads(options.figures.read_bytes()), options.svg)
    return 0


def throughput(kept: Mapping[str, Any], svg: Path) -> None:
    """Requests a second of each server in each scenario, an engine beside the other."""
    engines = kept["engines"]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(1 + 4.2 * len(engines), 3.8), layout="constrained")
        panels = figure.subplots(1, len(engines), sharex=True, sharey=True, squeeze=False)[0]
        for panel, (engine, found) in zip(panels, engines.items(), strict=True):
            _draw_engine(panel, TITLES[engine], found["scenarios"])
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=4, frameon=False)
        _save(figure, svg)


def _draw_engine(panel: Axes, title: str, scenarios: Mapping[str, Any]) -> None:
    places = range(len(scenarios))
    for server in COMMANDS:
        colour, marker = LOOKS[server]
        rates = [found["median"][server]["rate"] for found in scenarios.values()]
        panel.plot(rates, places, marker, color=colour, label=server, markersize=7, markeredgewidth=1.5)
        panel.lines[-1].set(clip_on=False, zorder=4 if server == OURS else 3)
    panel.set_xscale("log")
    panel.set_yticks(places, list(scenarios))
    panel.set_ylim(len(scenarios) - 0.5, -0.5)
    panel.set_title(title)
    panel.set_xlabel("requests a second")
    _finish(panel)


def growth(kept: Sequence[Mapping[str, Any]], svg: Path) -> None:
    """p50 and p99 of each path by the number of accounts, from {accounts, path, p50, p99} in milliseconds."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.4, 3.8), layout="constrained")
        panels = figure.subplots(1, 2)
        for panel, share in zip(panels, ("p50", "p99"), strict=True):
            _draw_growth(panel, kept, share)
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right upper", frameon=False)
        _save(figure, svg)


def _draw_growth(panel: Axes, kept: Sequence[Mapping[str, Any]], share: str) -> None:
    paths = list(dict.fromkeys(one["path"] for one in kept))
    for number, path in enumerate(paths):
        points = sorted((one["accounts"], one[share]) for one in kept if one["path"] == path)
        line = "-" if number < len(CYCLE) else "--"
        panel.plot(*zip(*points, strict=True), f"o{line}", color=CYCLE[number % len(CYCLE)], label=path, markersize=4)
    panel.set_xscale("log")
    panel.set_ylim(bottom=0)
    panel.set_title(f"{share}, ms")
    panel.set_xlabel("accounts")
    _finish(panel)


def _finish(panel: Axes) -> None:
    panel.xaxis.set_major_formatter("{x:,.0f}")
    panel.grid(True, color="#DDDDDD", linewidth=0.6)
    panel.spines[["top", "right"]].set_visible(False)


def _save(figure: Figure, svg: Path) -> None:
    figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})


KINDS: dict[str, Callable[[Any, Path], None]] = {"throughput": throughput, "growth": growth}

if __name__ == "__main__":
    sys.exit(main())
