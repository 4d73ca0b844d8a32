"""The public side of accounts: profiles, cards, searching, and whether a user name is free."""

from hashlib import sha256
from typing import Any
from urllib.parse import quote
from uuid import uuid4
from xml.etree import ElementTree

import pytest

from tests.handlers.database import change_account
from tests.handlers.reading import failure
from tests.matrix import both_engines
from tests.service import Person, Service

HIDDEN: list[dict[str, Any]] = [{"consent": 0}, {"status": 0}, {"status": -1}, {"status": -2}]


def renamed(person: Person, name: str) -> str:
    """Change the user name of the person."""
    reply = person.patch("/account", {"username": name})
    assert reply.json()["account"]["username"] == name
    return name


def found(service: Service, match: str) -> list[str]:
    """The user names that a search finds."""
    reply = service.http.post("/find/users", json={"match": match})
    assert reply.status_code == 200
    return [profile["username"] for profile in reply.json()["profiles"]]


@both_engines
def test_a_profile_is_found_by_number_uuid_and_user_name_in_any_case(service: Service, alice: Person) -> None:
    name = renamed(alice, f"Zoë & 100% {uuid4().hex[:8]}")
    account = alice.patch("/account", {"bio": "I sew."}).json()["account"]
    shown = {name: account[name] for name in ("id", "bio", "img", "ihash", "patron", "role", "username")}
    for handle in (str(alice.id), account["uuid"], account["uuid"].upper(), name, name.upper(), name.lower()):
        reply = service.http.get(f"/users/{quote(handle)}")
        assert reply.json() == {"result": "success", "profile": shown}
        assert "public" in reply.headers["cache-control"]


def test_a_profile_is_never_found_by_address_or_its_hash(service: Service, alice: Person) -> None:
    hashed = sha256(alice.email.encode()).hexdigest()
    local = alice.email.partition("@")[0]
    for handle in (alice.email, alice.email.upper(), hashed, hashed.upper(), local):
        for path in (f"/users/{quote(handle)}", f"/users/{quote(handle)}/card"):
            assert failure(service.http.get(path)) == (404, "notFound")
    for match in (alice.email, hashed, local):
        assert found(service, match) == []


@pytest.mark.parametrize("handle", ["0", "-1", "1.5", "1e3", "999999999", "9" * 40, "nobody", " ", "%00", "x" * 101])
def test_an_unknown_user_is_not_found(service: Service, handle: str) -> None:
    for path in (f"/users/{handle}", f"/users/{handle}/card"):
        assert failure(service.http.get(path)) == (404, "notFound")


@pytest.mark.parametrize("columns", HIDDEN, ids=str)
def test_without_consent_or_an_active_account_there_is_no_profile(
    service: Service, alice: Person, columns: dict[str, Any]
) -> None:
    name = renamed(alice, f"hidden {uuid4().hex[:8]}")
    assert found(service, name) == [name]
    change_account(service, alice.id, **columns)
    for path in (f"/users/{alice.id}", f"/users/{name}", f"/users/{alice.id}/card"):
        assert failure(service.http.get(path)) == (404, "notFound")
    assert found(service, name) == []


@pytest.mark.parametrize(
    "hostile",
    ["<script>alert(1)<br>", '"><svg onload="x"', "' onload='x", "&amp;&lt;{name}{0}", "]]><!--", "{id} %s"],
)
def test_a_card_escapes_whatever_a_user_is_called(service: Service, alice: Person, hostile: str) -> None:
    name = renamed(alice, f"{hostile}{uuid4().hex[:8]}")
    reply = service.http.get(f"/users/{alice.id}/card")
    assert reply.headers["content-type"] == "image/svg+xml"
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    root = ElementTree.fromstring(reply.text)
    assert {element.tag.rpartition("}")[2] for element in root.iter()} == {"svg", "rect", "text"}
    assert [text.strip() for text in root.itertext() if text.strip()] == [name, f"User {alice.id}"]
    assert root.attrib["aria-label"] == name
    assert not [key for element in root.iter() for key in element.attrib if key.startswith("on")]


def test_a_card_is_found_by_every_handle(service: Service, alice: Person) -> None:
    account = alice.get("/account").json()["account"]
    cards = {service.http.get(f"/users/{account[handle]}/card").text for handle in ("id", "uuid", "username")}
    assert len(cards) == 1


@both_engines
def test_a_search_finds_what_begins_so_in_any_case_in_order(service: Service) -> None:
    start = f"Söw{uuid4().hex[:6]}"
    names = [renamed(service.sign_up(), f"{start}{end}") for end in ("-c", "-A", "-b")]
    renamed(service.sign_up(), f"x{start}")
    expected = [names[1], names[2], names[0]]
    for match in (start, start.upper(), start.lower(), f"{start}-"):
        assert found(service, match) == expected
    assert found(service, f"{start}-a") == [names[1]]
    assert found(service, f"{start}-az") == []


