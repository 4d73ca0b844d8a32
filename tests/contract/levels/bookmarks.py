"""Bookmarks."""

from typing import Any

from tests.contract.levels.case import Case
from tests.service import Person

# More than anybody has: a bookmark is its owner's alone.
NOBODY = 10


def _bookmark(owner: Person, _public: bool) -> dict[str, Any]:
    return {"id": owner.new_bookmark()["id"]}


CASES = {
    "list_bookmarks": Case(),
    "create_bookmark": Case(body={"type": "doc", "title": "x", "url": "/"}),
    "read_bookmark": Case(record=_bookmark, others=NOBODY),
    "update_bookmark": Case(body={"title": "x"}, record=_bookmark, others=NOBODY),
    "delete_bookmark": Case(record=_bookmark, others=NOBODY),
}
