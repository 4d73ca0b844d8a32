"""Curated sets, and suggestions for them."""

from typing import Any

from tests.contract.levels.case import Case, admin
from tests.service import Person


def _curated(owner: Person, _public: bool) -> dict[str, Any]:
    reply = admin(owner.service).post("/curated-sets", {"nameEn": "x"})
    return {"id": reply.json()["curatedSet"]["id"]}


def _suggested(owner: Person, _public: bool) -> dict[str, Any]:
    staff = admin(owner.service)
    reply = staff.post("/curated-sets/suggest", {"set": staff.new_set()["id"]})
    return {"id": reply.json()["submission"]["id"]}


CASES = {
    "create_curated_set": Case(body={"nameEn": "x"}),
    "update_curated_set": Case(body={"nameEn": "x"}, record=_curated),
    "delete_curated_set": Case(record=_curated),
    "clone_curated_set": Case(body={"language": "en"}, record=_curated),
    # Not a set of the caller: rejected only after the level was checked.
    "suggest_curated_set": Case(body={"set": 999_999}, passed=400),
    "list_suggested_sets": Case(),
    "delete_suggested_set": Case(record=_suggested),
    "accept_suggested_set": Case(record=_suggested),
}
