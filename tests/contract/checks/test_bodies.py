"""Bodies: how large they may be, and how deep."""

import pytest

from core import document
from tests.contract.checks.kinds import PATTERN
from tests.contract.checks.problems import is_problem
from tests.contract.deployment import Deployment
from tests.contract.exclusions import MOST_LEVEL

# What a path holds besides ids, so that it is routed.
FIXED = {"type": "blog", "slug": "none", "ehash": "0" * 64, "check": "0" * 40}
NOBODY = "00000000-0000-4000-8000-000000000000"
SMALL = 65_536
LIMITED = {
    operation["operationId"]: operation["requestBody"]
    for _, _, operation in document.operations(document.load())
    if "requestBody" in operation
}
# One of those that accept more, as each costs megabytes.
TRIED = [name for name, body in LIMITED.items() if body["x-max-bytes"] <= SMALL] + ["import_set", "create_pattern"]
MOST_DEPTH, MOST_MEMBERS, MOST_DIGITS = 32, 100_000, 400


@pytest.mark.parametrize("name", TRIED)
def test_a_body_over_the_limit_of_its_operation_is_refused(there: Deployment, name: str) -> None:
    path, method, operation = there.book.find(name)
    (media_type, *_), most = operation["requestBody"]["content"], operation["requestBody"]["x-max-bytes"]
    names = dict.fromkeys(("id", "key", "token"), NOBODY) | FIXED
    who = there.admin if operation.get("x-level", 0) > MOST_LEVEL else there.alice
    # No JSON, so that nothing can come of it.
    sent = {"Authorization": who.authorization, "Content-Type": media_type}
    query = {"format": "csv"} if name == "import_set" else {}
    reply = there.http.request(
        method.upper(), path.format(**names), content=b"{" * (most + 1), headers=sent, params=query
    )
    is_problem(reply, 413, "bodyTooLarge")


def _settings(there: Deployment, settings: bytes) -> int:
    """The status of a new pattern with these settings."""
    body = b'{"design": "aaron", "settings": {"a": ' + settings + b"}}"
    headers = {"Authorization": there.alice.authorization, "Content-Type": "application/json"}
    reply = there.http.post("/patterns", content=body, headers=headers)
    if reply.status_code == 201:
        PATTERN.remove(there, reply.json()["pattern"])
    else:
        is_problem(reply, 400)
    return int(reply.status_code)


def test_json_is_bounded(there: Deployment) -> None:
    # The body and the settings are levels, too.
    for depth, wanted in ((MOST_DEPTH - 2, 201), (MOST_DEPTH - 1, 400)):
        assert _settings(there, b"[" * depth + b"]" * depth) == wanted, (
            f"{depth + 2} levels are not answered {wanted}"
        )
    assert _settings(there, b"[" + b"1," * MOST_MEMBERS + b"1]") == 400, "JSON may have more members"
    assert _settings(there, b"1" * (MOST_DIGITS + 1)) == 400, "an integer may have more digits"
