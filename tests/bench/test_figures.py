"""What the benchmark says of its figures, and when it gives none."""

from pathlib import Path
from typing import Any

import pytest

from bench import agreement, goals, markdown, plot
from bench.fixture import Fixture, scenarios
from bench.load import Measurement
from bench.report import Row, data
from bench.servers import BARE, FASTAPI, OURS, RAW, STARLETTE
from settings import Settings

SCENARIOS = scenarios(Fixture(Settings.model_construct(), "Basic …", "Bearer …", (1,), (1,)))
NAMES = [one.name for one in SCENARIOS]
ENGINES = ("sqlite", "postgresql")


def measured(rate: float) -> Measurement:
    """A round at this rate."""
    return Measurement(requests=int(rate), rate=rate, p50=10.0, p99=20.0, cpu=1e6 / rate)


def kept(rates: dict[str, float]) -> dict[str, Any]:
    """A run in which every server had the same rate in every scenario."""
    rounds = {name: {server: [measured(rate)] for server, rate in rates.items()} for name in NAMES}
    rows = [Row.of(name, figures) for name, figures in rounds.items()]
    counting = {"with": 95.0, "without": 100.0, "cost": 0.05, "cpu": 12.0}
    found = {"version": "", "load_average": 0.1, "scenarios": data(rows, rounds), "counting": counting}
    return {"engines": dict.fromkeys(ENGINES, found)}


def missed(rates: dict[str, float], engine: str = "sqlite") -> set[str]:
    """The goals that such a run misses."""
    return {one.what for one in goals.of_engine(engine, kept(rates)["engines"][engine]) if not one.met}


GOOD = {OURS: 800.0, STARLETTE: 1000.0, RAW: 1300.0, FASTAPI: 799.0, BARE: 52_500.0}


@pytest.mark.parametrize("other", [{"public": 0, "chest": 771}, {"public": False, "chest": "771"}, {"public": False}])
def test_servers_that_answer_differently_are_not_compared(other: dict[str, Any]) -> None:
    replies = {OURS: {"set": {"chest": 771, "public": False}}, FASTAPI: {"set": other}}
    with pytest.raises(agreement.Disagreement, match=r"set read by key: .*FastAPI"):
        agreement.require_same(replies, SCENARIOS[0])


def test_the_same_json_in_another_order_is_the_same() -> None:
    replies = {OURS: {"set": {"chest": 771, "public": False}}, FASTAPI: {"set": {"public": False, "chest": 771.0}}}
    agreement.require_same(replies, SCENARIOS[0])


@pytest.mark.parametrize("engine", ENGINES)
def test_figures_that_are_as_wanted_miss_nothing(engine: str) -> None:
    assert missed(GOOD, engine) == set()


@pytest.mark.parametrize("engine", ENGINES)
def test_every_goal_is_of_something_that_is_measured(engine: str) -> None:
    assert set(goals.RATIOS[engine]) <= set(NAMES) and goals.TIMED in NAMES


@pytest.mark.parametrize(
    ("engine", "names"), [("sqlite", {"set create", "set update"}), ("postgresql", {"set read by key"})]
)
def test_a_ratio_below_its_goal_is_missed(engine: str, names: set[str]) -> None:
    assert missed(GOOD | {STARLETTE: 1050.0}, engine) == {f"{name}, of {STARLETTE}" for name in names}


@pytest.mark.parametrize("engine", ENGINES)
def test_to_be_as_fast_as_fastapi_is_not_to_be_ahead_of_it(engine: str) -> None:
    assert missed(GOOD | {FASTAPI: 800.0}, engine) == {f"{name}, of {FASTAPI}" for name in NAMES}


def test_the_slowest_requests_are_judged_by_how_fast_the_machine_is() -> None:
    assert missed(GOOD | {BARE: 52_501.0}) == {"set read by key, p99 where bare uvicorn does 52,501/s"}


def test_the_tables_show_every_scenario_of_both_engines() -> None:
    lines = list(markdown.told(kept(GOOD)))
    for name in NAMES:
        shown = (
            f"| {name} | 800 | 1,000 | 1,300 | 799 | 10.00 | 20.00 | 1250 / 1000 / 769 / 1252 | 0.80 | 0.62 | 1.00 |"
        )
        assert lines.count(shown) == len(ENGINES)


GROWN = [{"accounts": 10**power, "path": name, "p50": 9.5, "p99": 21.0} for power in (3, 5, 6) for name in NAMES]


@pytest.mark.parametrize(("kind", "figures"), [("throughput", kept(GOOD)), ("growth", GROWN)], ids=plot.KINDS)
def test_the_same_figures_make_the_same_plot(kind: str, figures: Any, tmp_path: Path) -> None:
    for name in ("one.svg", "other.svg"):
        plot.KINDS[kind](figures, tmp_path / name)
    drawn = (tmp_path / "one.svg").read_text()
    assert drawn == (tmp_path / "other.svg").read_text()
    assert all(f">{name}<" in drawn for name in NAMES)
