"""Every list in pages, whatever happens to it meanwhile."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from core import document
from tests.matrix import both_engines
from tests.service import DOMAIN, Person, Service

_numbers = count(1)
Make = Callable[[Person], str]


def _made(path: str, member: str, body: dict[str, Any]) -> Make:
    def make(person: Person) -> str:
        reply = person.post(path, body)
        assert reply.status_code == 201, reply.text
        return str(reply.json()[member]["id"])

    return make


def _suggested_set(person: Person) -> str:
    return str(person.new_suggestion()["id"])


def _subscribed(person: Person) -> str:
    body = {"email": f"reader{next(_numbers)}@{DOMAIN}", "language": "en", "test": True}
    link = person.post("/subscriber", body).json()["data"]
    assert person.request("PUT", "/subscriber", json={"id": link["id"], "ehash": link["ehash"]}).status_code == 200
    return str(link["ehash"])


def _recorded(person: Person) -> str:
    return str(person.get(f"/admin/user/{person.id}").json()["user"]["id"])


def _asked(person: Person) -> str:
    """Every second one is answered: only so many can be open."""
    answered = len(person.get("/quota-requests").json()["requests"]) % 2 == 0
    wish = {"key": person.new_key(0).key, "policy": "day", "quota": 1, "purpose": "x", "days": 1}
    made = str(person.post("/quota-requests", wish).json()["request"]["id"])
    if answered:
        assert person.patch(f"/admin/quota-requests/{made}", {"state": "declined", "answer": "x"}).status_code == 200
    return made


def _limited(person: Person) -> str:
    terms = {"quota": 1, "reason": "x", "until": "2100-01-01T00:00:00.000Z"}
    reply = person.request("PUT", "/admin/quotas", json={"key": person.new_key(0).key, "policy": "day", **terms})
    return str(reply.json()["quota"]["id"])


def _listed(body: Any, member: str) -> list[str]:
    """The ids that a page holds."""
    records = body[member] if member else body
    if isinstance(records, dict):
        records = [record for group in records.values() for record in group]
    return [str(record["ehash"] if member == "subscribers" else record["id"]) for record in records]


# The path of a list, its member of the reply, how to make a record, and where one is removed.
LISTS: dict[str, tuple[str, Make, str]] = {
    "/sets": ("sets", _made("/sets", "set", {"name": "x"}), "/sets/{}"),
    "/apikeys": ("apikeys", lambda person: person.new_key(0).key, "/apikeys/{}"),
    "/patterns": ("patterns", lambda person: str(person.new_pattern()["id"]), "/patterns/{}"),
    "/bookmarks": ("bookmarks", lambda person: str(person.new_bookmark()["id"]), "/bookmarks/{}"),
    "/curated-sets": ("curatedSets", _made("/curated-sets", "curatedSet", {"nameEn": "x"}), "/curated-sets/{}"),
    "/curated-sets.json": ("", _made("/curated-sets", "curatedSet", {"nameEn": "x"}), "/curated-sets/{}"),
    "/option-packs": (
        "optionPacks",
        _made("/option-packs", "optionPack", {"nameEn": "x", "design": "aaron"}),
        "/option-packs/{}",
    ),
    "/option-packs.json": (
        "",
        _made("/option-packs", "optionPack", {"nameEn": "x", "design": "aaron"}),
        "/option-packs/{}",
    ),
    "/suggested-sets": ("suggestions", _suggested_set, "/suggested-sets/{}"),
    "/suggested-packs": (
        "suggestions",
        _made("/option-packs/suggest", "submission", {"nameEn": "x", "design": "aaron"}),
        "/suggested-packs/{}",
    ),
    "/quota-requests": ("requests", _asked, "/quota-requests/{}"),
    "/admin/quotas": ("quotas", _limited, "/admin/quotas/{}"),
    "/admin/subscribers": ("subscribers", _subscribed, "/subscriber/{}"),
}
# Its records cannot be removed, stand newest first, and are added by every look: it has a test of its own.
BACKWARDS = "/admin/acts"
# An account cannot create many quota requests (test_quota_requests.py), nor delete events (test_events.py).
ELSEWHERE = {"/admin/quota-requests", "/account/events"}
# Bodies that are no JSON: the same handler as the form beside them.
AS_YAML = {"/curated-sets.yaml", "/option-packs.yaml"}


def walk(person: Person, path: str, member: str, between: Callable[[], None] = lambda: None) -> list[str]:
    """The ids of a list, page after page; `between` is called after each page."""
    found: list[str] = []
    address = path
    while address:
        reply = person.get(address)
        assert reply.status_code == 200, reply.text
        found += _listed(reply.json(), member)
        address = reply.links.get("next", {}).get("url", "")
        between()
    return found


def test_every_list_is_walked_here() -> None:
    paged = {
        path
        for path, _, operation in document.operations(document.load())
        if {"$ref": "#/components/parameters/Cursor"} in operation.get("parameters", [])
    }
    assert paged - AS_YAML - {BACKWARDS} - ELSEWHERE == set(LISTS), "a list with Cursor has a row in LISTS"


@pytest.mark.parametrize("path", LISTS)
@both_engines
def test_a_walk_sees_each_record_once_while_others_come_and_go(service: Service, path: str) -> None:
    person = service.sign_up("admin")
    member, make, removal = LISTS[path]
    made = [make(person) for _ in range(18)]
    kept, passing = made[::2], made[1::2]
    coming = 6

    def meanwhile() -> None:
        nonlocal coming
        if passing:
            assert person.delete(removal.format(passing.pop())).status_code == 204
        if coming:
            coming -= 1
            make(person)

    seen = walk(person, f"{path}?limit=4", member, meanwhile)
    assert len(seen) == len(set(seen))
    assert set(kept) <= set(seen)


def test_the_record_of_acts_is_walked_from_its_newest(service: Service) -> None:
    person = service.sign_up("admin")
    for _ in range(9):
        _recorded(person)
    seen = [int(one) for one in walk(person, f"{BACKWARDS}?limit=4&actor={person.id}", "acts", lambda: None)]
    assert len(seen) == 9 and seen == sorted(seen, reverse=True)


def test_a_list_is_whole_up_to_its_bound_and_leads_on_past_it(alice: Person) -> None:
    made = [alice.new_bookmark()["id"] for _ in range(1001)]
    whole = alice.get("/bookmarks")
    assert len(whole.json()["bookmarks"]) == 1000 and "next" in whole.links
    assert walk(alice, "/bookmarks", "bookmarks") == [str(number) for number in made]


def test_a_list_of_large_records_ends_before_four_megabytes(alice: Person) -> None:
    drawing = {"path": "x" * 199_000}
    made = [str(alice.new_pattern(data=drawing, settings=drawing)["id"]) for _ in range(12)]
    page = alice.get("/patterns")
    assert 3_000_000 < len(page.content) < 4_000_000 and "next" in page.links
    assert page.headers["etag"] == alice.get("/patterns").headers["etag"]
    assert walk(alice, "/patterns", "patterns") == made
    assert walk(alice, "/patterns?limit=11", "patterns") == made


def test_text_that_is_longer_as_json_ends_a_page_too(alice: Person) -> None:
    """Each character of the notes has one byte in the database and six bytes as JSON."""
    made = [str(alice.new_set(notes="\x01" * 20_000)["id"]) for _ in range(40)]
    page = alice.get("/sets")
    assert 3_500_000 < len(page.content) < 4_100_000 and "next" in page.links
    assert walk(alice, "/sets", "sets") == made


def test_a_short_list_has_no_next_page(alice: Person) -> None:
    alice.new_set()
    reply = alice.get("/sets?limit=1")
    assert "link" not in reply.headers and len(reply.json()["sets"]) == 1


def test_a_page_of_a_filtered_list_leads_to_the_same_filter(curator: Person) -> None:
    design = f"design{next(_numbers)}"
    for _ in range(3):
        assert curator.post("/option-packs", {"nameEn": "x", "design": design}).status_code == 201
    assert len(walk(curator, f"/option-packs?design={design}&limit=1", "optionPacks")) == 3


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "limit=x", "cursor=", "cursor=short", "cursor=!!!!!!!!!!!"]
)
def test_an_invalid_page_is_refused(alice: Person, query: str) -> None:
    reply = alice.get(f"/sets?{query}")
    assert (reply.status_code, reply.json()["error"]) == (400, "validationFailed")


def test_a_cursor_past_the_end_finds_nothing(alice: Person) -> None:
    alice.new_set()
    assert alice.get("/sets?cursor=___________").json()["sets"] == []
