"""Requests for higher quotas: an account has few, so each is made for one request."""

from typing import Any

from tests.contract.fuzzing import AUTHORIZATION, fresh_session, http

WISH = {"policy": "account-day", "quota": 5, "purpose": "fuzzed", "days": 1}


def _of_the_account(case: Any) -> None:
    case.body = {name: value for name, value in case.body.items() if name != "key"} | {"policy": "account-burst"}


def _own(case: Any) -> None:
    headers = {"Authorization": AUTHORIZATION}
    open_ones = http.get("/quota-requests", headers=headers).json()["requests"]
    waiting = [one["id"] for one in open_ones if (one["policy"], one["state"]) == ("account-day", "open")]
    if not waiting:
        waiting = [http.post("/quota-requests", json=WISH, headers=headers).json()["request"]["id"]]
    case.path_parameters = {"id": waiting[0]}


def _of_another(case: Any) -> None:
    headers = {"Authorization": f"Bearer {fresh_session()['token']}"}
    made = http.post("/quota-requests", json=WISH, headers=headers).json()["request"]
    case.path_parameters = {"id": made["id"]}


REAL = {
    "create_quota_request": _of_the_account,
    "read_quota_request": _own,
    "delete_quota_request": _own,
    "decide_quota_request": _of_another,
}
ALWAYS = {"decide_quota_request"}
