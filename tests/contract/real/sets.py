"""Measurement sets."""

from typing import Any

from tests.contract.fuzzing import made


def _own(case: Any) -> None:
    case.path_parameters = {"id": str(made("/sets", {"name": "fuzzed", "public": True})["set"]["id"])}


REAL = dict.fromkeys(("read_set", "read_set_json", "read_set_yaml", "update_set", "delete_set", "clone_set"), _own)
