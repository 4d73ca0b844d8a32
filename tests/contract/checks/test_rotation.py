"""The secrets of a key: the new one and the earlier one."""

from datetime import datetime
from typing import Any

from tests.contract.checks.problems import is_problem
from tests.contract.checks.test_keys import made_with
from tests.contract.cleanup import KEY_LIFE
from tests.contract.deployment import Deployment
from tests.service import ApiKey, Credentials, wait_until

GRACE = 30


def _rotated(there: Deployment, key: str, *, by: Credentials | None = None, **body: Any) -> dict[str, Any]:
    reply = there.call("rotate_api_key", by or there.alice, key=key, json=body)
    assert reply.status_code == 201, f"a rotation was refused: {reply.status_code}"
    rotated: dict[str, Any] = reply.json()["apikey"]
    return rotated


def _works(there: Deployment, key: str, secret: str) -> bool:
    return there.call("list_sets", ApiKey(there, key, secret)).status_code == 200


def test_the_earlier_secret_stays_good_for_the_grace(there: Deployment) -> None:
    made = made_with(there, there.alice, 1, KEY_LIFE)
    rotated = _rotated(there, made["key"], grace=GRACE // 2)
    moments = [datetime.fromisoformat(rotated[name]) for name in ("rotatedAt", "previousUntil")]
    wanted = min(GRACE // 2, KEY_LIFE)
    stays = (moments[1] - moments[0]).total_seconds()
    # The whole key may end first.
    ends = rotated["previousUntil"] == rotated["expiresAt"]
    assert stays == wanted or (ends and stays < wanted), f"the earlier secret ends at another time: after {stays} s"
    assert _works(there, made["key"], made["secret"]), "the earlier secret does not work"
    assert _works(there, made["key"], rotated["secret"]), "the new secret does not work"
    usual = _rotated(there, made_with(there, there.alice, 1, KEY_LIFE)["key"])
    assert usual["previousUntil"] == usual["expiresAt"], "without a grace the earlier secret ends before a day"


def test_a_key_has_one_earlier_secret_at_most(there: Deployment) -> None:
    made = made_with(there, there.alice, 1, KEY_LIFE)
    first = _rotated(there, made["key"], grace=GRACE)
    is_problem(
        there.call("rotate_api_key", there.alice, key=made["key"], json={"grace": GRACE}), 409, "previousSecretActive"
    )
    second = _rotated(there, made["key"], grace=0)
    works = [_works(there, made["key"], one["secret"]) for one in (made, first, second)]
    assert works == [False, False, True], "a grace of 0 does not end all earlier secrets"


def test_rotating_a_key_requires_at_least_its_level_and_expiry(there: Deployment) -> None:
    maker = made_with(there, there.alice, 4, KEY_LIFE // 2)
    caller = ApiKey(there, maker["key"], maker["secret"])
    longer = made_with(there, there.alice, 1, KEY_LIFE)
    reply = there.call("rotate_api_key", caller, key=longer["key"], json={})
    is_problem(reply, 403, "insufficientAccessLevel")
    renewed = _rotated(there, maker["key"], grace=GRACE)
    reply = there.call("rotate_api_key", caller, key=maker["key"], json={"grace": 0})
    is_problem(reply, 403, "insufficientAccessLevel")
    assert _works(there, maker["key"], renewed["secret"]), "a refused rotation was made"


def test_an_ended_key_cannot_be_rotated(there: Deployment) -> None:
    made = made_with(there, there.alice, 1, 1)
    wait_until(
        lambda: not _works(there, made["key"], made["secret"]), "a key to expire that lives a second", seconds=5
    )
    is_problem(there.call("rotate_api_key", there.alice, key=made["key"], json={}), 409, "keyNotActive")
