"""Measure this service against two references on the same database, in the same run.

(a) is a minimal Starlette application that calls the same storage functions, (b) the raw limit: the database driver
used directly. Rounds are interleaved, so that a busy moment of the machine hits all three; figures are medians.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import orjson

from bench import agreement, databases, processors, report
from bench.fixture import Fixture, Scenario, prepare, scenarios
from bench.load import CONNECTIONS, LoadFailed, generator, measure
from bench.servers import OURS, UNCOUNTED, Server, running

WARM_UP_SECONDS = 1
# A difference of a few percent takes more rounds to be seen than one by half.
COUNTING_ROUNDS = 3


def main(arguments: list[str] | None = None) -> int:
    """Measure each engine, print its table, keep the data where it was asked for."""
    options = _options(arguments)
    # Told to end, end as after Ctrl-C: the servers and databases go, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    used = {"machine": report.machine(), "load": generator(), "pinned": processors.description()}
    kept = {}
    for engine in databases.ENGINES if options.engine == "both" else (options.engine,):
        try:
            kept[engine] = _measure_engine(engine, options.seconds, options.rounds)
        except (LoadFailed, agreement.Disagreement) as error:
            raise SystemExit(f"no figures: {error}") from None
    if options.json:
        settings = {"seconds": options.seconds, "rounds": options.rounds, "connections": CONNECTIONS}
        options.json.write_bytes(orjson.dumps({**used, **settings, "engines": kept}, option=orjson.OPT_INDENT_2))
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    parser.add_argument("--engine", choices=(*databases.ENGINES, "both"), default="sqlite")
    parser.add_argument("--seconds", type=int, default=2, help="length of one measurement (default 2)")
    parser.add_argument("--rounds", type=int, default=4, help="measurements of each server (default 4)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to keep every figure")
    return parser.parse_args(arguments)


def _measure_engine(engine: str, seconds: int, rounds: int) -> dict[str, object]:
    print(
        f"{engine}: {generator()}, {CONNECTIONS} connections; {processors.description()};"
        f" medians of {rounds} rounds of {seconds} s; {processors.busyness()}",
        flush=True,
    )
    with databases.fresh(engine) as (folder, url):
        fixture = prepare(folder, url)
        with running(fixture) as servers:
            found = _measure_all(servers, fixture, seconds, rounds)
        with running(fixture, (OURS, UNCOUNTED)) as servers:
            counting = _measure_scenario(servers, scenarios(fixture)[0], seconds, rounds * COUNTING_ROUNDS)
    rows = [report.Row.of(scenario, figures) for scenario, figures in found.items()]
    print(report.table(rows))
    print(report.cost_of_counting(counting))
    if engine == "sqlite":
        print(*report.verdicts(rows), sep="\n")
    print(flush=True)
    return {**report.data(rows, found), "counting": report.counting(counting)}


def _measure_all(servers: list[Server], fixture: Fixture, seconds: int, rounds: int) -> dict[str, report.Rounds]:
    kinds = scenarios(fixture)
    agreement.check(servers, kinds)
    found = {}
    for scenario in kinds:
        before = agreement.count_sets(fixture)
        found[scenario.name] = _measure_scenario(servers, scenario, seconds, rounds)
        if scenario.method == "POST":
            _require_stored(found[scenario.name], agreement.count_sets(fixture) - before)
    agreement.check(servers, kinds)
    return found


def _measure_scenario(servers: Sequence[Server], scenario: Scenario, seconds: int, rounds: int) -> report.Rounds:
    found: report.Rounds = {server.name: [] for server in servers}
    for server in servers:
        measure(server, scenario, WARM_UP_SECONDS)
    for _ in range(rounds):
        for server in servers:
            found[server.name].append(measure(server, scenario, seconds))
    return found


def _require_stored(found: report.Rounds, added: int) -> None:
    told = sum(measurement.requests for measurements in found.values() for measurement in measurements)
    if added < told:
        raise agreement.Disagreement(f"{told} sets were said to be created, {added} are stored")


if __name__ == "__main__":
    sys.exit(main())
