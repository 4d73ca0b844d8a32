"""Levels: what each role may, and what a key may when its owner's role changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.contract.checks.kinds import BOOKMARK, PATTERN, SET
from tests.contract.checks.problems import is_problem
from tests.contract.checks.test_keys import made_with
from tests.contract.cleanup import KEY_LIFE
from tests.contract.deployment import Deployment
from tests.service import ApiKey, Person

# Roles with their levels, and the least level of what each does with the records of another.
ROLES = {"user": 4, "tester": 4, "curator": 5, "bughunter": 6, "support": 8, "admin": 9}


@contextmanager
def _as(there: Deployment, role: str) -> Iterator[Person]:
    """An account in this role, which is a user again in the end."""
    try:
        yield there.become(role)
    finally:
        there.become("user")


def _status(there: Deployment, name: str, who: Person, **asked: Any) -> int:
    return there.call(name, who, **asked).status_code


@pytest.mark.parametrize("role", ROLES)
def test_a_token_has_the_level_of_its_role(there: Deployment, role: str) -> None:
    level, owner = ROLES[role], there.alice.id
    needed = {"list_suggested_sets": 5, "list_acts": 9}
    private, key = SET.make(there), made_with(there, there.alice, 1, KEY_LIFE)["key"]
    with _as(there, role) as person:
        seen = {name: (_status(there, name, person) == 200, level >= least) for name, least in needed.items()}
        seen["read_set"] = (_status(there, "read_set", person, id=private["id"]) == 200, level >= 6)
        seen["read_key_usage"] = (_status(there, "read_key_usage", person, key=key) == 200, level >= 8)
        seen["read_all_data"] = (_status(there, "read_all_data", person, id=owner) == 200, level >= 8)
        seen["read_api_key"] = (_status(there, "read_api_key", person, key=key) == 200, level >= 9)
    SET.remove(there, private)
    wrong = [name for name, (may, should) in seen.items() if may != should]
    assert not wrong, f"a {role} has another level than {level}: {wrong}"


def test_records_of_others_need_the_level_stated(there: Deployment) -> None:
    private, pattern, bookmark = SET.make(there), PATTERN.make(there), BOOKMARK.make(there)
    with _as(there, "bughunter") as reader:
        assert _status(there, "read_set", reader, id=private["id"]) == 200, "level 6 does not read sets of others"
        assert _status(there, "read_pattern", reader, id=pattern["id"]) == 200, "level 6 does not read patterns"
        for name, record in (("update_set", private), ("update_pattern", pattern), ("clone_set", private)):
            body: dict[str, Any] | None = {} if name.startswith("update") else None
            is_problem(there.call(name, reader, id=record["id"], json=body), 403, "insufficientAccessLevel")
        is_problem(there.call("read_bookmark", reader, id=bookmark["id"]), 403, "insufficientAccessLevel")
    with _as(there, "support") as supporter:
        clone = there.call("clone_set", supporter, id=private["id"])
        assert clone.status_code == 201, "level 8 does not clone private sets of others"
        there.call("delete_set", supporter, id=clone.json()["set"]["id"])
        is_problem(there.call("delete_set", supporter, id=private["id"]), 403, "insufficientAccessLevel")
    for kind, record in ((SET, private), (PATTERN, pattern), (BOOKMARK, bookmark)):
        kind.remove(there, record)


def test_a_key_falls_with_the_role_of_its_owner(there: Deployment) -> None:
    with _as(there, "curator") as person:
        high, low = (made_with(there, person, level, KEY_LIFE) for level in (5, 4))
        is_problem(
            there.call("create_api_key", person, json={"name": "contract", "level": 6, "expiresIn": KEY_LIFE}),
            400,
            "keyLevelExceedsRoleLevel",
        )
        keys = [ApiKey(there, one["key"], one["secret"]) for one in (high, low)]
        assert there.call("list_suggested_sets", keys[0]).status_code == 200, (
            "a key has not the level it was made with"
        )
    assert there.call("list_sets", keys[0]).status_code == 401, "a key above the level of a lower role still works"
    is_problem(there.call("list_sets", keys[0]), 401, "keyRevoked")
    assert there.call("list_sets", keys[1]).status_code == 200, "a key within the lower role was revoked, too"
