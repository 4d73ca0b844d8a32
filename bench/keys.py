"""Ten thousand API keys against one: `python -m bench.keys --json docs/performance.json`.

Each key belongs to an account of its own and reads a set of its own, so that a cache by key, account or record helps
only if it holds all of them. Measured alone, and while another client updates its set.
"""

from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from bench import options, report
from bench.load import Measurement, Request, Scenario, interleaved, loading, measure, warm_up
from bench.population import FIRST, fill
from bench.scenarios import CHANGE
from bench.servers import OURS, Server, Site, fresh_site

WRITERS = 4
LOADS = ("reads", "reads and writes")


def main(
    engine: options.Engine = "both",
    keys: int = 10_000,
    seconds: int = 3,
    rounds: int = 5,
    json: Path | None = None,
) -> None:
    """Measure each engine in alternating rounds, print the tables, and put the results into the file."""
    results = {}
    for name in options.chosen(engine):
        with fresh_site(name) as site:
            results[name] = _measure(site, keys, seconds, rounds)
    print(*report.tables({"keys": results}), sep="\n")
    options.save(json, {"keys": results})


def _measure(site: Site, keys: int, seconds: int, rounds: int) -> dict[str, Any]:
    """Return the medians of each load with one key and with many."""
    last = FIRST + keys
    with Server(OURS, site) as server:
        *readers, writer = fill(server, last)
        requests = [Request("GET", f"/sets/{number}", key) for number, key in enumerate(readers, FIRST)]
        reads = (Scenario("one key", requests[:1]), Scenario("many keys", requests))
        writes = Scenario("writes", [Request("PATCH", f"/sets/{last}", writer, CHANGE)], WRITERS)
        warm_up([(server, scenario) for scenario in (*reads, writes)])
        takes = {
            (load, scenario.name): partial(_round, server, scenario, writes if load != "reads" else None, seconds)
            for load in LOADS
            for scenario in reads
        }
        found = interleaved(takes, rounds)
    return {load: {one.name: asdict(found[load, one.name]) for one in reads} for load in LOADS}


def _round(server: Server, reads: Scenario, writes: Scenario | None, seconds: int) -> Measurement:
    """Return the measurement of the reads; CPU time includes that of the writes."""
    with ExitStack() as stack:
        if writes:
            stack.callback(stack.enter_context(loading(server, writes, seconds + 1)))
        return measure(server, reads, seconds)


if __name__ == "__main__":
    options.run(main)
