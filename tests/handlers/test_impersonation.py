"""Impersonation: an administrator acts as another account."""

from typing import Any

import pytest

from tests.handlers.database import change_account
from tests.handlers.reading import failure
from tests.handlers.test_admin import acts, update
from tests.service import Person, Service


def impersonated(admin: Person, person: Person) -> Person:
    """Return a session of the administrator that impersonates the person."""
    reply = admin.get(f"/admin/impersonate/{person.id}")
    assert reply.status_code == 200, reply.text
    assert reply.headers["cache-control"] == "no-store"
    assert reply.json()["account"]["id"] == person.id
    return Person(admin.service, person.id, person.email, reply.json()["token"])


def test_an_impersonating_administrator_has_the_level_of_the_account(admin: Person, alice: Person) -> None:
    as_alice = impersonated(admin, alice)
    assert as_alice.get("/whoami").json()["account"]["id"] == alice.id
    assert failure(as_alice.get("/admin/acts")) == (403, "insufficientAccessLevel")
    assert acts(admin, subject=alice.id)[-1]["act"] == "impersonate"


def test_each_request_made_while_impersonating_is_recorded_with_both_accounts(admin: Person, alice: Person) -> None:
    as_alice = impersonated(admin, alice)
    replies = [
        as_alice.post("/sets", {"name": "a set"}),
        as_alice.get("/sets/no-such-set"),
        as_alice.get("/admin/acts"),
        as_alice.get("/curated-sets"),
    ]
    assert [reply.status_code for reply in replies] == [201, 404, 403, 200]
    recorded = acts(admin, subject=alice.id)[:4]
    assert [act["operation"] for act in reversed(recorded)] == [
        "create_set",
        "read_set",
        "list_acts",
        "list_curated_sets",
    ]
    assert [act["requestId"] for act in reversed(recorded)] == [reply.headers["x-request-id"] for reply in replies]
    assert {(act["act"], act["actorId"]) for act in recorded} == {("impersonatedRequest", admin.id)}
    alice.get("/sets")
    assert len(acts(admin, subject=alice.id)) == 5


def test_an_impersonating_administrator_cannot_impersonate_another(
    service: Service, admin: Person, alice: Person
) -> None:
    as_other = impersonated(admin, service.sign_up("admin"))
    assert failure(as_other.get(f"/admin/impersonate/{alice.id}")) == (403, "insufficientAccessLevel")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/consent", {"consent": 3}),
        ("PATCH", "/account", {"consent": 3}),
        ("PATCH", "/account", {"password": "correct horse battery"}),
        ("PATCH", "/account", {"email": "new@example.org"}),
        ("POST", "/account/mfa", {"mfa": True}),
        ("GET", "/account/export", None),
        ("GET", "/account/restrict", None),
        ("POST", "/account/restrict", None),
        ("DELETE", "/account", None),
        ("POST", "/apikeys", {"name": "x", "level": 0, "expiresIn": 60}),
    ],
)
def test_what_outlasts_impersonation_or_returns_a_secret_is_the_owners_alone(
    admin: Person, alice: Person, method: str, path: str, body: dict[str, Any] | None
) -> None:
    reply = impersonated(admin, alice).request(method, path, json=body)
    assert failure(reply) == (403, "insufficientAccessLevel")
    assert alice.request(method, path, json=body).status_code in (200, 201)


@pytest.mark.parametrize(
    ("there", "back"),
    [({"role": "support"}, {"role": "admin"}), ({"status": -2}, {"status": 1}), ({"consent": 0}, None)],
    ids=str,
)
def test_impersonation_ends_with_the_administrators_own_powers_for_good(
    service: Service, admin: Person, alice: Person, there: dict[str, Any], back: dict[str, Any] | None
) -> None:
    former = service.sign_up("admin")
    as_alice = impersonated(former, alice)
    for change in (there, back):
        if change is None:
            assert former.patch("/consent", {"consent": 1}).status_code == 200
        else:
            update(admin, former.id, **change)
        assert failure(as_alice.get("/whoami")) == (401, "unauthorized")
    assert alice.get("/whoami").status_code == 200


@pytest.mark.parametrize("columns", [{"role": "support"}, {"status": -2}, {"consent": 0}, {"epoch": 1}], ids=str)
def test_impersonation_is_not_accepted_while_the_administrator_has_no_powers(
    service: Service, alice: Person, columns: dict[str, Any]
) -> None:
    former = service.sign_up("admin")
    as_alice = impersonated(former, alice)
    change_account(service, former.id, **columns)
    assert failure(as_alice.get("/whoami")) == (401, "unauthorized")


def test_actions_as_another_administrator_are_recorded_for_the_impersonator(
    service: Service, admin: Person, alice: Person
) -> None:
    as_other = impersonated(admin, service.sign_up("admin"))
    update(as_other, alice.id, role="tester")
    assert acts(admin, subject=alice.id)[0]["actorId"] == admin.id
    assert failure(as_other.patch(f"/admin/user/{admin.id}", {"role": "user"})) == (409, "ownAccount")


@pytest.mark.parametrize("state", [{"status": -2}, {"status": 0}, {"role": "blocked"}, {"consent": 0}])
def test_an_account_that_cannot_sign_in_cannot_be_impersonated(
    service: Service, admin: Person, alice: Person, state: dict[str, Any]
) -> None:
    change_account(service, alice.id, **state)
    assert failure(admin.get(f"/admin/impersonate/{alice.id}")) == (409, "accountNotActive")
    assert acts(admin, subject=alice.id) == []


def test_impersonation_is_for_people_and_not_for_a_look(admin: Person, alice: Person) -> None:
    path = f"/admin/impersonate/{alice.id}"
    assert failure(admin.new_key(9).get(path)) == (401, "unauthorized")
    assert admin.request("HEAD", path).status_code == 405
