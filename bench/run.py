"""Measure this service against three references on the same database, in the same run.

(a) is a minimal Starlette application that calls the same storage functions, (b) the raw limit: the database driver
used directly, (c) a FastAPI application with SQLAlchemy's mapped classes, as their documentation has it. Rounds are
interleaved, so that a busy moment of the machine hits all alike; figures are medians.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson

from bench import agreement, databases, footprint, goals, processors, report, workers
from bench.fixture import Fixture, Scenario, prepare, scenarios
from bench.load import CONNECTIONS, LoadFailed, begin, finished, generator, measure, settle
from bench.servers import BARE, COMMANDS, OURS, UNCOUNTED, Server, running

WARM_UP_SECONDS = 1
# A difference of a few percent takes more rounds to be seen than one by half.
COUNTING_ROUNDS = 2
ANYTHING = Scenario(BARE, "GET", ("/",), "")


def main(arguments: list[str] | None = None) -> int:
    """Measure each engine, print its table, keep the data where it was asked for."""
    options = _options(arguments)
    # Told to end, end as after Ctrl-C: the servers and databases go, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    kept: dict[str, Any] = {
        "machine": report.machine(),
        "load": generator(),
        "pinned": processors.description(),
        "seconds": options.seconds,
        "rounds": options.rounds,
        "connections": CONNECTIONS,
        "engines": {},
    }
    try:
        engines = databases.chosen(options.engine)
        for engine in engines:
            kept["engines"][engine] = _measure_engine(engine, options.seconds, options.rounds)
        if options.minutes:
            kept["footprint"] = {engine: footprint.measure(engine, options.minutes) for engine in engines}
            kept["workers"] = workers.compare(engines[0], options.seconds, options.rounds)
    except (LoadFailed, agreement.Disagreement) as error:
        raise SystemExit(f"no figures: {error}") from None
    if options.json:
        options.json.write_bytes(orjson.dumps(kept, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    parser.add_argument("--engine", choices=(*databases.ENGINES, "both"), default="sqlite")
    parser.add_argument("--seconds", type=int, default=2, help="length of one measurement (default 2)")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each server (default 3)")
    parser.add_argument(
        "--minutes", type=float, default=0.0, help="measure start, memory under so long a load, and two workers, too"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to keep every figure")
    return parser.parse_args(arguments)


def _measure_engine(engine: str, seconds: int, rounds: int) -> dict[str, Any]:
    busy = processors.load_average()
    print(
        f"{engine}: {generator()}, {CONNECTIONS} connections; {processors.description()};"
        f" medians of {rounds} rounds of {seconds} s; {processors.busyness()}",
        flush=True,
    )
    with databases.fresh(engine) as (folder, url):
        fixture = prepare(folder, url)
        with running(fixture, (*COMMANDS, BARE)) as servers:
            found = _measure_all(servers, fixture, seconds, rounds)
        with running(fixture, (OURS, UNCOUNTED)) as servers:
            counting = _measure_scenario(servers, scenarios(fixture)[0], seconds, rounds * COUNTING_ROUNDS)
        version = databases.version(url)
    rows = [report.Row.of(scenario, figures) for scenario, figures in found.items()]
    kept: dict[str, Any] = {
        "version": version,
        "load_average": busy,
        "scenarios": report.data(rows, found),
        "counting": report.counting(counting),
    }
    print(report.table(rows))
    print(report.cost_of_counting(kept["counting"]))
    print(*goals.of_engine(engine, kept), sep="\n", end="\n\n", flush=True)
    return kept


def _measure_all(servers: list[Server], fixture: Fixture, seconds: int, rounds: int) -> dict[str, report.Rounds]:
    kinds = scenarios(fixture)
    compared = [server for server in servers if server.name != BARE]
    agreement.check(compared, kinds)
    found = {}
    for scenario in kinds:
        before = agreement.count_sets(fixture)
        measured = servers if scenario.name == goals.TIMED else compared
        found[scenario.name] = _measure_scenario(measured, scenario, seconds, rounds)
        if scenario.method == "POST":
            _require_stored(found[scenario.name], agreement.count_sets(fixture) - before)
    agreement.check(compared, kinds)
    return found


def _measure_scenario(servers: Sequence[Server], scenario: Scenario, seconds: int, rounds: int) -> report.Rounds:
    asked = {server.name: ANYTHING if server.name == BARE else scenario for server in servers}
    found: report.Rounds = {server.name: [] for server in servers}
    _warm_up([(server, asked[server.name]) for server in servers])
    for number in range(rounds):
        # Each round begins with another server: none is always measured after the same one.
        first = number % len(servers)
        for server in (*servers[first:], *servers[:first]):
            found[server.name].append(measure(server, asked[server.name], seconds))
            settle(server)
    return found


def _warm_up(asked: Sequence[tuple[Server, Scenario]]) -> None:
    """A second of it for all at once: connections are opened, statements prepared."""
    with ExitStack() as stack:
        for one in [stack.enter_context(begin(*each, WARM_UP_SECONDS)) for each in asked]:
            finished(one, WARM_UP_SECONDS)
    for server, _ in asked:
        settle(server)


def _require_stored(found: report.Rounds, added: int) -> None:
    told = sum(measurement.requests for measurements in found.values() for measurement in measurements)
    if added < told:
        raise agreement.Disagreement(f"{told} sets were said to be created, {added} are stored")


if __name__ == "__main__":
    sys.exit(main())
