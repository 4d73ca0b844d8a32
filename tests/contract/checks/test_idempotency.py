"""A request that is sent again is carried out once."""

from typing import Any
from uuid import uuid4

from tests.contract.checks.kinds import PATTERN, SET, Kind, each_kind
from tests.contract.checks.problems import is_problem
from tests.contract.checks.test_keys import made_with
from tests.contract.cleanup import KEY_LIFE
from tests.contract.deployment import Deployment
from tests.service import ApiKey, Credentials


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


def _make(there: Deployment, who: Credentials, key: str, **fields: Any) -> Any:
    return there.call("create_set", who, json={**SET.body, **fields}, headers={"Idempotency-Key": key})


def test_a_rejected_request_frees_its_key(there: Deployment) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    wrong = {**PATTERN.body, "set": 10**14}
    is_problem(there.call("create_pattern", there.alice, json=wrong, headers=key), 400, "setUnknown")
    reply = there.call("create_pattern", there.alice, json=PATTERN.body, headers=key)
    assert reply.status_code == 201, "a refused request keeps its idempotency key"
    PATTERN.remove(there, reply.json()["pattern"])


def test_a_key_is_known_by_account_and_operation(there: Deployment) -> None:
    key = str(uuid4())
    made, lower = (made_with(there, there.alice, level, KEY_LIFE) for level in (4, 3))
    first = _make(there, there.alice, key).json()["set"]
    again = _make(there, ApiKey(there, made["key"], made["secret"]), key).json()["set"]
    refused = _make(there, ApiKey(there, lower["key"], lower["secret"]), key)
    strange = _make(there, there.bob, key).json()["set"]
    there.call("delete_set", there.bob, id=strange["id"])
    SET.remove(there, first)
    if again["id"] != first["id"]:
        SET.remove(there, again)
    assert again == first, "other credentials of the account are not known by the key"
    is_problem(refused, 403, "insufficientAccessLevel")
    assert strange["userId"] == there.bob.id, "a key of one account is known to another"


def test_the_quoted_form_of_a_key_is_the_same(there: Deployment) -> None:
    key = str(uuid4())
    first, again = (_make(there, there.alice, form).json()["set"] for form in (key, f'"{key}"'))
    SET.remove(there, first)
    if again["id"] != first["id"]:
        SET.remove(there, again)
    assert again == first, "the quoted form of a key is another key"


def test_a_secret_is_repeated_to_its_own_credentials_only(there: Deployment) -> None:
    made = made_with(there, there.alice, 4, KEY_LIFE)
    maker, key = ApiKey(there, made["key"], made["secret"]), {"Idempotency-Key": str(uuid4())}
    wanted = {"name": "contract, repeated", "level": 0, "expiresIn": KEY_LIFE}
    first, again = (there.call("create_api_key", maker, json=wanted, headers=key) for _ in range(2))
    assert again.json() == first.json(), "a secret is not repeated to the credentials that got it"
    other = there.call("create_api_key", there.alice, json=wanted, headers=key)
    is_problem(other, 403, "insufficientAccessLevel")
