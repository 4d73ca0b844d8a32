"""The form of idempotency keys, and the comparison of requests with the same key."""

import httpx2
import pytest

from tests.handlers.reading import new_test_address
from tests.idempotent import SET, assert_replayed, count_keys, count_sets, is_replayed, new_key, post
from tests.problems import problem, unharmed
from tests.service import Credentials, Person, Service


@pytest.mark.parametrize(
    ("plain", "quoted"),
    [
        ("a", '"a"'),
        ("with a space", '"with a space"'),
        ('a"b', r'"a\"b"'),
        ("a\\b", r'"a\\b"'),
        ("~" * 255, '"' + "~" * 255 + '"'),
        ("\\" * 255, '"' + "\\" * 510 + '"'),
    ],
    ids=lambda text: text[:12],
)
def test_a_key_may_be_quoted_or_not(alice: Person, plain: str, quoted: str) -> None:
    assert_replayed(post(alice, "/sets", SET, plain), post(alice, "/sets", SET, quoted))


@pytest.mark.parametrize(
    "key", ["", '"', '""', '"a', "é", r'"a\b"', '"a";b=1', '"a", "b"', "x" * 256, '"' + "x" * 256 + '"', "a\tb"]
)
def test_an_invalid_key_is_rejected(service: Service, alice: Person, key: str) -> None:
    headers = {b"Idempotency-Key": key.encode("latin-1"), b"Authorization": alice.authorization.encode()}
    with unharmed(service):
        body = problem(service.http.post("/sets", headers=headers, json=SET), 400, "validationFailed")
    assert [(one["in"], one["pointer"]) for one in body["errors"]] == [("header", "/Idempotency-Key")]
    assert (count_sets(alice), count_keys(alice)) == (0, 0)


def test_two_keys_in_one_request_are_rejected(service: Service, alice: Person) -> None:
    headers = [("Idempotency-Key", '"a"'), ("Idempotency-Key", '"b"'), ("Authorization", alice.authorization)]
    problem(service.http.post("/sets", headers=headers, json=SET), 400, "validationFailed")
    assert count_sets(alice) == 0


def test_a_different_request_with_the_same_key_is_rejected(alice: Person) -> None:
    key = new_key()
    first = post(alice, "/sets", SET, key)
    problem(post(alice, "/sets", {**SET, "public": True}, key), 422, "idempotencyKeyReused")
    assert_replayed(first, post(alice, "/sets", SET, key))
    one, other = first.json()["set"], alice.new_set()
    assert post(alice, f"/sets/{one['id']}/clone", None, key).status_code == 201
    problem(post(alice, f"/sets/{other['id']}/clone", None, key), 422, "idempotencyKeyReused")
    assert count_sets(alice) == 3


def _raw(who: Person, body: str, key: str) -> httpx2.Response:
    headers = {"Content-Type": "application/json", "Authorization": who.authorization, "Idempotency-Key": key}
    return who.service.http.post("/sets", headers=headers, content=body)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('{"name": "x", "public": true}', '{"public":true,"name":"\\u0078"}', True),
        ('{"name": "x", "y": 1}', '{"name": "x", "y": 2}', False),
        ('{"name": "x", "y": 1}', '{"name": "x", "y": "1"}', False),
        ('{"name": "x", "y": [1, 2]}', '{"name": "x", "y": [2, 1]}', False),
        ('{"name": "x", "y": 0.1}', '{"y": 1e-1, "name": "x"}', True),
        ('{"name": "x", "y": 1.7976931348623157e308}', '{"name": "x", "y": 1.7976931348623155e308}', False),
        (f'{{"name": "x", "y": {2**64}}}', f'{{"y": {2**64}, "name": "x"}}', True),
        (f'{{"name": "x", "y": {2**64}}}', f'{{"name": "x", "y": {2**64 + 1}}}', False),
        (f'{{"name": "x", "y": {"9" * 400}}}', f'{{"y":{"9" * 400}, "name": "x"}}', True),
        (f'{{"name": "x", "y": "{"é" * 400_000}"}}', f'{{"y":"{"é" * 400_000}", "name": "x"}}', True),
        (f'{{"name": "x", "y": "{"é" * 400_000}"}}', f'{{"name": "x", "y": "{"é" * 399_999}e"}}', False),
    ],
    ids=range(11),
)
def test_bodies_are_compared_by_value(alice: Person, one: str, other: str, same: bool) -> None:
    key = new_key()
    first = _raw(alice, one, key)
    assert first.status_code == 201
    if same:
        assert_replayed(first, _raw(alice, other, key))
    else:
        problem(_raw(alice, other, key), 422, "idempotencyKeyReused")
    assert count_sets(alice) == 1


def test_keys_are_separate_for_each_account_and_operation(alice: Person, bob: Person) -> None:
    key = new_key()
    body = {**SET, "level": 1, "expiresIn": 60}
    for who in (alice, bob):
        for path in ("/sets", "/apikeys"):
            reply = post(who, path, body, key)
            assert reply.status_code == 201 and not is_replayed(reply)
    address = {"email": new_test_address(), "language": "en", "test": True}
    anyone = Credentials(alice.service, "")
    assert_replayed(post(anyone, "/signup", address, key), post(anyone, "/signup", address, key))
    problem(post(anyone, "/signup", {**address, "language": "de"}, key), 422, "idempotencyKeyReused")
