"""Measure our server and three references on the same database, in the same run.

Rounds are interleaved. `--former` adds the server of another checkout, whose schema must be compatible with this one.
"""

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bench import databases, goals, options, report, worker
from bench.load import LoadFailed, Measurement, Request, Scenario, interleaved, measure, warm_up
from bench.scenarios import arrange, scenarios
from bench.servers import BARE, OURS, REFERENCES, UNCOUNTED, Server, fresh_site, running

# A difference of a few percent takes more rounds to be seen than one by half.
COUNTING_ROUNDS = 2
ANYTHING = Scenario(BARE, [Request("GET", "/")])
COUNT_SETS = "SELECT count(*) FROM sets"


def main(
    engine: options.Engine = "both",
    seconds: int = 2,
    rounds: int = 3,
    minutes: float = 0,
    former: Path | None = None,
    json: Path | None = None,
) -> None:
    """Measure each engine, print the tables, keep the results. `minutes`: of load on a worker, if it is measured."""
    engines = options.chosen(engine)
    results: dict[str, Any] = report.run_of(seconds, rounds)
    results["engines"] = {one: _measure_engine(one, seconds, rounds, former) for one in engines}
    if minutes:
        results["footprint"] = {one: worker.footprint(one, minutes) for one in engines}
        results["footprint"][engines[0]] |= worker.scaling(engines[0])
    options.save(json, results)
    print(*report.tables(results), sep="\n")


def _measure_engine(engine: str, seconds: int, rounds: int, former: Path | None) -> dict[str, Any]:
    load = round(os.getloadavg()[0], 2)
    with fresh_site(engine) as site:
        with Server(OURS, site) as server:
            known = scenarios(arrange(server))
        with running(site, (OURS, *REFERENCES, BARE), former) as servers:
            compared = [server for server in servers if server.name != BARE]
            found = {
                one.name: _measure(servers if one.name == goals.TIMED else compared, one, seconds, rounds)
                for one in known
            }
        with running(site, (OURS, UNCOUNTED)) as servers:
            counting = _measure(servers, known[0], seconds, rounds * COUNTING_ROUNDS)
        version = "" if engine == "sqlite" else databases.query(site.url, "SHOW server_version")[0][0]
    ratios = {name: report.of_scenario(each) for name, each in found.items()}
    return {"version": version, "load_average": load, "scenarios": ratios, "counting": report.counting(counting)}


def _measure(servers: Sequence[Server], scenario: Scenario, seconds: int, rounds: int) -> dict[str, Measurement]:
    """Return the medians of each server. All created sets must be in the database."""
    pairs = [(server, ANYTHING if server.name == BARE else scenario) for server in servers]
    before = databases.query(servers[0].database_url, COUNT_SETS)[0][0]
    warm_up(pairs)
    found = interleaved({server.name: partial(measure, server, one, seconds) for server, one in pairs}, rounds)
    stored = databases.query(servers[0].database_url, COUNT_SETS)[0][0] - before
    if scenario.requests[0].method == "POST" and stored < sum(one.requests for one in found.values()):
        raise LoadFailed(f"only {stored} sets are stored")
    print(".", end="", flush=True)
    return found


if __name__ == "__main__":
    options.run(main)