def test_a_search_finds_few(service: Service) -> None:
    start = f"many{uuid4().hex[:6]}"
    for number in range(12):
        renamed(service.sign_up(), f"{start}-{number:02}")
    assert found(service, start) == [f"{start}-{number:02}" for number in range(10)]


@pytest.mark.parametrize("wildcard", ["%", "_", "*", "?", "\\", "/"])
@both_engines
def test_a_search_takes_every_character_as_itself(service: Service, alice: Person, wildcard: str) -> None:
    start = uuid4().hex[:8]
    plain = renamed(alice, f"{start}xyz")
    assert found(service, f"{start}{wildcard}") == []
    assert found(service, f"{wildcard}{start}") == []
    if wildcard != "/":
        special = renamed(service.sign_up(), f"{start}{wildcard}z")
        assert found(service, f"{start}{wildcard}") == [special]
    assert plain in found(service, start)


def test_a_search_shows_profiles_and_no_more(service: Service, alice: Person) -> None:
    name = renamed(alice, f"shown {uuid4().hex[:8]}")
    reply = service.http.post("/find/users", json={"match": name})
    assert reply.json()["profiles"] == [service.http.get(f"/users/{alice.id}").json()["profile"]]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (None, "postBodyMissing"),
        ({}, "postBodyMissing"),
        ({"match": None}, "validationFailed"),
        ({"match": ""}, "validationFailed"),
        ({"match": 1}, "validationFailed"),
        ({"match": "x" * 101}, "validationFailed"),
        ({"match": "\x00"}, "validationFailed"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_search_for_nothing_is_refused(service: Service, body: dict[str, Any] | None, code: str) -> None:
    reply = service.http.post("/find/users", json=body) if body is not None else service.http.post("/find/users")
    assert failure(reply) == (400, code)


def test_a_taken_user_name_gets_200_and_a_free_one_404(alice: Person, bob: Person) -> None:
    taken = renamed(bob, f"Taken {uuid4().hex[:8]}")
    for name in (taken, taken.upper(), f"user-{alice.id}"):
        reply = alice.post("/available/username", {"username": name})
        assert reply.status_code == 200
        assert reply.json() == {"result": "success", "username": name, "available": False}
    assert failure(alice.post("/available/username", {"username": f"{taken}x"})) == (404, "notFound")


@pytest.mark.parametrize("name", ["x", "12", "a@b.example", "user-1", "a/b", " padded", "f" * 32])
def test_an_invalid_user_name_is_not_free(alice: Person, name: str) -> None:
    assert alice.post("/available/username", {"username": name}).json()["available"] is False


def test_a_free_name_can_be_taken_and_another_cannot(alice: Person, bob: Person) -> None:
    for name in (f"Free {uuid4().hex[:8]}", f"user-{alice.id + 1_000_000}", "ab", f"user-{bob.id}"):
        free = bob.post("/available/username", {"username": name}).status_code == 404
        before = bob.get("/account").json()["account"]["username"]
        after = bob.patch("/account", {"username": name}).json()["account"]["username"]
        assert (after == name and after != before) == free
    bob.delete("/account")


@pytest.mark.parametrize("body", [None, {}, {"username": ""}, {"username": None}], ids=str)
def test_the_question_needs_a_user_name(alice: Person, body: dict[str, Any] | None) -> None:
    assert failure(alice.post("/available/username", body)) == (400, "usernameMissing")


def test_looking_up_a_user_name_needs_credentials_of_any_level(service: Service, alice: Person) -> None:
    question = {"username": f"free {uuid4().hex}"}
    assert alice.new_key(0).post("/available/username", question).status_code == 404
    assert failure(service.http.post("/available/username", json=question)) == (401, "unauthorized")


def test_a_blocked_account_has_no_profile(service: Service, alice: Person) -> None:
    change_account(service, alice.id, role="blocked")
    for path in (f"/users/{alice.id}", f"/users/{alice.id}/card"):
        assert service.http.get(path).status_code == 404
    found = service.http.post("/find/users", json={"match": f"user-{alice.id}"}).json()["profiles"]
    assert alice.id not in [profile["id"] for profile in found]


def test_a_number_with_a_leading_zero_names_no_account(service: Service, alice: Person) -> None:
    assert service.http.get(f"/users/{alice.id}").status_code == 200
    assert service.http.get(f"/users/0{alice.id}").status_code == 404


def test_a_name_of_dots_cannot_be_had(alice: Person) -> None:
    for name in ("..", "..."):
        assert alice.post("/available/username", {"username": name}).status_code == 200
