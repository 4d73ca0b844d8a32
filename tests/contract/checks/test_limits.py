"""Limits: what an operation costs, and what a rejected request costs."""

import re
from typing import Any

import pytest

from tests.contract.deployment import Deployment


def _left(reply: Any, policy: str) -> int:
    found = re.search(rf'"{policy}";r=(\d+)', reply.headers.get("ratelimit", ""))
    assert found, f"what is left of {policy} is not told"
    return int(found[1])


def _require_limits(there: Deployment) -> None:
    if not there.limited:
        pytest.skip("left out: the deployment's limits are off")


@pytest.mark.parametrize("name", ["read_all_data", "list_sets"])
def test_an_operation_costs_what_it_states(there: Deployment, name: str) -> None:
    _require_limits(there)
    cost = there.book.find(name)[2].get("x-cost", 1)
    # A day may end between two of them.
    for _ in range(2):
        before = _left(there.call("list_bookmarks", there.alice), "account-day")
        parameters: dict[str, Any] = {"id": there.alice.id} if name == "read_all_data" else {}
        spent = before - _left(there.call(name, there.alice, **parameters), "account-day")
        if spent >= 0:
            break
    assert spent == cost, f"{name} costs {spent} units, and states {cost}"


def test_a_rejected_request_costs_its_address_a_unit(there: Deployment) -> None:
    _require_limits(there)
    for path in ("/nothing", "/sets"):
        first, second = (_left(there.http.get(path), "address-day") for _ in range(2))
        if second > first:  # A day ended.
            first, second = second, _left(there.http.get(path), "address-day")
        assert second < first, f"a rejected request to {path} costs nothing"
