"""Entity tags: a read of an unchanged record gets 304, and no change overwrites a concurrent one."""

from typing import Any

import pytest

from tests.matrix import both_engines
from tests.service import Person


def ask(person: Person, method: str, path: str, *, json: Any = None, **headers: str) -> tuple[int, dict[str, str]]:
    """A request with headers of its own; status and headers of the reply."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    reply = person.service.http.request(
        method,
        path,
        headers={"Authorization": person.authorization, **named},
        json=json,
    )
    assert not (reply.status_code == 304 and reply.content)
    return reply.status_code, dict(reply.headers)


@pytest.mark.parametrize(
    "path",
    ["/sets", "/sets/{}", "/sets/{}.json", "/sets/{}.yaml", "/sets/{}.csv", "/sets/{}.vit", "/account", "/users/{}"],
)
def test_what_the_client_holds_is_not_sent_again(alice: Person, path: str) -> None:
    path = path.format(alice.id if "users" in path else alice.new_set(public=True)["id"])
    status, headers = ask(alice, "GET", path)
    assert status == 200 and headers["etag"].startswith('"')
    for held in (headers["etag"], f'"other", W/{headers["etag"]}', "*"):
        again, repeated = ask(alice, "GET", path, if_none_match=held)
        assert (again, repeated["etag"]) == (304, headers["etag"])
        assert repeated.get("cache-control") == headers.get("cache-control")
    assert ask(alice, "GET", path, if_none_match='"other"')[0] == 200
    assert ask(alice, "HEAD", path, if_none_match=headers["etag"])[0] == 304


def test_a_changed_set_is_sent_again(alice: Person) -> None:
    path = f"/sets/{alice.new_set()['id']}"
    tag = ask(alice, "GET", path)[1]["etag"]
    assert alice.patch(path, {"notes": "changed"}).status_code == 200
    assert ask(alice, "GET", path, if_none_match=tag)[0] == 200


@both_engines
def test_the_second_of_two_concurrent_edits_gets_412(alice: Person) -> None:
    path = f"/sets/{alice.new_set()['id']}"
    tag = ask(alice, "GET", path)[1]["etag"]
    status, headers = ask(alice, "PATCH", path, json={"notes": "first"}, if_match=tag)
    assert status == 200 and headers["etag"] == ask(alice, "GET", path)[1]["etag"] != tag
    reply = alice.service.http.patch(
        path, json={"notes": "second"}, headers={"Authorization": alice.authorization, "If-Match": tag}
    )
    assert (reply.status_code, reply.json()["error"]) == (412, "preconditionFailed")
    assert alice.get(path).json()["set"]["notes"] == "first"
    assert ask(alice, "DELETE", path, if_match=tag)[0] == 412
    assert ask(alice, "DELETE", path, if_match=f"W/{tag}")[0] == 412
    assert ask(alice, "DELETE", path, if_match=f"W/{headers['etag']}")[0] == 204


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_record_is_changed_only_if_every_precondition_holds(alice: Person, method: str) -> None:
    path = f"/bookmarks/{alice.new_bookmark()['id']}"
    headers = ask(alice, "GET", path)[1]
    before, after = ({"if_unmodified_since": f"Sat, 11 Nov {year} 10:30:00 GMT"} for year in (2023, 2123))
    for rejected in (
        {"if_none_match": "*"},
        {"if_none_match": headers["etag"]},
        {"if_match": headers["etag"], "if_none_match": "*"},
        before,
        {**after, "if_none_match": f"W/{headers['etag']}"},
    ):
        assert ask(alice, method, path, json={"title": "x"}, **rejected)[0] == 412
    assert alice.get(path).json()["bookmark"]["title"] != "x"
    since = {"if_unmodified_since": headers["last-modified"], "if_none_match": '"other"'}
    assert ask(alice, method, path, json={"title": "x"}, **since)[0] in (200, 204)


def test_a_date_is_ignored_if_it_is_none_or_a_tag_is_there(alice: Person) -> None:
    path = f"/sets/{alice.new_set()['id']}"
    assert ask(alice, "PATCH", path, json={}, if_unmodified_since="yesterday")[0] == 200
    tag = ask(alice, "GET", path)[1]["etag"]
    long_ago = "Sat, 11 Nov 2023 10:30:00 GMT"
    assert ask(alice, "PATCH", path, json={}, if_match=tag, if_unmodified_since=long_ago)[0] == 200
    assert ask(alice, "PATCH", "/account", json={"bio": "b"}, if_unmodified_since=long_ago)[0] == 412
    assert ask(alice, "DELETE", f"/apikeys/{alice.new_key(0).key}", if_unmodified_since=long_ago)[0] == 204


def test_the_tag_of_an_account_leaves_its_counters_out(alice: Person) -> None:
    tag = ask(alice, "GET", "/account")[1]["etag"]
    for _ in range(3):
        alice.get("/account")
    assert ask(alice, "PATCH", "/account", json={"bio": "a"}, if_match=tag)[0] == 200
    assert ask(alice, "PATCH", "/account", json={"bio": "b"}, if_match=tag)[0] == 412
    assert ask(alice, "DELETE", "/account", if_match=tag)[0] == 412
    assert alice.get("/account").json()["account"]["bio"] == "a"


def test_a_key_is_removed_only_by_its_own_tag(alice: Person) -> None:
    key = alice.new_key(0).key
    assert ask(alice, "DELETE", f"/apikeys/{key}", if_match='"other"')[0] == 412
    tag = ask(alice, "GET", f"/apikeys/{key}")[1]["etag"]
    assert ask(alice, "DELETE", f"/apikeys/{key}", if_match=tag)[0] == 204


def test_a_record_says_when_it_changed_last(alice: Person) -> None:
    headers = ask(alice, "GET", f"/sets/{alice.new_set()['id']}")[1]
    assert headers["last-modified"].endswith(" GMT")
