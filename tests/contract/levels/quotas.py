"""Quotas that administrators set."""

from typing import Any

from tests.contract.levels.case import Case, admin
from tests.service import Person

# Whether there is an account of this number is not for the level to say.
QUOTA = {"user": 1, "policy": "account-day", "quota": 5, "reason": "x", "until": "2100-01-01T00:00:00.000Z"}


def _quota(owner: Person, _public: bool) -> dict[str, Any]:
    reply = admin(owner.service).request("PUT", "/admin/quotas", json={**QUOTA, "user": owner.id})
    return {"id": reply.json()["quota"]["id"]}


CASES = {
    "list_quotas": Case(),
    "set_quota": Case(body=QUOTA, passed=404),
    "delete_quota": Case(record=_quota, others=9),
}
