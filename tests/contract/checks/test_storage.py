"""Stored records and bytes of an account: counts, remaining quota, and 403 over the quota."""

from typing import Any

import pytest

from tests.contract.checks.kinds import BOOKMARK
from tests.contract.checks.problems import is_problem
from tests.contract.checks.test_quotas import removed_quota, set_quota
from tests.contract.deployment import Deployment
from tests.service import Person


def _stored(there: Deployment, person: Person) -> dict[str, Any]:
    stored: dict[str, Any] = there.call("read_account_storage", person).json()["storage"]
    return stored


def test_what_an_account_stores_is_counted(there: Deployment) -> None:
    before = _stored(there, there.alice)
    made = BOOKMARK.make(there)
    after = _stored(there, there.alice)
    BOOKMARK.remove(there, made)
    again = _stored(there, there.alice)
    assert after["records"] == before["records"] + 1, "a record is not counted"
    assert after["bytes"] > before["bytes"], "the bytes of a record are not counted"
    assert (again["records"], again["bytes"]) == (before["records"], before["bytes"]), "a removed record is counted"
    for unit in ("records", "bytes"):
        quota, left = after[f"{unit}Quota"], after[f"{unit}Left"]
        assert left is None if quota is None else left == quota - after[unit], f"what is left of the {unit} is {left}"


def test_over_the_quota_of_records_nothing_is_stored(there: Deployment) -> None:
    if not there.limited:
        pytest.skip("left out: the deployment's limits are off")
    person = there.new_session()
    made = there.call("create_bookmark", person, json=BOOKMARK.body).json()["bookmark"]
    held = _stored(there, person)["records"]
    quota = set_quota(there, user=person.id, policy="records", quota=held).json()["quota"]
    refused = there.call("create_bookmark", person, json=BOOKMARK.body)
    changed = there.call("update_bookmark", person, id=made["id"], json={"title": "t"}).status_code
    stays = _stored(there, person)["records"]
    for record in [made] + ([refused.json()["bookmark"]] if refused.status_code == 201 else []):
        there.call("delete_bookmark", person, id=record["id"])
    removed_quota(there, quota)
    is_problem(refused, 403, "storageQuotaExceeded")
    assert (changed, stays) == (200, held), "over the quota records cannot be made smaller, or one was stored"
