"""Bookmarks."""

from typing import Any

from tests.contract.fuzzing import made


def _own(case: Any) -> None:
    body = {"type": "doc", "title": "fuzzed", "url": "/docs"}
    case.path_parameters = {"id": str(made("/bookmarks", body)["bookmark"]["id"])}


REAL = dict.fromkeys(("read_bookmark", "update_bookmark", "delete_bookmark"), _own)
