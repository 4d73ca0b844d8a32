"""The kept figures as the tables of `docs/performance.md`: `python -m bench.markdown docs/performance.json`."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from bench import goals
from bench.plot import TITLES
from bench.report import Row, cost_of_counting
from bench.servers import BARE, COMMANDS, OURS, REFERENCES


def main(arguments: list[str]) -> int:
    """Print them."""
    print(*told(orjson.loads(Path(arguments[0]).read_bytes())), sep="\n")
    return 0


def told(kept: Mapping[str, Any]) -> Iterator[str]:
    """Line by line: machine, each engine, the worker, two workers."""
    if "machine" in kept:
        yield _run_of(kept)
    for engine, found in kept.get("engines", {}).items():
        yield from _engine(engine, found)
    for engine, found in kept.get("footprint", {}).items():
        yield from ("", f"### A worker on {TITLES[engine]}", "", *_footprint(found))
    if kept.get("workers"):
        yield from ("", "### Two workers", "", *_workers(kept["workers"]))


def _run_of(kept: Mapping[str, Any]) -> str:
    machine = kept["machine"]
    return (
        f"{machine['at']} UTC, commit {machine['commit']}: {machine['processor']}, {machine['processors']}"
        f" processors, {machine['memory_gb']} GB; {machine['system']}, Python {machine['python']},"
        f" SQLite {machine['sqlite']};"
        f" {kept['load']}, {kept['connections']} connections, {kept['pinned']};"
        f" medians of {kept['rounds']} rounds of {kept['seconds']} s."
    )


def _engine(engine: str, found: Mapping[str, Any]) -> Iterator[str]:
    bare = found["scenarios"][goals.TIMED]["median"][BARE]
    yield from ("", f"### {TITLES[engine]} {found['version']}".rstrip(), "")
    yield f"Load average before: {found['load_average']}. Bare uvicorn: {bare['rate']:,.0f}/s."
    yield from ("", *_throughput(found["scenarios"]), "")
    yield cost_of_counting(found["counting"]) + "."
    yield from ("", *_verdicts(goals.of_engine(engine, found)))


def _throughput(scenarios: Mapping[str, Any]) -> Iterator[str]:
    short = [server.split()[0] for server in COMMANDS]
    titles = [*(f"{name} /s" for name in short), "ours p50 ms", "ours p99 ms", f"CPU µs {' / '.join(short)}"]
    yield from _table(
        ["", *titles, *(f"of {server.split()[0]}" for server in REFERENCES)],
        (_cells(Row.kept(scenario, found)) for scenario, found in scenarios.items()),
    )


def _cells(row: Row) -> list[str]:
    medians, ours = row.medians, row.medians[OURS]
    return [
        row.scenario,
        *(f"{medians[server].rate:,.0f}" for server in COMMANDS),
        f"{ours.p50:.2f}",
        f"{ours.p99:.2f}",
        " / ".join(f"{medians[server].cpu:.0f}" for server in COMMANDS),
        *(f"{row.ratio(server):.2f}" for server in REFERENCES),
    ]


def _verdicts(verdicts: Iterable[goals.Verdict]) -> Iterator[str]:
    def rows() -> Iterator[list[str]]:
        for one in verdicts:
            bound = f"{'≤' if one.most else '≥'} {one.wanted:.2f}{one.unit}"
            yield [one.what, f"{one.found:.2f}{one.unit}", bound, ("met" if one.met else "**missed**") + one.note]

    yield from _table(["goal", "found", "wanted", ""], rows())


def _footprint(found: Mapping[str, Any]) -> Iterator[str]:
    memory = found["memory"]
    yield (
        f"{memory['requests']:,} requests of all kinds in {memory['minutes']:g} minutes; RSS"
        f" {memory['idle']['rss']:.1f} MB idle, {memory['loaded']['rss']:.1f} MB at the end"
        f" (PSS {memory['idle']['pss']:.1f} and"
        f" {memory['loaded']['pss']:.1f}), {memory['slope']:+.2f} MB a minute in the second half."
    )
    yield from ("", *_verdicts(goals.of_footprint(found)))


def _workers(found: Mapping[str, Any]) -> Iterator[str]:
    yield from _table(
        [
            "workers",
            "/s",
            "a second of their time",
            "/s on a processor of their own",
            "the busiest did",
            "load's CPU",
        ],
        (
            [
                count,
                *(f"{one[name]:,.0f}" for name in ("rate", "of_time", "of_processor")),
                f"{one['fullest']:.0%}",
                f"{one['generator']:.2f}",
            ]
            for count, one in found["median"].items()
        ),
    )
    yield from ("", f"By the clock {found['wall']:.2f} of one worker.", "", *_verdicts(goals.of_workers(found)))


def _table(titles: list[str], rows: Iterable[list[str]]) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |".replace("|  |", "| |", 1)
    yield "| " + " | ".join("---" for _ in titles) + " |"
    for cells in rows:
        yield f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
