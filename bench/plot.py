"""The rates as a plot: `python -m bench.plot docs/performance.json docs/performance-throughput.svg`."""

import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from bench import options
from bench.databases import TITLES
from bench.servers import OURS, REFERENCES

# Text stays text, and the same results make the same file.
STYLE: Any = {"svg.fonttype": "none", "svg.hashsalt": "freesewing-api", "font.size": 9, "axes.grid": True}


def draw(results: Any, svg: Path) -> None:
    """Draw the rate of each server in each scenario, one engine beside the other."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.4, 3.8), layout="constrained")
        panels: Any = figure.subplots(1, 2, sharey=True)
        for panel, (engine, found) in zip(panels, results["engines"].items(), strict=True):
            for server, marker in zip((OURS, *REFERENCES), "o^|s", strict=True):
                rates = [one["median"][server]["rate"] for one in found["scenarios"].values()]
                panel.plot(rates, list(found["scenarios"]), marker, label=server)
            panel.set(xscale="log", title=TITLES[engine], xlabel="requests a second")
        panels[0].invert_yaxis()
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=4, frameon=False)
        figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    draw(options.load(Path(sys.argv[1])), Path(sys.argv[2]))
