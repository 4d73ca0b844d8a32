"""Quotas: set on accounts made for it, never on the account that fuzzes."""

from typing import Any

from tests.contract.fuzzing import AUTHORIZATION, fresh_session, http

TERMS = {"policy": "account-day", "quota": 5, "reason": "fuzzed", "until": "2100-01-01T00:00:00.000Z"}


def _fresh(case: Any) -> None:
    changed = {**case.body, "user": fresh_session()["account"]["id"], "policy": "account-day"}
    changed["until"] = TERMS["until"]
    changed.pop("key", None)
    case.body = changed


def _set(case: Any) -> None:
    body = {**TERMS, "user": fresh_session()["account"]["id"]}
    reply = http.put("/admin/quotas", json=body, headers={"Authorization": AUTHORIZATION})
    assert reply.status_code == 200, reply.text
    case.path_parameters = {"id": reply.json()["quota"]["id"]}


REAL = {"set_quota": _fresh, "delete_quota": _set}
ALWAYS = {"set_quota"}
