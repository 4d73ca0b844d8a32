"""Quotas that administrators raise or lower."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import select

from core.clock import iso
from storage.schema.fair_use import events
from storage.schema.tables import accounts, acts, apikeys
from tests.handlers.database import execute
from tests.handlers.reading import failure
from tests.service import Person, Service

UNTIL = "2100-01-01T00:00:00.000Z"
UNTIL_SECONDS = 4102444800
NO_KEY = "5b0a6a0e-3f0b-4b52-9d3c-6a8d5d0c1b2e"


def put(who: Person, **fields: Any) -> httpx2.Response:
    """Set a quota."""
    return who.request("PUT", "/admin/quotas", json={"quota": 7, "reason": "Why not.", "until": UNTIL, **fields})


def of_account(service: Service, person: Person) -> Any:
    """What each request of the person's finds with its caller."""
    return execute(service, select(accounts.c.quotas).where(accounts.c.id == person.id))[0][0]


def of_key(service: Service, key: str) -> Any:
    """What each request with the key finds with its caller."""
    return execute(service, select(apikeys.c.quotas).where(apikeys.c.key == UUID(key)))[0][0]


def in_days(days: int) -> str:
    """A moment that is to come, or over."""
    return iso(datetime.now(UTC).replace(microsecond=0) + timedelta(days=days))


def test_a_quota_of_an_account_holds_from_the_next_request_on_until_it_is_ended(
    service: Service, admin: Person, alice: Person
) -> None:
    reply = put(admin, user=alice.id, policy="account-day")
    made = reply.json()["quota"]
    assert reply.status_code == 200
    assert made == {
        "id": made["id"],
        "createdAt": made["createdAt"],
        "userId": alice.id,
        "key": None,
        "policy": "account-day",
        "quota": 7,
        "until": UNTIL,
        "reason": "Why not.",
        "setBy": admin.id,
    }
    assert of_account(service, alice) == {"account-day": {"quota": 7, "until": UNTIL_SECONDS}}
    assert admin.get(f"/admin/quotas?user={alice.id}").json() == {"result": "success", "quotas": [made]}
    assert made in admin.every("/admin/quotas", "quotas")
    path = f"/admin/quotas/{made['id']}"
    assert admin.delete(path).status_code == 204
    assert of_account(service, alice) is None
    assert failure(admin.delete(path)) == (404, "notFound")
    assert admin.get(f"/admin/quotas?user={alice.id}").json()["quotas"] == []


def test_a_quota_of_a_key_is_that_keys_alone(service: Service, admin: Person, alice: Person) -> None:
    key, other = alice.new_key().key, alice.new_key().key
    made = put(admin, key=key, policy="day", quota=0).json()["quota"]
    assert (made["key"], made["userId"]) == (key, alice.id)
    put(admin, key=key, policy="burst", quota=1_000_000_000)
    assert of_key(service, key) == {
        "day": {"quota": 0, "until": UNTIL_SECONDS},
        "burst": {"quota": 1_000_000_000, "until": UNTIL_SECONDS},
    }
    assert (of_key(service, other), of_account(service, alice)) == (None, None)
    assert admin.delete(f"/admin/quotas/{made['id']}").status_code == 204
    assert of_key(service, key) == {"burst": {"quota": 1_000_000_000, "until": UNTIL_SECONDS}}


def test_a_quota_takes_the_place_of_the_one_before(service: Service, admin: Person, alice: Person) -> None:
    first = put(admin, user=alice.id, policy="account-day").json()["quota"]
    put(admin, user=alice.id, policy="account-burst", quota=3)
    second = put(admin, user=alice.id, policy="account-day", quota=9, reason="More.").json()["quota"]
    assert (second["id"], second["quota"], second["reason"]) == (first["id"], 9, "More.")
    quotas = admin.get(f"/admin/quotas?user={alice.id}").json()["quotas"]
    assert [(one["policy"], one["quota"]) for one in quotas] == [("account-day", 9), ("account-burst", 3)]
    assert of_account(service, alice)["account-day"]["quota"] == 9


