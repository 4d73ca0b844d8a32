"""Curated sets, and suggestions for them."""

from typing import Any

from tests.contract.fuzzing import common, made


def _set() -> int:
    return int(made("/sets", {"name": "fuzzed", "measies": {"chest": 900}})["set"]["id"])


def _curated(case: Any) -> None:
    case.path_parameters = {"id": common("/curated-sets", {"nameEn": "fuzzed"}, "curatedSet", "curatedSets")}


def _own(case: Any) -> None:
    case.body = {**case.body, "set": _set()}


def _suggested(case: Any) -> None:
    case.path_parameters = {"id": made("/curated-sets/suggest", {"set": _set()})["submission"]["id"]}


REAL = {
    **dict.fromkeys(
        (
            "read_curated_set",
            "read_curated_set_json",
            "read_curated_set_yaml",
            "update_curated_set",
            "delete_curated_set",
            "clone_curated_set",
        ),
        _curated,
    ),
    "suggest_curated_set": _own,
    "delete_suggested_set": _suggested,
    "accept_suggested_set": _suggested,
}
