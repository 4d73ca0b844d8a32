"""Bookmarks: their owner's alone, whatever the level."""

from tests.contract.checks.kinds import BOOKMARK
from tests.contract.checks.problems import is_problem
from tests.contract.deployment import Deployment


def test_a_bookmark_is_its_owners_alone(there: Deployment) -> None:
    made = BOOKMARK.make(there)
    for name, body in (("read_bookmark", None), ("update_bookmark", {"title": "x"}), ("delete_bookmark", None)):
        is_problem(there.call(name, there.admin, id=made["id"], json=body), 403, "insufficientAccessLevel")
    BOOKMARK.remove(there, made)


def test_the_type_of_a_bookmark_cannot_change(there: Deployment) -> None:
    made = BOOKMARK.make(there)
    change = {"type": "design", "title": "contract, changed"}
    changed = there.call("update_bookmark", there.alice, id=made["id"], json=change).json()["bookmark"]
    kept = (changed["type"], changed["title"], changed["url"])
    assert kept == ("doc", "contract, changed", made["url"]), f"an update changes the type or the address: {kept}"
    BOOKMARK.remove(there, made)


def test_any_text_is_an_address(there: Deployment) -> None:
    for address in ("/docs/a", "https://example.org/b", "javascript:nothing", "a note"):
        made = BOOKMARK.make(there, url=address)
        assert made["url"] == address, "an address is stored as something else"
        BOOKMARK.remove(there, made)
