"""API keys."""

from typing import Any

from tests.contract.levels.case import Case
from tests.service import Person


def _key(owner: Person, _public: bool) -> dict[str, Any]:
    return {"key": owner.new_key(0).key}


CASES = {
    "list_api_keys": Case(),
    "create_api_key": Case(body={"name": "x", "level": 0, "expiresIn": 60}),
    "read_api_key": Case(record=_key, others=9),
    "delete_api_key": Case(record=_key, others=9),
}
