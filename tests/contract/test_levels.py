"""Every operation, at every level, on one's own records, another's, and public ones."""

from typing import Any

import pytest

import document
from security import ROLE_LEVELS
from tests.service import Credentials, Person, Service

SPEC = document.load()
SECURED = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, method, operation in document.operations(SPEC)
    if operation["security"] and {} not in operation["security"]
}
# What another's record needs; everything else knows only one's own.
OTHERS = {
    "read_set": 6,
    "update_set": 9,
    "delete_set": 9,
    "clone_set": 8,
    "read_api_key": 9,
    "delete_api_key": 9,
    "read_all_data": 8,
}
# What another's public set needs.
PUBLIC = {**{name: level for name, level in OTHERS.items() if name.endswith("_set")}, "clone_set": 3}
BODIES: dict[str, Any] = {
    "create_set": {"name": "x"},
    "update_set": {"name": "x"},
    "create_api_key": {"name": "x", "level": 0, "expiresIn": 60},
    "update_account": {"bio": "x"},
    "give_consent": {"consent": 1},
    "configure_mfa": {"mfa": True},
    "check_username": {"username": "no such name yet"},
}
# What says "you may" without being a success: the name that is asked about is free.
PASSED = {"check_username": 404}
LEVELS = range(10)
WHOSE = [
    *((name, "own") for name in SECURED),
    *((name, "another's") for name in OTHERS),
    *((name, "public") for name in PUBLIC),
]

pytestmark = pytest.mark.parametrize("service", ["sqlite"], indirect=True)


def needed(name: str, whose: str) -> int:
    """The level that the operation needs there."""
    stated: int = SECURED[name][2]["x-level"]
    return {"own": stated, "another's": max(stated, OTHERS.get(name, 9)), "public": PUBLIC.get(name, 9)}[whose]


def request(name: str, owner: Person, caller: Credentials, *, public: bool) -> tuple[int, str]:
    """Ask for the operation on a fresh record of the owner's; the status and the error code."""
    method, path, _ = SECURED[name]
    if "{key}" in path:
        path = path.replace("{key}", owner.new_key(0).key)
    elif path.startswith("/users/"):
        path = path.replace("{id}", str(owner.id))
    elif "{id}" in path:
        path = path.replace("{id}", str(owner.new_set(public=public)["id"]))
    reply = caller.request(method, path, **({"json": BODIES[name]} if name in BODIES else {}))
    return reply.status_code, reply.json().get("error", "") if reply.content else ""


def judge(name: str, outcome: tuple[int, str], *, allowed: bool) -> None:
    """Fail unless the outcome is what the level allows."""
    if allowed:
        assert outcome[0] == PASSED.get(name, 200) or 200 <= outcome[0] < 300, outcome
    else:
        assert outcome == (403, "insufficientAccessLevel")


@pytest.mark.parametrize(("name", "whose"), WHOSE)
def test_a_key_may_do_what_its_level_allows_and_nothing_else(service: Service, name: str, whose: str) -> None:
    takes_keys = {"key": []} in SECURED[name][2]["security"]
    for level in LEVELS:
        caller = service.sign_up("admin")
        owner = caller if whose == "own" else service.sign_up()
        outcome = request(name, owner, caller.new_key(level), public=whose == "public")
        if takes_keys:
            judge(name, outcome, allowed=level >= needed(name, whose))
        else:
            assert outcome == (401, "unauthorized")


@pytest.mark.parametrize(("name", "whose"), WHOSE)
def test_a_person_may_do_what_their_role_allows_and_nothing_else(service: Service, name: str, whose: str) -> None:
    for role, level in ROLE_LEVELS.items():
        caller = service.sign_up(role)
        owner = caller if whose == "own" else service.sign_up()
        outcome = request(name, owner, caller, public=whose == "public")
        judge(name, outcome, allowed=level >= needed(name, whose))


@pytest.mark.parametrize("name", SECURED)
def test_nobody_may_do_anything_without_credentials(service: Service, name: str) -> None:
    owner = service.sign_up()
    nobody = Credentials(service, "")
    status, code = request(name, owner, nobody, public=True)
    assert (status, code) == (401, "unauthorized")


@pytest.mark.parametrize("name", SECURED)
def test_an_account_without_consent_may_only_give_it_or_leave(service: Service, name: str) -> None:
    owner = service.sign_up()
    method, path, operation = SECURED[name]
    owner_before = service.sign_up()
    set_id, key = str(owner_before.new_set()["id"]), owner_before.new_key(0).key
    assert owner.patch("/consent", {"consent": 0}).status_code == 200
    path = path.replace("{key}", key).replace("{id}", set_id)
    reply = owner.request(method, path, **({"json": BODIES[name]} if name in BODIES else {}))
    if operation.get("x-without-consent"):
        assert reply.status_code == 200
    else:
        assert (reply.status_code, reply.json()["error"]) == (451, "consentLacking")


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_private_set_as_data_is_for_those_who_may_read_it(service: Service, form: str) -> None:
    owner = service.sign_up("admin")
    path = f"/sets/{owner.new_set()['id']}.{form}"
    stranger = service.sign_up("admin")
    for level in LEVELS:
        assert owner.new_key(level).get(path).status_code == (200 if level >= 1 else 404)
        assert stranger.new_key(level).get(path).status_code == (200 if level >= 6 else 404)
    assert service.http.get(path).status_code == 404
    assert Credentials(service, "Bearer nonsense").get(path).status_code == 401
