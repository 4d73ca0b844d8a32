"""Measure each hot path at several sizes of the database, one server on each, in interleaved rounds.

Databases that are not there are made and filled. All of a database is read into memory first, as far as there is
room: what is measured is what growth costs the server and the indices, and not the disk.
"""

import argparse
import asyncio
import resource
import signal
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import orjson

from bench import processors
from bench.growth import places, report
from bench.growth.fill import DATA_DIR
from bench.growth.load import CONNECTIONS, Latencies, load
from bench.growth.paths import PATHS, REQUESTS, WRITING, requests
from bench.growth.places import Place
from bench.load import LoadFailed
from services import container

PREFIX = "postgresql://postgres@127.0.0.1:5432/freesewing_growth"
WARM_UP_SECONDS = 1.0


def main(arguments: list[str] | None = None) -> int:
    """Measure and print, and keep the data where it was asked for."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sizes = sorted(int(size) for size in options.sizes.split(","))
    print(f"{CONNECTIONS} connections; {processors.description()}; {processors.busyness()}", flush=True)
    with running(sizes, options.prefix, options.data_dir) as servers:
        try:
            rounds = _measure(servers, options.rounds, options.seconds)
        except LoadFailed as error:
            raise SystemExit(f"no figures: {error}") from None
        print(f"\np50 / p99 in ms, by accounts; medians of {options.rounds} rounds of {options.seconds} s\n")
        print(report.latencies(rounds), end="\n\n")
        print(report.logged(rounds, WRITING), end="\n\n")
        _tell(servers)
    if options.json:
        options.json.write_bytes(orjson.dumps(report.data(rounds), option=orjson.OPT_INDENT_2) + b"\n")
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.growth.measure", description=__doc__)
    parser.add_argument("--sizes", default="1000,100000,1000000", help="accounts, comma-separated")
    parser.add_argument("--prefix", default=PREFIX, help=f"databases are PREFIX_<accounts> (default {PREFIX})")
    parser.add_argument("--data-dir", type=Path, default=DATA_DIR, help=f"holds the secrets (default {DATA_DIR})")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of one round (default 1)")
    parser.add_argument("--rounds", type=int, default=6, help="of each path at each size (default 6)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to keep the figures")
    return parser.parse_args(arguments)


@contextmanager
def running(sizes: Sequence[int], prefix: str, data_dir: Path) -> Iterator[list[Place]]:
    """A server at each size, after the work that follows its start."""
    with ExitStack() as stack:
        started = []
        for accounts in sizes:
            settings = places.prepare(accounts, prefix, data_dir)
            held = asyncio.run(places.warm(settings.database_url))
            print(f"{accounts:,} accounts: {held / 1e9:.1f} GB", flush=True)
            place = places.start(accounts, settings)
            stack.callback(place.server.stop)
            started.append(place)
        for place in started:
            asyncio.run(places.settle(place.url))
        yield started


def _measure(servers: Sequence[Place], rounds: int, seconds: float) -> dict[tuple[str, int], list[Latencies]]:
    """The rounds of each path at each size."""
    found: defaultdict[tuple[str, int], list[Latencies]] = defaultdict(list)
    for path in PATHS:
        drawn = {
            place.accounts: requests(path, place.accounts, container.of(place.settings).tokens) for place in servers
        }
        for place in servers:
            load(place.server.port, drawn[place.accounts], WARM_UP_SECONDS)
        for number in range(rounds):
            for place in servers:
                # Each round begins elsewhere, so that it asks what was not asked just before.
                asked, start = drawn[place.accounts], (number + 1) * REQUESTS // (rounds + 1)
                found[path, place.accounts].append(_round(place, asked[start:] + asked[:start], seconds))
        print(".", end="", flush=True)
    return found


def _round(place: Place, asked: Sequence[bytes], seconds: float) -> Latencies:
    before = asyncio.run(places.wal(place.url))
    one = load(place.server.port, asked, seconds)
    return replace(one, logged=(asyncio.run(places.wal(place.url)) - before) / one.requests)


def _tell(servers: Sequence[Place]) -> None:
    """Memory and disk."""
    for place in servers:
        resident = _resident(place.server.pid)
        print(f"memory of the worker at {place.accounts:,} accounts: {resident / 1e6:.0f} MB")
    largest = servers[-1]
    print("\n" + report.disk(asyncio.run(places.disk(largest.url)), largest.accounts))


def _resident(pid: int) -> int:
    """Bytes of memory that a process holds; 0 where the system does not tell."""
    statm = Path(f"/proc/{pid}/statm")
    return int(statm.read_text().split()[1]) * resource.getpagesize() if statm.exists() else 0


if __name__ == "__main__":
    sys.exit(main())
