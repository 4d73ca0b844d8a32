"""Impersonation of an account by an administrator."""

from typing import Any

from tests.contract.checks.kinds import BOOKMARK
from tests.contract.checks.problems import is_problem
from tests.contract.deployment import Deployment
from tests.service import PASSWORD, Person, wait_until

# What stays the owner's alone, with a body that would change as little as possible.
OWNERS: dict[str, dict[str, Any] | None] = {
    "give_consent": {"consent": 2},
    "create_api_key": {"name": "contract", "level": 1, "expiresIn": 60},
    "configure_mfa": {"mfa": True},
    "export_account": None,
    "end_sessions": None,
    "cancel_email_change": None,
}


def _as(there: Deployment, person: Person, admin: Person | None = None) -> Person:
    """An administrator, acting as this account."""
    reply = there.call("impersonate_user", admin or there.admin, id=person.id)
    assert reply.status_code == 200, f"an impersonation is answered {reply.status_code}"
    return Person(there, person.id, person.email, reply.json()["token"])


def test_an_impersonation_acts_as_the_account(there: Deployment) -> None:
    begun = there.call("impersonate_user", there.admin, id=there.bob.id)
    acting = Person(there, there.bob.id, there.bob.email, begun.json()["token"])
    assert there.call("read_account", acting).json()["account"]["id"] == there.bob.id
    is_problem(there.call("list_acts", acting), 403, "insufficientAccessLevel")
    listed = there.call("list_sessions", there.bob).json()["sessions"]
    assert listed[0]["by"] == "staff", "the owner does not see the session of an administrator"
    event = there.call("list_events", there.bob, query={"limit": 1}).json()["events"][0]
    assert (event["event"], event["by"]) == ("impersonated", "staff"), "the owner is not told of it"
    assert event["requestId"] == begun.headers["x-request-id"], "the owner is not told of this one"


def test_operations_of_the_owner_are_rejected(there: Deployment) -> None:
    acting = _as(there, there.bob)
    for name, body in OWNERS.items():
        status = there.call(name, acting, json=body).status_code
        assert status == 403, f"{name} is answered {status} to an administrator who acts as the account"
    for change in ({"password": PASSWORD}, {"email": there.bob.email}):
        reply = there.call("update_account", acting, json=change)
        is_problem(reply, 403, "insufficientAccessLevel")


def test_each_of_its_requests_is_recorded(there: Deployment) -> None:
    acting = _as(there, there.bob)
    reply = there.call("list_sets", acting)
    query = {"actor": there.admin.id, "subject": there.bob.id, "limit": 2}
    acts = there.call("list_acts", there.admin, query=query).json()["acts"]
    recorded = [(one["act"], one["operation"]) for one in acts]
    wanted = [("impersonatedRequest", "list_sets"), ("impersonate", None)]
    assert recorded == wanted, f"recorded are {recorded}"
    assert acts[0]["requestId"] == reply.headers["x-request-id"]


def test_it_ends_with_the_administrators_session(there: Deployment) -> None:
    there.become("admin")
    try:
        second = there.new_session()
        acting = _as(there, there.bob, second)
        assert there.call("list_sets", acting).status_code == 200
        session = next(one for one in there.call("list_sessions", second).json()["sessions"] if one["current"])
        there.call("end_session", second, id=session["id"])
        status = there.call("list_sets", acting).status_code
    finally:
        there.become("user")
    assert status == 401, "an impersonation outlives the session of the administrator"


def test_it_ends_its_own_session_and_no_other(there: Deployment) -> None:
    acting = _as(there, there.bob)
    listed = there.call("list_sessions", acting).json()["sessions"]
    own, other = (next(one["id"] for one in listed if one["current"] is wanted) for wanted in (True, False))
    is_problem(there.call("end_session", acting, id=other), 403, "insufficientAccessLevel")
    assert there.call("end_session", acting, id=own).status_code == 204, "an impersonation cannot be ended"
    assert there.call("list_sets", acting).status_code == 401, "the token of an ended impersonation is accepted"


def test_an_account_that_is_not_active_is_rejected(there: Deployment) -> None:
    person = there.new_session()
    there.call("update_user", there.admin, id=person.id, json={"status": -2})
    try:
        reply = there.call("impersonate_user", there.admin, id=person.id)
    finally:
        there.call("update_user", there.admin, id=person.id, json={"status": 1})
        there.new_session()
    is_problem(reply, 409, "accountNotActive")


def test_calls_of_an_impersonation_are_the_administrators(there: Deployment) -> None:
    acting = _as(there, there.bob)
    made = there.call("create_bookmark", acting, json=BOOKMARK.body).json()["bookmark"]
    there.call("delete_bookmark", there.bob, id=made["id"])

    def counted(person: Person) -> set[str]:
        usage = there.call("read_account_usage", person, query={"by": "operation"}).json()["usage"]
        return {row["operation"] for row in usage["rows"]}

    wait_until(lambda: "create_bookmark" in counted(there.admin), "a call to be counted", seconds=10)
    assert "create_bookmark" not in counted(there.bob), "what an administrator does counts as the account's"