def test_changes_of_quotas_are_in_the_audit_log_and_among_the_events(
    service: Service, admin: Person, alice: Person
) -> None:
    key = alice.new_key().key
    made = put(admin, key=key, policy="day")
    admin.delete(f"/admin/quotas/{made.json()['quota']['id']}")
    query = select(acts.c.act, acts.c.actor_id, acts.c.changes).where(acts.c.subject_id == alice.id)
    assert [tuple(row) for row in execute(service, query.order_by(acts.c.id))] == [
        ("setQuota", admin.id, {"day": [None, 7], "until": [None, UNTIL]}),
        ("deleteQuota", admin.id, {"day": [7, None], "until": [UNTIL, None]}),
    ]
    listed = admin.get(f"/admin/acts?subject={alice.id}").json()["acts"]
    assert [act["act"] for act in listed] == ["deleteQuota", "setQuota"]
    changed = select(events).where(events.c.user_id == alice.id, events.c.event == "quotaChanged")
    rows = execute(service, changed.order_by(events.c.id))
    assert [(row.by, row.key, row.details) for row in rows] == [
        ("staff", UUID(key), {"policy": "day", "quota": 7, "until": UNTIL}),
        ("staff", UUID(key), {"policy": "day"}),
    ]
    assert str(rows[0].request_id) == made.headers["x-request-id"]


def test_the_lists_of_administrators_are_recorded(service: Service, admin: Person, alice: Person) -> None:
    admin.get(f"/admin/quotas?user={alice.id}")
    newest = admin.get("/admin/acts?limit=1").json()["acts"][0]
    assert (newest["act"], newest["subjectId"]) == ("listQuotas", alice.id)
    admin.get("/admin/quota-requests")
    newest = admin.get("/admin/acts?limit=1").json()["acts"][0]
    assert (newest["act"], newest["subjectId"]) == ("listQuotaRequests", 0)


@pytest.mark.parametrize(
    "change",
    [
        {"policy": "account-month"},
        {"quota": -1},
        {"quota": 1_000_000_001},
        {"quota": "many"},
        {"reason": ""},
        {"reason": None},
        {"until": "tomorrow"},
        {"until": "2100-02-30T00:00:00.000Z"},
        {"until": "2020-01-01T00:00:00.000Z"},
        {"policy": "day"},
        {"key": "no uuid"},
        {"key": NO_KEY},
        {"user": None},
    ],
    ids=str,
)
def test_what_cannot_be_set_is_refused(
    service: Service, admin: Person, alice: Person, change: dict[str, Any]
) -> None:
    fields = {"user": alice.id, "policy": "account-day", **change}
    assert failure(put(admin, **fields)) == (400, "validationFailed")
    assert of_account(service, alice) is None


def test_a_quota_of_an_unknown_account_is_not_found(admin: Person, alice: Person) -> None:
    assert failure(put(admin, user=999999999, policy="account-day")) == (404, "notFound")
    assert failure(put(admin, key=str(uuid4()), policy="day")) == (404, "notFound")
    key = alice.new_key().key
    alice.delete(f"/apikeys/{key}")
    assert failure(put(admin, key=key, policy="day")) == (404, "notFound")
    assert failure(put(admin, policy="account-day")) == (400, "validationFailed")
    assert failure(admin.delete(f"/admin/quotas/{uuid4()}")) == (404, "notFound")


def test_quotas_are_for_administrators_alone(service: Service, alice: Person) -> None:
    support = service.sign_up("support")
    for reply in (
        support.get("/admin/quotas"),
        put(support, user=support.id, policy="account-day"),
        put(alice, user=alice.id, policy="account-day"),
        alice.delete(f"/admin/quotas/{uuid4()}"),
    ):
        assert failure(reply) == (403, "insufficientAccessLevel")
