"""API keys."""

from typing import Any

from tests.contract.fuzzing import KEY_LIFE, made


def _own(case: Any) -> None:
    body = {"name": "fuzzed", "level": 1, "expiresIn": KEY_LIFE}
    case.path_parameters = {"key": made("/apikeys", body)["apikey"]["key"]}


def _leaked(case: Any) -> None:
    body = {"name": "fuzzed", "level": 1, "expiresIn": KEY_LIFE}
    key = made("/apikeys", body)["apikey"]
    case.body = {"key": key["key"], "secret": key["secret"]}


REAL = {
    **dict.fromkeys(("read_api_key", "delete_api_key", "revoke_api_key", "rotate_api_key"), _own),
    "report_leaked_api_key": _leaked,
}
