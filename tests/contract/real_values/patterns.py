"""Patterns."""

from typing import Any

from tests.contract.fuzzing import made


def _own(case: Any) -> None:
    body = {"design": "aaron", "settings": {"sa": 10}, "public": True}
    case.path_parameters = {"id": str(made("/patterns", body)["pattern"]["id"])}


def _of_own_set(case: Any) -> None:
    drafted_from = made("/sets", {"name": "fuzzed"})["set"]
    case.body = {**case.body, "set": drafted_from["uuid"], "cset": None, "img": ""}


REAL = {
    "create_pattern": _of_own_set,
    **dict.fromkeys(
        (
            "read_pattern",
            "read_pattern_json",
            "read_pattern_yaml",
            "update_pattern",
            "delete_pattern",
            "clone_pattern",
        ),
        _own,
    ),
}
