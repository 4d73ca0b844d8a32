"""One client attacks, and another sends two requests ten times a second: how slow they are, and how much memory.

    python -m bench.hostile --engine both --json docs/hostile.json
    python -m bench.hostile --root ../former --save-as before --json docs/hostile.json

Each attack meets a fresh server. It comes from an address of its own on loopback, in a process of its own. `--root`
measures another checkout of this project, with the attacks of this one, on a database of this one's schema.
"""

from pathlib import Path

import typer

from bench import options, processors, report
from bench.hostile import table
from bench.hostile.attacks import ATTACKS
from bench.hostile.measure import measure


def main(
    engine: options.Engine = options.BOTH,
    seconds: float = 8,
    only: str = "",
    root: Path = Path(),
    save_as: str = table.RUNS[-1],
    json: Path | None = None,
) -> None:
    """Print the results and keep them; attacks without `only` in item or name keep their former results."""
    names = [name for name, attack in ATTACKS.items() if only in f"{attack.item} {name}"]
    engines = options.chosen(engine)
    rows = [row for one in engines for row in measure(one, root.resolve(), names, seconds)]
    former = options.load(json).get(save_as, {}).get("rows", []) if json else []
    others = [row for row in former if row["attack"] not in names or row["engine"] not in engines]
    machine = report.run_of(seconds, 1, root)["machine"] | {"seconds": seconds, "pinned": processors.description()}
    results = {save_as: {"machine": machine, "rows": others + rows}}
    options.save(json, results)
    print(*table.markdown(options.load(json) if json else results), sep="\n")
    if not all(map(table.is_met, rows)):
        raise typer.Exit(1)


if __name__ == "__main__":
    options.run(main)
