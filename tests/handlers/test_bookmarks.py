"""Bookmarks, which are their owner's alone."""

from typing import Any

import pytest

from tests.handlers.reading import failure
from tests.service import Person


@pytest.mark.parametrize("kind", ["set", "cset", "pattern", "design", "doc", "custom"])
def test_a_bookmark_of_every_kind_is_kept_and_read_back(alice: Person, kind: str) -> None:
    made = alice.new_bookmark(type=kind, title="Ünïcødé 🧵", url="https://example.org/ü?a=1#b")
    assert (made["type"], made["title"], made["url"]) == (kind, "Ünïcødé 🧵", "https://example.org/ü?a=1#b")
    assert made["userId"] == alice.id
    for bookmark_id in (made["id"], made["uuid"]):
        assert alice.get(f"/bookmarks/{bookmark_id}").json() == {"result": "success", "bookmark": made}
    assert alice.get("/bookmarks").json() == {"result": "success", "bookmarks": [made]}


@pytest.mark.parametrize("url", ["javascript:alert(1)", "example.org", " ", "<b>x</b>\n"])
def test_the_address_of_a_bookmark_is_any_text(alice: Person, url: str) -> None:
    made = alice.new_bookmark(url=url)
    assert alice.get(f"/bookmarks/{made['id']}").json()["bookmark"]["url"] == url


def test_title_and_address_can_change_and_the_type_cannot(alice: Person) -> None:
    made = alice.new_bookmark()
    change = {"title": "new", "type": "set", "id": 1, "userId": 1, "test": True}
    reply = alice.patch(f"/bookmarks/{made['uuid']}", change)
    changed = reply.json()["bookmark"]
    assert changed == {**made, "title": "new", "updatedAt": changed["updatedAt"]}
    changed = alice.patch(f"/bookmarks/{made['id']}", {"url": "/new"}).json()["bookmark"]
    assert (changed["title"], changed["url"]) == ("new", "/new")


def test_a_deleted_bookmark_is_gone(alice: Person) -> None:
    path = f"/bookmarks/{alice.new_bookmark()['uuid']}"
    assert alice.delete(path).status_code == 204
    assert [failure(reply) for reply in (alice.get(path), alice.delete(path))] == [(404, "notFound")] * 2


def test_only_the_owner_can_use_a_bookmark(alice: Person, admin: Person) -> None:
    path = f"/bookmarks/{alice.new_bookmark()['id']}"
    for reply in (admin.get(path), admin.patch(path, {"title": "x"}), admin.delete(path)):
        assert failure(reply) == (403, "insufficientAccessLevel")
    assert alice.get(path).status_code == 200


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_bookmark_is_not_overwritten_with_an_old_tag(alice: Person, method: str) -> None:
    path = f"/bookmarks/{alice.new_bookmark()['id']}"
    seen = alice.get(path).headers["etag"]
    assert alice.patch(path, {"title": "meanwhile"}).status_code == 200
    body: dict[str, Any] = {"json": {"title": "mine"}} if method == "PATCH" else {}
    headers = {"Authorization": alice.authorization, "If-Match": seen}
    assert failure(alice.service.http.request(method, path, headers=headers, **body)) == (412, "preconditionFailed")
    headers["If-Match"] = alice.get(path).headers["etag"]
    assert alice.service.http.request(method, path, headers=headers, **body).status_code in (200, 204)


def test_bookmarks_are_listed_in_pages(alice: Person) -> None:
    made = [alice.new_bookmark(title=str(number)) for number in range(3)]
    reply = alice.get("/bookmarks?limit=2")
    assert reply.json()["bookmarks"] == made[:2]
    reply = alice.get(reply.links["next"]["url"])
    assert (reply.json()["bookmarks"], "next" in reply.links) == (made[2:], False)


def test_freesewings_pages_use_the_uuid_and_the_suffix(alice: Person) -> None:
    made = alice.new_bookmark()
    assert alice.get("/bookmarks/jwt").json()["bookmarks"][0]["uuid"] == made["uuid"]
    assert alice.delete(f"/bookmarks/{made['uuid']}/jwt").status_code == 204
