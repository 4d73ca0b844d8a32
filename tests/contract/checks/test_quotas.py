"""Quotas that administrators set: they hold at once, and over them nothing is done."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from tests.contract.checks.kinds import BOOKMARK
from tests.contract.checks.problems import is_problem
from tests.contract.checks.test_keys import made_with
from tests.contract.cleanup import KEY_LIFE
from tests.contract.deployment import Deployment
from tests.service import ApiKey, Credentials

FEW = 3


def set_quota(there: Deployment, **fields: Any) -> Any:
    """The reply to a quota for ten minutes."""
    until = (datetime.now(UTC) + timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    body = {"until": until, "reason": "contract", "policy": "burst", "quota": FEW, **fields}
    reply = there.call("set_quota", there.admin, json=body)
    assert reply.status_code == 200, f"a quota is answered {reply.status_code}"
    return reply


def removed_quota(there: Deployment, quota: dict[str, Any]) -> None:
    """Remove the quota, so that the default is in effect."""
    assert there.call("delete_quota", there.admin, id=quota["id"]).status_code == 204


def _at_once(there: Deployment, who: Credentials, method: str, path: str, **options: Any) -> httpx2.Response:
    """Return the response, also a 429: without the wait of the throttled client."""
    headers = {"Authorization": who.authorization}
    request = there.http.build_request(method, path, headers=headers, **options)
    reply = httpx2.Client.send(there.http, request)
    there.http.pace.keep("")
    return reply


def _key(there: Deployment) -> tuple[ApiKey, str]:
    if not there.limited:
        pytest.skip("left out: the deployment's limits are off")
    made = made_with(there, there.alice, 3, KEY_LIFE)
    return ApiKey(there, made["key"], made["secret"]), made["key"]


def test_over_a_quota_nothing_is_done(there: Deployment) -> None:
    key, name = _key(there)
    before = len(BOOKMARK.listed(there))
    quota = set_quota(there, key=name).json()["quota"]
    replies = [_at_once(there, key, "POST", "/bookmarks", json=BOOKMARK.body) for _ in range(3 * FEW)]
    removed_quota(there, quota)
    made = [reply.json()["bookmark"] for reply in replies if reply.status_code == 201]
    stored = len(BOOKMARK.listed(there)) - before
    for record in made:
        BOOKMARK.remove(there, record)
    refused = [reply for reply in replies if reply.status_code == 429]
    assert refused, "a quota that is used up refuses nothing"
    for reply in refused:
        problem = reply.json()
        assert problem["error"] == "quotaExceeded"
        assert problem.get("violated-policies") == ["burst"], "a refusal does not name the policy"
        assert 0 < int(reply.headers["retry-after"]) <= 60
    assert stored == len(made), "a request over a quota was carried out"


def test_a_quota_holds_from_the_next_request_on(there: Deployment) -> None:
    key, name = _key(there)
    first = set_quota(there, key=name, quota=0).json()["quota"]
    assert _at_once(there, key, "GET", "/sets").status_code == 429, "a quota of 0 allows something"
    second = set_quota(there, key=name, quota=500).json()["quota"]
    reply = _at_once(there, key, "GET", "/sets")
    assert reply.status_code == 200 and '"burst";q=500;' in reply.headers["ratelimit-policy"], "it holds not at once"
    listed = there.call("list_quotas", there.admin, query={"user": there.alice.id}).json()["quotas"]
    mine = [one["id"] for one in listed if one["key"] == name]
    assert mine == [second["id"]], "a quota does not take the place of the one before"
    assert first["setBy"] == there.admin.id
    removed_quota(there, second)
    usual = _at_once(there, key, "GET", "/sets").headers["ratelimit-policy"]
    assert '"burst";q=500;' not in usual, "a removed quota still holds"


def test_a_changed_quota_is_recorded_for_its_owner(there: Deployment) -> None:
    _, name = _key(there)
    reply = set_quota(there, key=name, quota=100)
    event = there.call("list_events", there.alice, query={"limit": 1}).json()["events"][0]
    assert event["event"] == "quotaChanged", f"the owner's newest event is {event['event']}"
    assert event["requestId"] == reply.headers["x-request-id"], "the owner is not told of this quota"
    query = {"actor": there.admin.id, "limit": 1}
    act = there.call("list_acts", there.admin, query=query).json()["acts"][0]
    recorded = (act["subjectId"], act["requestId"])
    states = {
        state["policy"]: state for state in there.call("read_key_quotas", there.alice, key=name).json()["quotas"]
    }
    account = {state["policy"] for state in there.call("read_account_quotas", there.alice).json()["quotas"]}
    removed_quota(there, reply.json()["quota"])
    assert (states["burst"]["quota"], states["burst"]["remaining"]) == (100, 100), "the key's quota is not returned"
    assert account == {"account-burst", "account-day"}, f"the account's policies are {sorted(account)}"
    assert recorded == (there.alice.id, reply.headers["x-request-id"]), "a quota is not recorded as an act"


def test_a_quota_is_for_an_account_or_a_key(there: Deployment) -> None:
    _, name = _key(there)
    past = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    body = {"until": past, "reason": "contract", "policy": "burst", "quota": 1, "key": name}
    for change in ({}, {"until": "2099-01-01T00:00:00.000Z", "policy": "account-burst"}):
        is_problem(there.call("set_quota", there.admin, json={**body, **change}), 400, "validationFailed")
