"""Access control: no credentials, wrong ones, too low a level, ended keys, and the paths that take one kind only.

Every operation is called on a record that cannot exist, with an empty body: levels are checked before
any look-up, so that no data can change even if a level is not enforced. Operations on the account of the caller need
no record: on a given account they are excluded, and otherwise an account is made for them.
"""

import time
from typing import Any
from uuid import uuid4

import pytest

from core import document
from tests.contract.checks.problems import is_problem
from tests.contract.cleanup import KEY_LIFE
from tests.contract.deployment import Deployment
from tests.contract.exclusions import ON_THE_CALLER
from tests.service import ApiKey, Credentials, Person, wait_until

SECURED = {
    operation["operationId"]: operation
    for _, _, operation in document.operations(document.load())
    if operation["security"] and {} not in operation["security"]
}
# What a path may hold besides ids, so that it is routed.
FIXED = {"type": "blog", "slug": "none"}
NEVER = "Basic bm9ib2R5Om5vdGhpbmc="
each_secured = pytest.mark.parametrize("name", SECURED)


def _ask(there: Deployment, name: str, authorization: str | None, alias: str = "") -> Any:
    """The reply to the operation, called on nothing that is there."""
    path, method, operation = there.book.find(name)
    path = operation.get("x-alias", path) if alias else path
    names = {parameter: str(uuid4()) for parameter in ("id", "key", "token")} | FIXED
    sent = {} if authorization is None else {"Authorization": authorization}
    body: dict[str, Any] | None = {} if "requestBody" in operation else None
    reply = there.http.request(method.upper(), path.format(**names) + alias, headers=sent, json=body)
    there.book.hold(name, reply)
    return reply


def _caller(there: Deployment, name: str) -> Person:
    """Whose credentials the operation is tried with."""
    if name not in ON_THE_CALLER:
        return there.alice
    if there.given:
        pytest.skip("left out: could end or change the account, if the deployment does not keep it from that")
    return there.spare


def _key_of(there: Deployment, owner: Person, level: int) -> ApiKey:
    """A key of this level, the same for many checks."""
    made, key = there.keys.get((owner.id, level), (0.0, None))
    if key is not None:
        # Now, as to wait for a quota may take longer than the key lives.
        there.http.pace.keep(key.authorization)
    if key is None or time.monotonic() - made > KEY_LIFE / 2:
        key = there.new_key(owner, level, name=f"level {level}")
        there.keys[owner.id, level] = time.monotonic(), key
    return key


def _is_challenge(reply: Any, *schemes: str) -> None:
    is_problem(reply, 401, "unauthorized")
    challenge = reply.headers.get("www-authenticate", "")
    assert all(scheme in challenge for scheme in schemes), f"the challenge is {challenge!r}"


@each_secured
def test_requests_without_credentials_are_rejected(there: Deployment, name: str) -> None:
    takes_keys = {"key": []} in there.book.find(name)[2]["security"]
    schemes = ("Bearer", "Basic") if takes_keys else ("Bearer",)
    _is_challenge(_ask(there, name, None), *schemes)
    _is_challenge(_ask(there, name, "Bearer nonsense"), *schemes)
    _is_challenge(_ask(there, name, NEVER), *schemes)


@each_secured
def test_a_key_of_too_low_a_level_may_not(there: Deployment, name: str) -> None:
    operation, caller = there.book.find(name)[2], _caller(there, name)
    if {"key": []} not in operation["security"]:
        _is_challenge(_ask(there, name, _key_of(there, caller, 4).authorization), "Bearer")
    elif operation["x-level"] > 0:
        key = _key_of(there, caller, min(operation["x-level"] - 1, 4))
        is_problem(_ask(there, name, key.authorization), 403, "insufficientAccessLevel")


@each_secured
def test_an_alias_takes_its_own_credentials_only(there: Deployment, name: str) -> None:
    operation, caller = there.book.find(name)[2], _caller(there, name)
    _is_challenge(_ask(there, name, _key_of(there, caller, 0).authorization, "/jwt"), "Bearer")
    if caller.authorization.startswith("Bearer"):
        reply = _ask(there, name, caller.authorization, "/key") if {"key": []} in operation["security"] else None
        if reply is not None:
            _is_challenge(reply, "Basic")


