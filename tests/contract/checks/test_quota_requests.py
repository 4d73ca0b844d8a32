"""Requests for higher quotas: asked, listed, withdrawn, and decided once."""

from typing import Any

from tests.contract.checks.problems import is_problem
from tests.contract.checks.test_keys import made_with
from tests.contract.cleanup import KEY_LIFE
from tests.contract.deployment import Deployment


def _ask(there: Deployment, **fields: Any) -> Any:
    body = {"policy": "burst", "quota": 700, "purpose": "contract", "days": 2, **fields}
    return there.call("create_quota_request", there.alice, json=body)


def _of_a_key(there: Deployment) -> tuple[str, dict[str, Any]]:
    there.may_mail_staff()
    there.may_mail()
    key = made_with(there, there.alice, 1, KEY_LIFE)["key"]
    reply = _ask(there, key=key)
    assert reply.status_code == 201, f"a request for more is answered {reply.status_code}"
    return key, reply.json()["request"]


def _decide(there: Deployment, request: dict[str, Any], state: str, **fields: Any) -> Any:
    body = {"state": state, "answer": "by the contract tests", **fields}
    return there.call("decide_quota_request", there.admin, id=request["id"], json=body)


def test_a_request_is_listed_and_removed(there: Deployment) -> None:
    _, request = _of_a_key(there)
    listed = there.call("list_quota_requests", there.alice).json()["requests"]
    assert request in listed, "a request is not listed"
    assert there.call("read_quota_request", there.alice, id=request["id"]).json()["request"] == request
    is_problem(there.call("read_quota_request", there.bob, id=request["id"]), 404, "notFound")
    assert there.call("delete_quota_request", there.alice, id=request["id"]).status_code == 204
    is_problem(there.call("read_quota_request", there.alice, id=request["id"]), 404, "notFound")


def test_a_request_is_for_an_own_key_or_the_account(there: Deployment) -> None:
    there.may_mail_staff()
    strange = made_with(there, there.bob, 1, KEY_LIFE)["key"]
    refused = {"policy": "burst"}, {"policy": "account-burst", "key": strange}
    for fields in refused:
        is_problem(_ask(there, **fields), 400, "validationFailed")
    reply = _ask(there, key=strange)
    assert reply.status_code in (403, 404), f"a request for the key of another is answered {reply.status_code}"


def test_one_request_for_each_quota_can_be_open(there: Deployment) -> None:
    key, request = _of_a_key(there)
    again = _ask(there, key=key)
    if again.status_code == 201:
        there.call("delete_quota_request", there.alice, id=again.json()["request"]["id"])
    there.call("delete_quota_request", there.alice, id=request["id"])
    is_problem(again, 409, "requestOpen")


def test_a_request_is_decided_once(there: Deployment) -> None:
    key, request = _of_a_key(there)
    there.may_mail()
    opened = there.call("list_all_quota_requests", there.admin).json()["requests"]
    assert request["id"] in [one["id"] for one in opened], "an open request is not listed for administrators"
    granted = _decide(there, request, "granted", quota=650, days=1).json()["request"]
    decided = (granted["state"], granted["quota"], granted["days"], granted["answer"])
    assert decided == ("granted", 650, 1, "by the contract tests"), f"a request is granted as {decided}"
    is_problem(_decide(there, request, "declined"), 409, "requestDecided")
    is_problem(there.call("delete_quota_request", there.alice, id=request["id"]), 409, "requestDecided")
    listed = there.call("list_quotas", there.admin, query={"user": there.alice.id}).json()["quotas"]
    (quota,) = [one for one in listed if one["key"] == key] or [None]
    assert quota is not None and quota["quota"] == 650, "what was granted does not hold"
    there.call("delete_quota", there.admin, id=quota["id"])


def test_a_request_for_a_revoked_key_can_only_be_declined(there: Deployment) -> None:
    key, request = _of_a_key(there)
    there.call("revoke_api_key", there.alice, key=key, json={})
    is_problem(_decide(there, request, "granted"), 404, "notFound")
    assert _decide(there, request, "declined").status_code == 200, "it cannot be declined"
