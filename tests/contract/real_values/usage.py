"""Usage: within the stored time, and of an existing key."""

from datetime import timedelta
from typing import Any

from core import clock
from tests.contract.fuzzing import KEY_LIFE, made


def _lately(case: Any) -> None:
    now = clock.now()
    case.query = {**(case.query or {}), "from": f"{now - timedelta(days=3):%Y-%m-%d}", "to": f"{now:%Y-%m-%dT%H:%MZ}"}


def _key(case: Any) -> None:
    body = {"name": "fuzzed", "level": 1, "expiresIn": KEY_LIFE}
    case.path_parameters = {"key": made("/apikeys", body)["apikey"]["key"]}


def _own(case: Any) -> None:
    _key(case)
    _lately(case)


REAL = {
    "read_key_quotas": _key,
    **dict.fromkeys(("read_account_usage", "read_account_usage_csv", "read_account_usage_svg"), _lately),
    **dict.fromkeys(("read_key_usage", "read_key_usage_csv", "read_key_usage_svg"), _own),
}
