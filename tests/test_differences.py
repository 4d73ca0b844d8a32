"""A failed comparison of documents or responses names the members that differ."""

from typing import Any

import pytest

from tests.differences import explanation


@pytest.mark.parametrize(
    ("left", "right", "lines"),
    [
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, ["1 differences:", "/a/b/1: 2 != 3"]),
        ({"a": 1}, {"b": None}, ["2 differences:", "/a: only left has it: 1", "/b: only right has it: None"]),
        ([{"a": 1}], [{"a": 1}, {}], ["1 differences:", "/: 1 items, right has 2"]),
        ({"a": [1]}, {"a": {"b": 1}}, ["1 differences:", "/a: [1] != {'b': 1}"]),
        ("a", "b", None),
        ({"a": 1}, [1], None),
    ],
)
def test_the_differing_members_are_named(left: Any, right: Any, lines: list[str] | None) -> None:
    assert explanation(left, right) == lines


def test_a_failed_assertion_prints_the_members_instead_of_both_values() -> None:
    left = {"same": "x" * 500, "changed": 1}
    with pytest.raises(AssertionError) as failed:
        assert left == {**left, "changed": 2}
    assert "/changed: 1 != 2" in str(failed.value)


def test_many_differences_are_cut() -> None:
    found = explanation(dict.fromkeys(range(50), 1), dict.fromkeys(range(50), 2))
    assert found is not None and len(found) == 22 and found[-1] == "and 30 more"
