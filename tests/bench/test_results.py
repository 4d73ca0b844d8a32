"""The tables and goals of the benchmark's results."""

from pathlib import Path
from typing import Any

import pytest

from bench import goals, plot, report
from bench.load import Measurement
from bench.scenarios import Arranged, scenarios
from bench.servers import BARE, FASTAPI, FORMER, OURS, RAW, STARLETTE
from tests.bench import agreement

RECORDS = [{"id": 1, "measies": {"chest": 900.5}}]
NAMES = [one.name for one in scenarios(Arranged("Basic …", "Bearer …", RECORDS, RECORDS))]
ENGINES = ("sqlite", "postgresql")
GOOD = {OURS: 800.0, STARLETTE: 1000.0, RAW: 1300.0, FASTAPI: 799.0, BARE: 52_500.0}


def measured(rate: float) -> Measurement:
    """A round at this rate."""
    return Measurement(requests=int(rate), rate=rate, p50=10.0, p99=20.0, cpu=1e6 / rate)


def results(rates: dict[str, float]) -> dict[str, Any]:
    """A run in which every server had the same rate in every scenario."""
    found = {name: report.of_scenario({server: measured(rate) for server, rate in rates.items()}) for name in NAMES}
    counting = {"with": 95.0, "without": 100.0, "cost": 0.05, "cpu": 12.0}
    return {
        "engines": {
            engine: {"version": "", "load_average": 0.1, "scenarios": found, "counting": counting}
            for engine in ENGINES
        }
    }


def missed(rates: dict[str, float], engine: str = "sqlite") -> set[str]:
    """The goals that such a run misses."""
    return {one.name for one in goals.of_engine(engine, results(rates)["engines"][engine]) if not one.met}


@pytest.mark.parametrize("other", [{"public": 0, "chest": 771}, {"public": False, "chest": "771"}, {"public": False}])
def test_servers_that_answer_differently_are_not_compared(other: dict[str, Any]) -> None:
    replies = {OURS: {"set": {"chest": 771, "public": False}}, FASTAPI: {"set": other}}
    with pytest.raises(agreement.Disagreement, match=r"a set: .*FastAPI differs from ours at /set/(public|chest)"):
        agreement.require_same(replies, "a set")


def test_the_same_json_in_another_order_is_the_same() -> None:
    replies = {OURS: {"set": {"chest": 771, "public": False}}, FASTAPI: {"set": {"public": False, "chest": 771.0}}}
    agreement.require_same(replies, "a set")


@pytest.mark.parametrize("engine", ENGINES)
def test_good_results_meet_every_goal(engine: str) -> None:
    assert missed(GOOD, engine) == set()


@pytest.mark.parametrize("engine", ENGINES)
def test_every_goal_is_of_a_scenario(engine: str) -> None:
    assert set(goals.RATIOS[engine]) <= set(NAMES) and goals.TIMED in NAMES


@pytest.mark.parametrize(
    ("engine", "names"), [("sqlite", {"set create", "set update"}), ("postgresql", {"set read by key"})]
)
def test_a_ratio_below_its_goal_is_missed(engine: str, names: set[str]) -> None:
    assert missed(GOOD | {STARLETTE: 1050.0}, engine) == {f"{name}, of {STARLETTE}" for name in names}


@pytest.mark.parametrize("engine", ENGINES)
def test_to_be_as_fast_as_fastapi_is_not_to_be_ahead_of_it(engine: str) -> None:
    assert missed(GOOD | {FASTAPI: 800.0}, engine) == {f"{name}, of {FASTAPI}" for name in NAMES}


def test_the_slowest_requests_are_judged_by_the_speed_of_the_machine() -> None:
    assert missed(GOOD | {BARE: 52_501.0}) == {"set read by key, p99 where bare uvicorn does 52,501/s"}


def test_the_tables_show_every_scenario_of_both_engines() -> None:
    lines = list(report.tables(results(GOOD)))
    for name in NAMES:
        cells = "800 | 1,000 | 1,300 | 799 | 10.00 | 20.00 | 1250 / 1000 / 769 / 1252 | 0.80 | 0.62 | 1.00"
        assert lines.count(f"| {name} | {cells} |") == len(ENGINES)


@pytest.mark.parametrize(("former", "met"), [(888.0, True), (889.0, False)])
def test_a_former_checkout_is_compared_in_every_scenario(former: float, met: bool) -> None:
    expected = set() if met else {f"{name}, of {FORMER}" for name in NAMES}
    assert missed(GOOD | {FORMER: former}, "postgresql") == expected
    assert "| of former |" in "".join(report.tables(results(GOOD | {FORMER: former})))


@pytest.mark.parametrize(("rate", "p99", "met"), [(0.8, 2.0, True), (0.79, 2.0, False), (0.8, 2.01, False)])
def test_ten_thousand_keys_are_compared_with_one(rate: float, p99: float, met: bool) -> None:
    one = {"rate": 5000.0, "p50": 6.0, "p99": 12.0, "cpu": 200.0}
    found = {"reads": {"one key": one, "many keys": one | {"rate": rate * 5000.0, "p99": p99 * 12.0}}}
    assert all(goal.met for goal in goals.of_keys(found)) == met
    assert "| reads, one key | 5,000 | 6.00 | 12.00 | 200 |" in report.tables({"keys": {"sqlite": found}})


@pytest.mark.parametrize(("scaling", "met"), [(1.7, "met"), (1.69, "**missed**")])
def test_a_second_worker_is_compared_with_one(scaling: float, met: str) -> None:
    resident = {"rss": 100.0, "pss": 90.0}
    memory = {"minutes": 1, "requests": 9, "idle": resident, "loaded": resident, "slope": 0.1}
    found = {"sqlite": {"start": {"median": 1.0}, "memory": memory, "scaling": scaling}}
    line = f"| two workers on two CPUs, of one | {scaling:.2f} | ≥ 1.70 | {met} |"
    assert list(report.tables({"footprint": found}))[-1] == line


def test_the_same_results_make_the_same_plot(tmp_path: Path) -> None:
    for name in ("one.svg", "other.svg"):
        plot.draw(results(GOOD), tmp_path / name)
    drawn = (tmp_path / "one.svg").read_text()
    assert drawn == (tmp_path / "other.svg").read_text()
    assert all(f">{name}<" in drawn for name in NAMES)
