"""Two workers on two processors against one on one: `python -m bench.workers`.

Where the load has no processor of its own, it and the database take time from the servers. So the rate is told, too,
for a processor that is the servers' alone: by the time in which theirs were idle or worked for them.
"""

import argparse
import signal
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import psutil

from bench import databases, footprint, goals, processors
from bench.fixture import Fixture, Scenario, prepare, scenarios
from bench.load import measure, seconds_of_generators, settle
from bench.servers import OURS, Server
from settings import Settings

SETTING = "workers"
WARM_UP_SECONDS = 2
SERVERS = {1: processors.SERVER, 2: processors.TWO_SERVERS}
LOAD = {1: processors.LOAD, 2: processors.BESIDE_TWO}


@dataclass(frozen=True, slots=True)
class Round:
    """Requests a second: in all, of the servers' processor time, of a processor that is theirs alone.

    `generator` is how much of a processor the load took, `fullest` the share of the busiest worker in their work.
    """

    rate: float
    of_time: float
    of_processor: float
    generator: float
    fullest: float


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.workers", description=__doc__)
    parser.add_argument("--engine", choices=databases.ENGINES, default="sqlite")
    parser.add_argument("--seconds", type=int, default=3, help="length of one measurement (default 3)")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each (default 3)")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    compare(options.engine, options.seconds, options.rounds)
    return 0


def compare(engine: str, seconds: int, rounds: int) -> dict[str, Any]:
    """A set read by key, with one worker and with two in turn; empty where that cannot be measured."""
    if SETTING not in Settings.model_fields or len(processors.TWO_SERVERS) < 2:
        print(f"two workers: not measured, for want of the setting {SETTING} or of a second processor\n", flush=True)
        return {}
    with databases.fresh(engine) as (folder, url), ExitStack() as stack:
        fixture = prepare(folder, url)
        servers = {count: _started(stack, fixture, count) for count in SERVERS}
        found = _interleaved(servers, scenarios(fixture)[0], seconds, rounds)
        memory = {process.pid: footprint.memory_of(process.pid) for process in processors.family(servers[2].pid)}
    medians = {count: _median(each) for count, each in found.items()}
    kept = {
        "engine": engine,
        "scaling": medians[2].of_processor * 2 / medians[1].of_processor,
        "wall": medians[2].rate / medians[1].rate,
        "efficiency": medians[2].of_time / medians[1].of_time,
        "median": {str(count): asdict(one) for count, one in medians.items()},
        "rounds": {str(count): [asdict(one) for one in each] for count, each in found.items()},
        "memory": list(memory.values()),
    }
    _tell(kept)
    return kept


def _started(stack: ExitStack, fixture: Fixture, count: int) -> Server:
    more = {f"FREESEWING_{SETTING.upper()}": str(count)}
    server = Server(OURS, fixture, on=SERVERS[count], more=more)
    stack.callback(server.stop)
    footprint.until_it_answers(server)
    # Others may still be starting.
    settle(server)
    return server


def _interleaved(
    servers: Mapping[int, Server], scenario: Scenario, seconds: int, rounds: int
) -> dict[int, list[Round]]:
    for count, server in servers.items():
        measure(server, scenario, WARM_UP_SECONDS, on=LOAD[count])
        settle(server)
    found: dict[int, list[Round]] = {count: [] for count in servers}
    for _ in range(rounds):
        for count, server in servers.items():
            found[count].append(_round(server, scenario, seconds, count))
            settle(server)
    return found


def _round(server: Server, scenario: Scenario, seconds: int, count: int) -> Round:
    idle, generated = _idle(SERVERS[count]), seconds_of_generators()
    before = processors.seconds_of_each(server.pid)
    found = measure(server, scenario, seconds, on=LOAD[count])
    elapsed = found.requests / found.rate
    after = processors.seconds_of_each(server.pid)
    used = [seconds - before.get(pid, 0.0) for pid, seconds in after.items()]
    idle, generated = _idle(SERVERS[count]) - idle, seconds_of_generators() - generated
    theirs = (sum(used) + idle) / count
    return Round(
        rate=found.rate,
        of_time=found.requests / sum(used),
        of_processor=found.requests / theirs / count,
        generator=generated / elapsed,
        fullest=max(used) / sum(used),
    )


def _idle(on: frozenset[int]) -> float:
    """Seconds in which these processors had nothing to do so far."""
    times = psutil.cpu_times(percpu=True)
    return float(sum(times[number].idle + getattr(times[number], "iowait", 0.0) for number in on))


def _median(rounds: list[Round]) -> Round:
    return Round(**{name: median(asdict(one)[name] for one in rounds) for name in asdict(rounds[0])})


def _tell(kept: Mapping[str, Any]) -> None:
    for count, one in kept["median"].items():
        print(
            f"{kept['engine']}, {count} worker(s): {one['rate']:.0f}/s, {one['of_time']:.0f} a second of their time,"
            f" {one['of_processor']:.0f}/s on a processor of their own; the busiest did {one['fullest']:.0%},"
            f" the load took {one['generator']:.2f} of a processor"
        )
    print(f"two against one: {kept['wall']:.2f} by the clock, {kept['scaling']:.2f} with the load accounted for")
    print(*goals.of_workers(kept), sep="\n", end="\n\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
