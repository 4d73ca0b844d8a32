"""Patterns."""

from typing import Any

from tests.contract.levels.case import Case
from tests.service import Person


def _pattern(owner: Person, public: bool) -> dict[str, Any]:
    return {"id": owner.new_pattern(public=public)["id"]}


CASES = {
    "list_patterns": Case(),
    "create_pattern": Case(body={"design": "aaron", "settings": {}}),
    "read_pattern": Case(record=_pattern, others=6, public=6),
    "update_pattern": Case(body={"name": "x"}, record=_pattern, others=9, public=9),
    "delete_pattern": Case(record=_pattern, others=9, public=9),
    "clone_pattern": Case(record=_pattern, others=8, public=3),
}
