"""Requests for higher quotas."""

from typing import Any

from tests.contract.levels.case import Case
from tests.service import Person

WISH = {"policy": "account-day", "quota": 5, "purpose": "x", "days": 1}


def _request(owner: Person, _public: bool) -> dict[str, Any]:
    # Only one may wait for an answer, and the owner may have one from before.
    for waiting in owner.every("/quota-requests", "requests"):
        owner.delete(f"/quota-requests/{waiting['id']}")
    return {"id": owner.post("/quota-requests", WISH).json()["request"]["id"]}


CASES = {
    "list_quota_requests": Case(),
    # An account can have one open request, so each call is of a new account.
    "create_quota_request": Case(body=WISH, ends=True),
    # Those of others are not found at any level.
    "read_quota_request": Case(record=_request),
    "delete_quota_request": Case(record=_request),
    "list_all_quota_requests": Case(),
    "decide_quota_request": Case(body={"state": "declined", "answer": "No."}, record=_request, others=9),
}
