"""Requests with an idempotency key are executed once. Each repetition gets the same response."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from storage.schema.tables import idempotency_keys
from tests.faults.concurrency import concurrently
from tests.handlers.database import execute
from tests.handlers.reading import new_test_address
from tests.handlers.test_impersonation import impersonated
from tests.idempotent import (
    SET,
    ago,
    assert_replayed,
    change_keys,
    count_keys,
    count_sets,
    is_replayed,
    new_key,
    post,
)
from tests.matrix import both_engines
from tests.problems import problem, unharmed
from tests.service import Credentials, Person, Service

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
API_KEY = {"name": "a key", "level": 2, "expiresIn": 60}


@pytest.mark.parametrize("operation", ["create_set", "clone_set", "create_api_key", "sign_up"])
def test_a_repeated_request_gets_the_same_response(service: Service, alice: Person, operation: str) -> None:
    anyone = Credentials(service, "")
    ask = {
        "create_set": partial(post, alice, "/sets", SET),
        "clone_set": partial(post, alice, f"/sets/{alice.new_set()['id']}/clone", None),
        "create_api_key": partial(post, alice, "/apikeys", API_KEY),
        "sign_up": partial(post, anyone, "/signup", {"email": new_test_address(), "language": "en", "test": True}),
    }[operation]
    key = new_key()
    first = ask(key)
    for again in (ask(key), ask(f'"{key}"')):
        assert_replayed(first, again)
    other = ask(new_key())
    assert other.status_code == 201 and not is_replayed(other) and other.content != first.content


def test_repeated_requests_create_one_record(alice: Person) -> None:
    key = new_key()
    replies = [post(alice, "/sets", SET, key) for _ in range(3)]
    assert {reply.json()["set"]["id"] for reply in replies} == {replies[0].json()["set"]["id"]}
    assert (count_sets(alice), count_keys(alice)) == (1, 1)


def test_a_replayed_secret_works(alice: Person) -> None:
    key = new_key()
    post(alice, "/apikeys", API_KEY, key)
    made = post(alice, "/apikeys", API_KEY, key).json()["apikey"]
    assert alice.service.http.get("/sets", auth=(made["key"], made["secret"])).status_code == 200
    assert len(alice.get("/apikeys").json()["apikeys"]) == 1


def test_all_paths_and_credentials_of_an_account_share_its_keys(alice: Person) -> None:
    key, script = new_key(), alice.new_key(4)
    first = post(alice, "/sets", SET, key)
    for who, path in ((alice, "/sets/jwt"), (script, "/sets"), (script, "/sets/key"), (script, "/sets/")):
        assert_replayed(first, post(who, path, SET, key))
    assert count_sets(alice) == 1


def test_weaker_credentials_do_not_get_the_response_of_stronger_ones(service: Service) -> None:
    person = service.sign_up("admin")
    body, key = {**API_KEY, "level": 9}, new_key()
    script = person.new_key(4)
    assert post(person, "/apikeys", body, key).status_code == 201
    problem(post(script, "/apikeys", body, key), 403, "insufficientAccessLevel")
    problem(post(person.new_key(3), "/apikeys", body, key), 403, "insufficientAccessLevel")
    assert is_replayed(post(person, "/apikeys", body, key))


def test_a_secret_is_returned_again_to_the_same_credentials_only(
    service: Service, alice: Person, admin: Person
) -> None:
    key, script = new_key(), alice.new_key(4)
    made = post(alice, "/apikeys", API_KEY, key)
    problem(post(script, "/apikeys", API_KEY, key), 403, "insufficientAccessLevel")
    # The administrator gets a response of their own: the stored one of the owner is not used.
    rejected = post(impersonated(admin, alice), "/apikeys", API_KEY, key)
    problem(rejected, 403, "insufficientAccessLevel")
    assert rejected.json()["detail"] == "Only the account's owner can do this."
    assert_replayed(made, post(alice, "/apikeys", API_KEY, key))


def test_the_keys_of_an_impersonating_administrator_are_not_the_owners(alice: Person, admin: Person) -> None:
    key, acting = new_key(), impersonated(admin, alice)
    first = post(alice, "/sets", SET, key)
    second = post(acting, "/sets", {**SET, "name": "of the administrator"}, key)
    assert second.status_code == 201 and not is_replayed(second)
    assert_replayed(first, post(alice, "/sets", SET, key))
    assert_replayed(second, post(acting, "/sets", {**SET, "name": "of the administrator"}, key))


@both_engines
def test_of_concurrent_repeats_one_is_executed_and_all_get_its_response(alice: Person) -> None:
    key = new_key()
    with unharmed(alice.service):
        replies = concurrently([partial(post, alice, "/sets", SET, key)] * 20)
    assert [reply.status_code for reply in replies] == [201] * 20
    assert len({reply.content for reply in replies}) == 1
    assert sorted(map(is_replayed, replies)) == [False] + [True] * 19
    assert (count_sets(alice), count_keys(alice)) == (1, 1)


@both_engines
def test_concurrent_requests_with_different_keys_are_independent(alice: Person) -> None:
    keys = [new_key() for _ in range(10)]
    replies = concurrently([partial(post, alice, "/sets", SET, key) for key in keys * 2])
    assert [reply.status_code for reply in replies] == [201] * 20
    assert len({reply.content for reply in replies}) == count_sets(alice) == 10


@pytest.mark.parametrize("key", ["k", ""])
def test_operations_that_create_nothing_ignore_the_header(alice: Person, key: str) -> None:
    made = alice.new_set()
    for method, path, body in (
        ("GET", "/sets", None),
        ("HEAD", "/sets", None),
        ("GET", f"/sets/{made['id']}", None),
        ("PATCH", f"/sets/{made['id']}", {"name": "x"}),
        ("PATCH", f"/sets/{made['id']}", {"name": "y"}),
        ("POST", "/signinlink", {"username": "unknown"}),
        ("POST", "/signinlink", {"username": "also unknown"}),
    ):
        headers = {"Authorization": alice.authorization, "Idempotency-Key": key}
        reply = alice.service.http.request(method, path, headers=headers, json=body)
        assert reply.status_code == 200 and not is_replayed(reply)
    assert count_keys(alice) == 0


def test_requests_without_a_key_are_each_executed(alice: Person) -> None:
    replies = [alice.post("/sets", SET) for _ in range(2)]
    assert len({reply.json()["set"]["id"] for reply in replies}) == 2
    assert not any(map(is_replayed, replies))
    assert count_keys(alice) == 0


@pytest.mark.parametrize(
    ("path", "invalid", "valid"),
    [
        ("/apikeys", {**API_KEY, "level": 9}, API_KEY),  # by the handler
        ("/apikeys", {**API_KEY, "level": "9"}, API_KEY),  # by the document
        ("/sets", {**SET, "img": "data:image/png;base64,AAAA"}, SET),  # before a write
    ],
    ids=["handler", "document", "image"],
)
def test_a_rejected_request_frees_its_key(alice: Person, path: str, invalid: Any, valid: Any) -> None:
    key = new_key()
    replies = [post(alice, path, invalid, key) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [400, 400]
    assert count_keys(alice) == 0
    first = post(alice, path, valid, key)
    assert_replayed(first, post(alice, path, valid, key))


def test_a_key_expires_after_a_day(alice: Person) -> None:
    key = new_key()
    first = post(alice, "/sets", SET, key)
    change_keys(alice.service, alice.id, created_at=ago(hours=23, minutes=59))
    assert_replayed(first, post(alice, "/sets", SET, key))
    change_keys(alice.service, alice.id, created_at=ago(hours=24, seconds=1))
    later = post(alice, "/sets", {**SET, "name": "a day later"}, key)
    assert later.status_code == 201 and not is_replayed(later)
    assert later.json()["set"]["name"] == "a day later"
    assert (count_sets(alice), count_keys(alice)) == (2, 1)


def test_a_repeat_during_execution_gets_409_with_retry_after(alice: Person) -> None:
    key = new_key()
    first = post(alice, "/sets", SET, key)
    # As if another instance still executed the first request.
    change_keys(alice.service, alice.id, answer=None, leased_until=ago(seconds=-60))
    rejected = post(alice, "/sets", SET, key)
    problem(rejected, 409, "idempotencyKeyInUse")
    assert int(rejected.headers["retry-after"]) >= 1
    assert rejected.elapsed.total_seconds() > 3
    problem(post(alice, "/sets", {**SET, "public": True}, key), 422, "idempotencyKeyReused")
    # As if that instance had stopped after the record was stored and before the response was.
    change_keys(alice.service, alice.id, leased_until=ago(seconds=1))
    lost = post(alice, "/sets", SET, key)
    problem(lost, 409, "idempotencyAnswerLost")
    assert "retry-after" not in lost.headers
    assert [made["id"] for made in alice.get("/sets").json()["sets"]] == [first.json()["set"]["id"]]


def test_a_key_without_an_executed_request_is_free_after_its_lease(alice: Person) -> None:
    key = new_key()
    post(alice, "/sets", SET, key)
    change_keys(alice.service, alice.id, answer=None, carried_out=False, leased_until=ago(seconds=1))
    again = post(alice, "/sets", {**SET, "name": "another"}, key)
    assert again.status_code == 201 and not is_replayed(again)


def test_a_removed_account_leaves_no_keys(alice: Person) -> None:
    post(alice, "/sets", SET, new_key())
    assert count_keys(alice) == 1
    assert alice.delete("/account").status_code == 200
    assert count_keys(alice) == 0


def test_keys_and_responses_are_not_readable_in_the_database(alice: Person) -> None:
    key = new_key()
    secret = post(alice, "/apikeys", API_KEY, key).json()["apikey"]["secret"]
    columns = (idempotency_keys.c.id, idempotency_keys.c.fingerprint)
    [row] = execute(alice.service, select(*columns).where(idempotency_keys.c.user_id == alice.id))
    assert key not in str(row)
    for file in alice.service.data.glob("freesewing.db*"):
        assert secret.encode() not in file.read_bytes() and key.encode() not in file.read_bytes()


def _images(service: Service) -> set[Path]:
    return {file for file in (service.data / "images").rglob("*") if file.is_file()}


def test_repeated_requests_with_an_image_store_it_once(alice: Person) -> None:
    before, key = _images(alice.service), new_key()
    body = {**SET, "img": f"data:image/png;base64,{PIXEL}"}
    replies = concurrently([partial(post, alice, "/sets", body, key)] * 5)
    assert [reply.status_code for reply in replies] == [201] * 5
    (img,) = {reply.json()["set"]["img"] for reply in replies}
    assert alice.service.http.get(f"/images/{img}").status_code == 200
    (one_set,) = {file.stem for file in _images(alice.service) - before}
    assert one_set in img or img in one_set


def test_scripts_can_send_the_key_and_read_the_replayed_header(alice: Person) -> None:
    origin = {"Origin": "https://example.org"}
    wanted = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "idempotency-key"}
    preflight = alice.service.http.options("/sets", headers={**origin, **wanted})
    assert "idempotency-key" in preflight.headers["access-control-allow-headers"]
    key = new_key()
    for reply in [post(alice, "/sets", SET, key, **origin) for _ in range(2)]:
        assert reply.headers["access-control-allow-origin"] == "*"
        assert "Idempotent-Replayed" in reply.headers["access-control-expose-headers"].split(", ")


def test_a_replayed_response_has_the_same_text(alice: Person) -> None:
    key, name = new_key(), 'é🧵"\\\u2028'
    first = post(alice, "/sets", {"name": name}, key)
    again = post(alice, "/sets", {"name": name}, key)
    assert_replayed(first, again)
    assert json.loads(again.content)["set"]["name"] == name