def test_an_alias_answers_as_the_clean_path(there: Deployment) -> None:
    key = _key_of(there, there.alice, 4)
    clean, alias = key.get("/sets"), key.get("/sets/key")
    assert (alias.status_code, alias.content) == (clean.status_code, clean.content)
    if there.alice.authorization.startswith("Bearer"):
        clean, alias = there.alice.get("/sets"), there.alice.get("/sets/jwt")
        assert (alias.status_code, alias.content) == (clean.status_code, clean.content)


def test_an_expired_key_is_refused(there: Deployment) -> None:
    key = there.new_key(there.alice, 1, seconds=1, name="short")
    wait_until(
        lambda: there.call("list_sets", key).status_code != 200, "a key to expire that lives a second", seconds=3
    )
    is_problem(there.call("list_sets", key), 401, "keyExpired")


def test_a_revoked_key_is_refused(there: Deployment) -> None:
    there.may_mail()
    key = there.new_key(there.alice, 1, name="to revoke")
    assert there.call("list_sets", key).status_code == 200
    reply = there.call("revoke_api_key", there.alice, key=key.key, json={"reason": "tried out"})
    assert reply.status_code == 200 and reply.json()["apikey"]["state"] == "revoked"
    is_problem(there.call("list_sets", key), 401, "keyRevoked")


def test_a_deleted_key_is_refused_and_not_listed(there: Deployment) -> None:
    there.may_mail()
    key = there.new_key(there.alice, 1, name="to delete")
    assert there.call("delete_api_key", there.alice, key=key.key).status_code == 204
    is_problem(there.call("list_sets", key), 401, "keyRevoked")
    is_problem(there.call("read_api_key", there.alice, key=key.key), 404, "notFound")
    assert key.key not in [one["key"] for one in there.call("list_api_keys", there.alice).json()["apikeys"]]


def test_a_secret_is_shown_once(there: Deployment) -> None:
    wanted = {"name": "contract, secret", "level": 1, "expiresIn": KEY_LIFE}
    made = there.call("create_api_key", there.alice, json=wanted).json()["apikey"]
    assert made["secret"]
    for reply in (
        there.call("read_api_key", there.alice, key=made["key"]),
        there.call("list_api_keys", there.alice),
        there.call("who_am_i", there.alice),
        there.call("read_all_data", there.alice, id=there.alice.id),
    ):
        assert '"secret"' not in reply.text and made["secret"] not in reply.text, "a secret is shown again"


def test_a_rotated_key_has_another_secret(there: Deployment) -> None:
    wanted = {"name": "contract, to rotate", "level": 1, "expiresIn": KEY_LIFE}
    made = there.call("create_api_key", there.alice, json=wanted).json()["apikey"]
    rotated = there.call("rotate_api_key", there.alice, key=made["key"], json={}).json()["apikey"]
    assert rotated["key"] == made["key"] and rotated["secret"] != made["secret"]
    assert there.call("list_sets", ApiKey(there, rotated["key"], rotated["secret"])).status_code == 200


def test_a_key_gives_no_higher_level_than_its_makers(there: Deployment) -> None:
    wanted = {"name": "contract, too high", "level": 9, "expiresIn": KEY_LIFE}
    for maker in (there.alice, _key_of(there, there.alice, 4)):
        is_problem(there.call("create_api_key", maker, json=wanted), 400, "keyLevelExceedsRoleLevel")


def test_bad_credentials_do_not_hide_public_records(there: Deployment) -> None:
    for authorization in ("Bearer nonsense", NEVER):
        caller = Credentials(there, authorization)
        status = there.call("list_curated_sets", caller).status_code
        assert status == 200, f"bad credentials hide a public list: {status}"
        is_problem(there.call("read_curated_set", caller, id=10**14), 401, "unauthorized")
