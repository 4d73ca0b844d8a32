"""API keys."""

from typing import Any

from tests.contract.levels.case import Case
from tests.service import Person


def _key(owner: Person, _public: bool) -> dict[str, Any]:
    return {"key": owner.new_key(0).key}


def _short_lived_key(owner: Person, _public: bool) -> dict[str, Any]:
    # A key rotates only keys that end before it does.
    return {"key": owner.new_key(0, expires_in=60).key}


CASES = {
    "list_api_keys": Case(),
    "create_api_key": Case(body={"name": "x", "level": 0, "expiresIn": 60}),
    "read_api_key": Case(record=_key, others=9),
    # Without a reason, which staff must state.
    "delete_api_key": Case(record=_key, others=9, passed=400),
    "revoke_api_key": Case(record=_key, others=9, body={"reason": "x"}),
    "rotate_api_key": Case(record=_short_lived_key),
}
