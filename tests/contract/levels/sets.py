"""Measurement sets."""

from typing import Any

from tests.contract.levels.case import Case
from tests.service import FILE, Person


def _set(owner: Person, public: bool) -> dict[str, Any]:
    return {"id": owner.new_set(public=public)["id"]}


CASES = {
    "import_set": Case(
        options={
            "params": {"format": "csv", "store": "true", "name": "x"},
            "content": b"measurement,value,unit\nchest,90,cm",
            "headers": FILE,
        }
    ),
    "list_sets": Case(),
    "create_set": Case(body={"name": "x"}),
    "read_set": Case(record=_set, others=6, public=6),
    "update_set": Case(body={"name": "x"}, record=_set, others=9, public=9),
    "delete_set": Case(record=_set, others=9, public=9),
    "clone_set": Case(record=_set, others=8, public=3),
}
