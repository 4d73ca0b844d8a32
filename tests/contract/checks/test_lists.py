"""Lists in pages: a walk along the links sees each record once, in order."""

from typing import Any

import pytest

from tests.contract.checks.kinds import Kind, each_own_kind
from tests.contract.checks.problems import is_problem
from tests.contract.deployment import Deployment

LISTS = ("list_sets", "list_patterns", "list_bookmarks", "list_api_keys")


def _walk(there: Deployment, kind: Kind, limit: int) -> list[Any]:
    """The ids of all records, following `Link` from page to page as a client does."""
    owner = kind.owner(there)
    reply = there.call(f"list_{kind.noun}s", owner, query={"limit": limit})
    ids = []
    for _ in range(1000):
        assert reply.status_code == 200, f"a page is answered {reply.status_code}"
        page = [record["id"] for record in reply.json()[kind.many]]
        assert len(page) <= limit, "a page holds more than was asked for"
        ids += page
        if "next" not in reply.links:
            return ids
        reply = there.http.get(reply.links["next"]["url"], headers={"Authorization": owner.authorization})
        there.book.hold(f"list_{kind.noun}s", reply)
    raise AssertionError("the links lead on and on")


@each_own_kind
def test_a_walk_along_the_links_sees_each_record_once(there: Deployment, kind: Kind) -> None:
    made = [kind.make(there) for _ in range(5)]
    whole = [record["id"] for record in kind.listed(there)]
    walked = _walk(there, kind, 2)
    assert len(walked) == len(set(walked)), "a walk sees a record twice"
    assert walked == whole, "a walk sees other records than the whole list, or in another order"
    assert [record["id"] for record in made] == [one for one in walked if one >= made[0]["id"]][:5]
    for record in made:
        kind.remove(there, record)


@each_own_kind
def test_a_walk_through_pages_is_not_disturbed_by_deletions(there: Deployment, kind: Kind) -> None:
    made = [kind.make(there)["id"] for _ in range(4)]
    owner, name = kind.owner(there), f"list_{kind.noun}s"
    reply = there.call(name, owner, query={"limit": 1})
    seen: list[Any] = []
    while "next" in reply.links:
        seen += [record["id"] for record in reply.json()[kind.many]]
        if seen[-1] == made[0]:
            kind.remove(there, {"id": made[0]})
        reply = there.http.get(reply.links["next"]["url"], headers={"Authorization": owner.authorization})
        there.book.hold(name, reply)
    seen += [record["id"] for record in reply.json()[kind.many]]
    assert [one for one in seen if one in made] == made, "a walk lost a record, or saw one twice"
    for record in made[1:]:
        kind.remove(there, {"id": record})


@pytest.mark.parametrize("name", LISTS)
def test_a_cursor_or_limit_that_is_none_is_refused(there: Deployment, name: str) -> None:
    for query in ({"cursor": "no cursor"}, {"limit": "0"}, {"limit": "many"}, {"limit": "-1"}):
        is_problem(there.call(name, there.alice, query=query), 400)
