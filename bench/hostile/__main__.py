"""One client attacks, and another sends two requests ten times a second: how slow they are, and how much memory.

Each attack meets a fresh server. It comes from an address of its own on loopback, in a process of its own.
"""

from pathlib import Path

import typer

from bench import options, report
from bench.hostile.attacks import ATTACKS
from bench.hostile.measure import is_met, markdown, measure


def main(engine: options.Engine = "both", seconds: float = 8, only: str = "", json: Path | None = None) -> None:
    """Print the results and keep them; attacks without `only` in item or name keep their former results."""
    names = [name for name, attack in ATTACKS.items() if only in f"{attack.item} {name}"]
    engines = options.chosen(engine)
    rows = [row for one in engines for row in measure(one, names, seconds)]
    former = options.load(json).get("rows", []) if json else []
    others = [row for row in former if row["attack"] not in names or row["engine"] not in engines]
    results = {**report.run_of(seconds, 1), "rows": others + rows}
    options.save(json, results)
    print(*markdown(results), sep="\n")
    if not all(map(is_met, rows)):
        raise typer.Exit(1)


if __name__ == "__main__":
    options.run(main)
