"""Usage."""

from typing import Any

from tests.contract.levels.case import Case
from tests.service import Person


def _key(owner: Person, _public: bool) -> dict[str, Any]:
    return {"key": owner.new_key(0).key}


CASES = {
    "read_key_usage": Case(record=_key, others=8),
    "read_key_usage_csv": Case(record=_key, others=8),
    "read_key_usage_svg": Case(record=_key, others=8),
    "read_account_usage": Case(),
    "read_account_storage": Case(),
    "read_account_quotas": Case(),
    "read_key_quotas": Case(record=_key, others=8),
    "read_account_usage_csv": Case(),
    "read_account_usage_svg": Case(),
    "read_usage": Case(),
    "read_usage_csv": Case(),
    "read_usage_svg": Case(),
    "list_recent_requests": Case(),
}
