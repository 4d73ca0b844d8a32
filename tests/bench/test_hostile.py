"""The goals and the table of the benchmark under hostile load."""

from typing import Any

import pytest

from bench.hostile import measure
from bench.hostile.attacks import ATTACKS

QUIET: dict[str, Any] = {
    "attack": "static files",
    "item": "2.6",
    "engine": "sqlite",
    "health": 0.02,
    "read": 0.03,
    "failures": {},
    "growth": 12.4,
    "answers": {"200": 9},
    "metered": True,
    "forbidden": 0,
}


@pytest.mark.parametrize(
    "fault",
    [
        {"health": 0.51},
        {"read": 0.51},
        {"failures": {"503": 1}},
        {"growth": 150.1},
        {"metered": False},
        {"forbidden": 1},
    ],
    ids=lambda fault: next(iter(fault)),
)
def test_each_figure_past_its_threshold_misses(fault: dict[str, Any]) -> None:
    assert measure.is_met({**QUIET, "health": 0.5, "read": 0.5, "growth": 150.0})
    assert not measure.is_met(QUIET | fault)


def test_the_table_shows_each_attack() -> None:
    machine = {"commit": "abc", "at": "now", "processor": "x", "processors": 2}
    results = {"machine": machine, "pinned": "no", "seconds": 8.0, "rows": [QUIET, QUIET | {"failures": {"503": 2}}]}
    row = "| 2.6 | static files | sqlite | 0.02 | 0.03 |"
    assert list(measure.markdown(results))[-2:] == [f"{row} 0 | 12 | met |", f"{row} 2 | 12 | **missed** |"]


def test_every_item_of_load_has_an_attack() -> None:
    assert {attack.item for attack in ATTACKS.values()} == {f"2.{number}" for number in range(1, 10)}
