"""Lists in pages, whatever happens to them meanwhile."""

from typing import Any

import pytest

from tests.service import Person


def walk(person: Person, path: str, name: str, between: Any = lambda: None) -> list[Any]:
    """Every record of a list, page after page; `between` is called after each page."""
    found, address = [], path
    while address:
        reply = person.get(address)
        assert reply.status_code == 200, reply.text
        found += reply.json()[name]
        address = reply.links.get("next", {}).get("url", "")
        between()
    return found


def test_a_short_list_has_no_next_page(alice: Person) -> None:
    alice.new_set()
    reply = alice.get("/sets?limit=1")
    assert "link" not in reply.headers and len(reply.json()["sets"]) == 1


def test_a_walk_sees_each_set_once_while_others_come_and_go(alice: Person) -> None:
    kept = [alice.new_set(name=f"kept {number}")["id"] for number in range(9)]
    passing = [alice.new_set(name=f"passing {number}")["id"] for number in range(9)]

    def meanwhile() -> None:
        alice.new_set(name="came")
        if passing:
            alice.delete(f"/sets/{passing.pop()}")

    seen = [found["id"] for found in walk(alice, "/sets?limit=4", "sets", meanwhile)]
    assert len(seen) == len(set(seen)) and seen == sorted(seen)
    assert set(kept) <= set(seen)


def test_keys_are_listed_page_by_page_too(alice: Person) -> None:
    made = [alice.new_key(0).key for _ in range(5)]
    assert [key["id"] for key in walk(alice, "/apikeys?limit=2", "apikeys")] == made


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "limit=x", "cursor=", "cursor=short", "cursor=!!!!!!!!!!!"]
)
def test_what_is_no_page_is_refused(alice: Person, query: str) -> None:
    reply = alice.get(f"/sets?{query}")
    assert (reply.status_code, reply.json()["error"]) == (400, "validationFailed")


def test_a_cursor_past_the_end_finds_nothing(alice: Person) -> None:
    alice.new_set()
    assert alice.get("/sets?cursor=___________").json()["sets"] == []
