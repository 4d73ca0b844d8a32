"""The kinds of records that people keep, as the checks make, change and remove them."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.contract.deployment import Deployment
from tests.service import Person


@dataclass(frozen=True)
class Kind:
    """What the document calls a kind of record, and something to store and to change of one.

    `one` and `many` are the members of replies, `noun` ends the names of operations. `of` is whose they are.
    """

    noun: str
    one: str
    many: str
    body: dict[str, Any]
    change: dict[str, Any]
    of: str = "alice"
    # Members that the change changes besides.
    follow: frozenset[str] = frozenset()

    def owner(self, there: Deployment) -> Person:
        """Who keeps such records there."""
        person: Person = getattr(there, self.of)
        return person

    def make(self, there: Deployment, **fields: Any) -> dict[str, Any]:
        """A new one."""
        reply = there.call(f"create_{self.noun}", self.owner(there), json={**self.body, **fields})
        assert reply.status_code == 201, f"a new {self.noun} was refused: {reply.status_code}"
        made: dict[str, Any] = reply.json()[self.one]
        return made

    def remove(self, there: Deployment, record: dict[str, Any]) -> None:
        """Take it away, whatever the reply."""
        there.http.delete(
            there.book.find(f"delete_{self.noun}")[0].format(id=record["id"]),
            headers={"Authorization": self.owner(there).authorization},
        )

    def listed(self, there: Deployment) -> list[dict[str, Any]]:
        """All of its owner's, or of everybody where they are common, page after page."""
        found: list[dict[str, Any]] = []
        query: dict[str, Any] = {}
        while True:
            reply = there.call(f"list_{self.noun}s", self.owner(there), query=query)
            assert reply.status_code == 200, f"the list was refused: {reply.status_code}"
            found += reply.json()[self.many]
            if "next" not in reply.links:
                return found
            query = dict(there.http.build_request("GET", reply.links["next"]["url"]).url.params)


SET = Kind(
    "set",
    "set",
    "sets",
    {"name": "contract", "notes": "made by the contract tests", "measies": {"chest": 900, "shoulderSlope": 13.5}},
    {"name": "contract, changed", "measies": {"waist": 700}},
)
PATTERN = Kind("pattern", "pattern", "patterns", {"design": "aaron", "settings": {"sa": 10}}, {"notes": "changed"})
BOOKMARK = Kind(
    "bookmark", "bookmark", "bookmarks", {"type": "doc", "title": "contract", "url": "/docs"}, {"title": "changed"}
)
CURATED_SET = Kind(
    "curated_set",
    "curatedSet",
    "curatedSets",
    {"nameEn": "contract", "measies": {"chest": 900}},
    {"notesEn": "changed"},
    of="curator",
    follow=frozenset({"notes"}),
)
OPTION_PACK = Kind(
    "option_pack",
    "optionPack",
    "optionPacks",
    {"nameEn": "contract", "design": "aaron"},
    {"notesEn": "changed"},
    of="curator",
    follow=frozenset({"notes"}),
)
KINDS = (SET, PATTERN, BOOKMARK, CURATED_SET, OPTION_PACK)
each_kind = pytest.mark.parametrize("kind", KINDS, ids=[kind.noun for kind in KINDS])
each_own_kind = pytest.mark.parametrize("kind", KINDS[:3], ids=[kind.noun for kind in KINDS[:3]])
