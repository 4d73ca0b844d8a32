"""One client does its worst, and another sends two requests ten times a second: how slow, and how much memory.

    python -m bench.hostile --engine both --json docs/hostile.json
    python -m bench.hostile --root ../former --save-as before --json docs/hostile.json
    python -m bench.hostile --table docs/hostile.json

Each attack meets a server that was just started. It comes from an address of its own on loopback, in a process of its
own. `--root` measures another checkout of this project, with the attacks of this one.
"""

import argparse
import signal
import sys
from pathlib import Path
from typing import Any

import orjson

from bench import databases, processors, report
from bench.hostile import table
from bench.hostile.attacks import ATTACKS
from bench.hostile.measure import measure
from bench.servers import ROOT


def main(arguments: list[str] | None = None) -> int:
    """Print a line for each attack, and keep all of them where that was asked for."""
    options = _options(arguments)
    if options.table:
        print(*table.markdown(orjson.loads(options.table.read_bytes())), sep="\n")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    chosen = [
        name for name, attack in ATTACKS.items() if any(text in f"{attack.item} {name}" for text in options.only)
    ]
    print(table.HEAD, flush=True)
    rows = [
        row
        for engine in databases.chosen(options.engine)
        for row in measure(engine, options.root.resolve(), chosen, options.seconds)
    ]
    if options.json:
        _save(rows, options)
    return int(not all(map(table.is_met, rows)))


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.hostile", description=__doc__)
    parser.add_argument("--engine", choices=(*databases.ENGINES, "both"), default="both")
    parser.add_argument("--only", nargs="+", default=[""], metavar="TEXT", help="attacks with this in item or name")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of an attack (default 8)")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout to measure (default: this one)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to keep every figure")
    parser.add_argument("--save-as", choices=table.RUNS, default="after", help="which run of the file this is")
    parser.add_argument(
        "--table", type=Path, metavar="FILE", help="print the figures of such a file, measure nothing"
    )
    return parser.parse_args(arguments)


def _save(rows: list[dict[str, Any]], options: argparse.Namespace) -> None:
    """Put these figures in the place of the same run's in the file; attacks that were left out keep theirs."""
    kept = orjson.loads(options.json.read_bytes()) if options.json.exists() else {}
    former = kept.get(options.save_as, {}).get("rows", [])
    measured = {(row["attack"], row["engine"]) for row in rows}
    others = [row for row in former if (row["attack"], row["engine"]) not in measured]
    machine = {**report.machine(options.root), "seconds": options.seconds, "pinned": processors.description()}
    kept[options.save_as] = {"machine": machine, "rows": others + rows}
    options.json.write_bytes(orjson.dumps(kept, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


if __name__ == "__main__":
    sys.exit(main())
