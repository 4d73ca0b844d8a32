"""Bad requests: refused in the one shape, with nothing stored; and good ones are not refused."""

from typing import Any
from uuid import UUID

import pytest

from tests.contract.checks.kinds import Kind, each_kind
from tests.contract.checks.problems import is_problem
from tests.contract.deployment import Deployment

JSON = {"Content-Type": "application/json"}
# Bodies that are no JSON object, whatever is wanted.
BROKEN = {
    "no-json": b"{",
    "a-list": b"[]",
    "text": b'"set"',
    "not-utf-8": b'{"name": "\xff"}',
    "not-a-number": b'{"name": NaN}',
    "two-of-a-name": b'{"name": "a", "name": "b"}',
    "too-deep": b'{"a":' * 40 + b"1" + b"}" * 40,
}
WRONG: tuple[Any, ...] = (None, 7, True, [], {}, "\x00")


@each_kind
def test_a_body_that_is_none_is_refused(there: Deployment, kind: Kind) -> None:
    path = there.book.find(f"create_{kind.noun}")[0]
    sent = {"Authorization": kind.owner(there).authorization}
    before = len(kind.listed(there))
    for body in BROKEN.values():
        reply = there.http.post(path, content=body, headers={**sent, **JSON})
        there.book.hold(f"create_{kind.noun}", reply)
        is_problem(reply, 400)
    reply = there.http.post(path, content=b"name=a", headers={**sent, "Content-Type": "text/plain"})
    is_problem(reply, 415)
    assert len(kind.listed(there)) == before, "a refused body was stored"


@each_kind
def test_a_member_of_the_wrong_type_is_refused(there: Deployment, kind: Kind) -> None:
    owner, before = kind.owner(there), len(kind.listed(there))
    name = next(name for name, value in kind.body.items() if isinstance(value, str))
    for value in WRONG:
        reply = there.call(f"create_{kind.noun}", owner, json={**kind.body, name: value})
        if reply.status_code == 201:
            kind.remove(there, reply.json()[kind.one])
        is_problem(reply, 400)
    without = {member: value for member, value in kind.body.items() if member != name}
    is_problem(there.call(f"create_{kind.noun}", owner, json=without), 400)
    assert len(kind.listed(there)) == before, "a refused record was stored"


@each_kind
def test_a_good_body_is_not_refused(there: Deployment, kind: Kind) -> None:
    reply = there.call(f"create_{kind.noun}", kind.owner(there), json=kind.body)
    assert reply.status_code == 201, f"a good body is answered {reply.status_code}"
    made = reply.json()[kind.one]
    unknown = {**kind.change, "no field of this name": 1}
    changed = there.call(f"update_{kind.noun}", kind.owner(there), id=made["id"], json=unknown)
    assert changed.status_code == 200, "an unknown field is not ignored"
    kind.remove(there, made)


@each_kind
def test_an_impossible_id_is_not_found(there: Deployment, kind: Kind) -> None:
    for handle in ("none", "-1", "0x1", "1.5", "9" * 40, "00000000-0000-0000-0000-000000000000"):
        is_problem(there.call(f"read_{kind.noun}", kind.owner(there), id=handle), 404, "notFound")


def test_a_path_that_is_none_is_not_found(there: Deployment) -> None:
    for path in ("/nothing", "/sets/1/2/3", "/nothing/%2e%2e/etc/passwd", "/sets%2f1"):
        is_problem(there.http.get(path), 404, "notFound")


@pytest.mark.parametrize(
    ("path", "method"), [("/sets", "PUT"), ("/sets/1", "POST"), ("/health", "DELETE"), ("/openapi.json", "PATCH")]
)
def test_a_405_lists_the_methods_of_the_path(there: Deployment, path: str, method: str) -> None:
    reply = there.http.request(method, path)
    is_problem(reply, 405, "methodNotAllowed")
    allowed = {name.strip() for name in reply.headers.get("allow", "").split(",")}
    template = "/sets/{id}" if path == "/sets/1" else path
    stated = {one.upper() for one in there.published["paths"][template]}
    assert allowed == stated | {"HEAD"}, f"Allow is {sorted(allowed)}"


def test_what_cannot_be_answered_in_json_is_not(there: Deployment) -> None:
    reply = there.call("list_sets", there.alice, headers={"Accept": "text/html"})
    is_problem(reply, 406, "notAcceptable")


def test_every_error_is_a_request_of_its_own(there: Deployment) -> None:
    replies = [there.http.get("/nothing") for _ in range(2)]
    names = {is_problem(reply, 404)["instance"] for reply in replies}
    assert names == {f"urn:uuid:{UUID(reply.headers['x-request-id'])}" for reply in replies}
    assert len(names) == 2, "two requests have one name"


def test_an_error_names_the_limit(there: Deployment) -> None:
    for body, detail in (
        ({"name": "a" * 501}, "has more than 500 characters"),
        ({"name": "a", "measies": {str(number): 1 for number in range(201)}}, "has more than 200 members"),
    ):
        reply = there.call("create_set", there.alice, json=body)
        is_problem(reply, 400)
        assert reply.json()["errors"][0]["detail"] == detail, "an error does not name the limit"


def test_an_error_of_validation_names_the_places(there: Deployment) -> None:
    reply = there.call("create_set", there.alice, json={"name": 7, "public": "yes"})
    places = {(one["in"], one["pointer"]) for one in is_problem(reply, 400)["errors"]}
    assert places == {("body", "/name"), ("body", "/public")}, f"the places are {places}"


def test_a_slash_at_the_end_of_a_path_is_ignored(there: Deployment) -> None:
    for path in ("/sets", "/curated-sets", "/docs"):
        sent = {"Authorization": there.alice.authorization}
        plain, slashed = (there.http.get(one, headers=sent) for one in (path, f"{path}/"))
        assert slashed.status_code == plain.status_code == 200, f"{path}/ is answered {slashed.status_code}"
        assert slashed.content == plain.content, f"{path}/ is answered otherwise than {path}"
