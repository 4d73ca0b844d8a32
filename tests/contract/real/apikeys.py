"""API keys."""

from typing import Any

from tests.contract.fuzzing import made


def _own(case: Any) -> None:
    body = {"name": "fuzzed", "level": 1, "expiresIn": 3600}
    case.path_parameters = {"key": made("/apikeys", body)["apikey"]["key"]}


REAL = dict.fromkeys(("read_api_key", "delete_api_key"), _own)
