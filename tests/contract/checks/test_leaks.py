"""Reports of keys that were found where they should not be."""

from typing import Any
from uuid import uuid4

import pytest

from tests.contract.checks.problems import is_problem
from tests.contract.checks.test_keys import made_with
from tests.contract.cleanup import KEY_LIFE
from tests.contract.deployment import Deployment, asked_for
from tests.service import ApiKey


def _report(there: Deployment, key: str, secret: str) -> Any:
    reply = there.call("report_leaked_api_key", json={"key": key, "secret": secret})
    return reply.status_code, reply.json()


def test_a_leaked_key_is_revoked_and_the_answer_tells_nothing(there: Deployment) -> None:
    if there.given and "leak-reports" not in asked_for():
        pytest.skip("left out: reports a leak (CONTRACT_ALSO=leak-reports)")
    made = made_with(there, there.alice, 1, KEY_LIFE)
    unknown = _report(there, str(uuid4()), made["secret"])
    wrong = _report(there, made["key"], "fsk_" + "a" * 49)
    key = ApiKey(there, made["key"], made["secret"])
    assert there.call("list_sets", key).status_code == 200, "a report with a wrong secret ends a key"
    right = _report(there, made["key"], made["secret"])
    assert unknown == wrong == right, "the answer tells whether a guess was right"
    assert there.call("list_sets", key).status_code == 401, "a leaked key still works"
    is_problem(there.call("list_sets", key), 401, "keyRevoked")
    listed = there.call("read_api_key", there.alice, key=made["key"]).json()["apikey"]
    assert listed["revokedBy"] == "leak", f"a leaked key was revoked by {listed['revokedBy']}"
