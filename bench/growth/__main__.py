"""Measure each hot path at several sizes of the database, one server on each, in interleaved rounds.

A database of a million accounts takes some minutes to fill. All of it is in memory then, as far as there is room: the
results show the cost of growth to the server and the indexes, not to the disk.
"""

import random
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

import orjson

from bench import databases, options, processors, report
from bench.growth.population import COLLECTED, COLLECTOR, FIRST, Population, fill
from bench.load import Measurement, Request, Scenario, interleaved, measure, warm_up
from bench.scenarios import CHANGE
from bench.servers import OURS, Server, fresh_site

CONNECTIONS, KEYS, SETS, DRAWN = 8, 3, 10, 4_000
GOAL = 1.2
# The server reads all rows after its start; it has finished when it reads fewer than STILL rows in some seconds.
STILL, SETTLE_SECONDS = 10_000, 2
READ_ROWS = "SELECT tup_returned FROM pg_stat_database WHERE datname = current_database()"


def main(sizes: str = "1000,100000,1000000", seconds: int = 1, rounds: int = 6) -> None:
    """Print the table. `sizes`: numbers of accounts, comma-separated."""
    numbers = sorted(int(size) for size in sizes.split(","))
    print(f"{CONNECTIONS} connections; {processors.description()}")
    with ExitStack() as stack:
        places = []
        for size in numbers:
            started, site = time.monotonic(), stack.enter_context(fresh_site("postgresql"))
            server = stack.enter_context(Server(OURS, site))
            places.append((server, fill(server, site.settings["secret_key"], size, keys=KEYS, sets=SETS)))
            print(f"{size:,} accounts filled in {time.monotonic() - started:.0f} s", flush=True)
        for server, _ in places:
            _settle(server.database_url)
        lines = [_measure(path, places, seconds, rounds) for path in PATHS]
    print(*report.table(["p50 / p99 in ms, by accounts", *map("{:,}".format, numbers), "p50 ratio"], lines), sep="\n")


def _settle(url: str) -> None:
    before = -STILL
    while (rows := databases.query(url, READ_ROWS)[0][0]) - before > STILL:
        before = rows
        time.sleep(SETTLE_SECONDS)


def _measure(path: str, places: list[tuple[Server, Population]], seconds: int, rounds: int) -> list[str]:
    """Return the line of one path: the medians at each size, and the ratio of the largest to the smallest."""
    drawn = random.Random(1)

    def scenario(population: Population) -> Scenario:
        return Scenario(path, [PATHS[path](drawn, population) for _ in range(DRAWN)], CONNECTIONS)

    def take(server: Server, population: Population) -> Measurement:
        return measure(server, scenario(population), seconds)

    warm_up([(server, scenario(population)) for server, population in places])
    medians = interleaved({place[1].accounts: partial(take, *place) for place in places}, rounds)
    found = [medians[place[1].accounts] for place in places]
    ratio = found[-1].p50 / found[0].p50
    cells = [f"{one.p50:.2f} / {one.p99:.2f}" for one in found]
    return [path, *cells, f"{ratio:.2f}" + f" (goal {GOAL})" * (ratio > GOAL)]


Draw = Callable[[random.Random, Population], Request]


def _by_key(path: str, method: str = "GET", body: Callable[[Population], bytes] | None = None, part: int = 1) -> Draw:
    """Return what draws a request by a key of a random account; `part`: one of so many, the first ones."""

    def draw(drawn: random.Random, population: Population) -> Request:
        account, many = drawn.randint(FIRST, population.accounts // part), population.accounts
        key, number = (account + drawn.randrange(count) * many for count in (KEYS, SETS))
        return Request(method, path.format(number), population.key(key), body(population) if body else b"")

    return draw


def _by_token(drawn: random.Random, population: Population) -> Request:
    account = drawn.randint(FIRST, population.accounts)
    return Request("GET", f"/sets/{account}", population.token(account))


def _deep_page(drawn: random.Random, population: Population) -> Request:
    after = population.accounts * SETS + drawn.randrange(COLLECTED - 20)
    cursor = urlsafe_b64encode(after.to_bytes(8)).decode().rstrip("=")
    return Request("GET", f"/sets?limit=20&cursor={cursor}", population.key(COLLECTOR))


PATHS: dict[str, Draw] = {
    "set read by key": _by_key("/sets/{}"),
    "set read by JWT": _by_token,
    "whoami by key": _by_key("/whoami"),
    "set list": _by_key("/sets?limit=20"),
    "set list, deep page": _deep_page,
    "key list": _by_key("/apikeys"),
    "set create": _by_key("/sets", "POST", lambda population: orjson.dumps(population.body)),
    "set update": _by_key("/sets/{}", "PATCH", lambda _: CHANGE),
    # The accounts whose calls were counted before.
    "usage report": _by_key("/account/usage", part=10),
}

if __name__ == "__main__":
    options.run(main)
