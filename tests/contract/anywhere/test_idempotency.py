"""A request that is sent again is carried out once."""

from uuid import uuid4

from tests.contract.anywhere.kinds import Kind, each_kind
from tests.contract.anywhere.problems import is_problem
from tests.contract.deployment import Deployment


@each_kind
def test_a_request_that_is_sent_again_makes_one_record(there: Deployment, kind: Kind) -> None:
    owner, create, headers = kind.owner(there), f"create_{kind.noun}", {"Idempotency-Key": str(uuid4())}
    first, again = (there.call(create, owner, json=kind.body, headers=headers) for _ in range(2))
    made = first.json()[kind.one]
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json(), "a repeat makes another record"
    assert "idempotent-replayed" not in first.headers
    assert again.headers.get("idempotent-replayed") == "true", "a repeat does not say that it is one"
    others = {"Idempotency-Key": str(uuid4())}
    another = there.call(create, owner, json=kind.body, headers=others).json()[kind.one]
    assert another["id"] != made["id"], "another key is answered with the same record"
    kind.remove(there, made)
    kind.remove(there, another)


@each_kind
def test_a_key_is_not_for_another_request(there: Deployment, kind: Kind) -> None:
    owner, create, headers = kind.owner(there), f"create_{kind.noun}", {"Idempotency-Key": str(uuid4())}
    made = there.call(create, owner, json=kind.body, headers=headers).json()[kind.one]
    other = {**kind.body, **kind.change}
    is_problem(there.call(create, owner, json=other, headers=headers), 422, "idempotencyKeyReused")
    kind.remove(there, made)
