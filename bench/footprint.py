"""What a worker takes: seconds from its start to its first answer, and memory idle and under mixed load.

    python -m bench.footprint --minutes 10 --json docs/performance.json

Memory is told in megabytes of 1,000,000 bytes, resident (RSS) and with shared pages divided among who shares them
(PSS, on Linux). The load is every kind of request that is measured, all at once, on a database that grows by it.
"""

import argparse
import http.client
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import linear_regression, median
from typing import Any

import orjson
import psutil

from bench import databases, goals
from bench.fixture import Fixture, prepare, scenarios
from bench.load import begin, finished, require_success
from bench.servers import OURS, Server, running

STARTS = 5
START_SECONDS = 60
SETTLE_SECONDS = 5
# Connections for each kind of request.
CONNECTIONS = 4
SAMPLES = 60


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and put the figures in the place of those in a file, where one is given."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    found = {engine: measure(engine, options.minutes) for engine in databases.chosen(options.engine)}
    if options.json:
        kept = orjson.loads(options.json.read_bytes()) if options.json.exists() else {}
        kept["footprint"] = {**kept.get("footprint", {}), **found}
        options.json.write_bytes(orjson.dumps(kept, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.footprint", description=__doc__)
    parser.add_argument("--engine", choices=(*databases.ENGINES, "both"), default="both")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long to load it (default 10)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to put the figures")
    return parser.parse_args(arguments)


def measure(engine: str, minutes: float) -> dict[str, Any]:
    """One engine's starts and memory, printed with the verdicts."""
    with databases.fresh(engine) as (folder, url):
        fixture = prepare(folder, url)
        found = {"start": _starts(fixture), "memory": _memory(fixture, minutes)}
    memory = found["memory"]
    print(f"{engine}, one worker: {memory['requests']} requests of all kinds in {minutes:g} min;", end=" ")
    print(
        *(f"{when} {memory[when]['rss']:.1f} MB (PSS {memory[when]['pss']:.1f})" for when in WHEN), sep=", ", end=""
    )
    print(f"; {memory['slope']:+.2f} MB/min in the second half")
    print(*goals.of_footprint(found), sep="\n", end="\n\n", flush=True)
    return found


def _starts(fixture: Fixture) -> dict[str, Any]:
    """Seconds from the start of the process until it is ready, several times; the first, which compiles, left out."""
    seconds = [_start(fixture) for _ in range(STARTS + 1)][1:]
    return {"median": median(seconds), "each": seconds}


def _start(fixture: Fixture) -> float:
    started = time.perf_counter()
    server = Server(OURS, fixture)
    try:
        until_it_answers(server)
        return time.perf_counter() - started
    finally:
        server.stop()


def until_it_answers(server: Server) -> None:
    """Wait until it is ready: its database answers, and has the schema that it needs."""
    end = time.monotonic() + START_SECONDS
    while not _answers(server):
        if time.monotonic() > end:
            raise RuntimeError(f"{server.name} does not answer:\n{server.log.read_text()}")
        time.sleep(0.005)


def _answers(server: Server) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


WHEN = ("idle", "loaded")


def _memory(fixture: Fixture, minutes: float) -> dict[str, Any]:
    """Before the load and at its end, and by how many megabytes a minute it grew in the second half of it."""
    with running(fixture, (OURS,)) as (server,):
        time.sleep(SETTLE_SECONDS)
        idle = memory_of(server.pid)
        requests, samples = _loaded(server, fixture, minutes * 60)
    later = samples[len(samples) // 2 :]
    slope = linear_regression([one["minute"] for one in later], [one["rss"] for one in later]).slope
    return {
        "minutes": minutes,
        "requests": requests,
        "idle": idle,
        "loaded": samples[-1],
        "slope": slope,
        "samples": samples,
    }


def _loaded(server: Server, fixture: Fixture, seconds: float) -> tuple[int, list[dict[str, float]]]:
    """All kinds of requests at once: how many there were, and the memory meanwhile."""
    kinds = scenarios(fixture)
    started = time.monotonic()
    samples: list[dict[str, float]] = []
    with ExitStack() as stack:
        generating = [stack.enter_context(begin(server, kind, seconds, connections=CONNECTIONS)) for kind in kinds]
        for one in generating:
            stack.callback(one.kill)
        while len(samples) < SAMPLES:
            time.sleep(max(0.0, started + seconds * (len(samples) + 1) / (SAMPLES + 1) - time.monotonic()))
            samples.append({"minute": (time.monotonic() - started) / 60, **memory_of(server.pid)})
        outputs = [finished(one, seconds) for one in generating]
    pairs = zip(outputs, kinds, strict=True)
    return int(sum(require_success(output, server, kind)[0] for output, kind in pairs)), samples


def memory_of(pid: int) -> dict[str, float]:
    """Megabytes of a process, resident and proportional."""
    info = psutil.Process(pid).memory_full_info()
    return {"rss": info.rss / 1e6, "pss": getattr(info, "pss", info.rss) / 1e6}


if __name__ == "__main__":
    sys.exit(main())
