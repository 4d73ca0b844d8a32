"""API keys: their expiry, `GET /whoami` with a key, and the members of their list."""

import re
from datetime import datetime
from typing import Any

import pytest

from tests.contract.checks.problems import is_problem
from tests.contract.cleanup import KEY_LIFE
from tests.contract.deployment import Deployment
from tests.service import ApiKey, Credentials, wait_until

SECRET = re.compile(r"fsk_[0-9A-Za-z]{43}[0-9A-Za-z]{6}")


def made_with(there: Deployment, maker: Credentials, level: int, seconds: int) -> dict[str, Any]:
    """A key that this maker makes, with its secret."""
    wanted = {"name": "contract, life", "level": level, "expiresIn": seconds}
    reply = there.call("create_api_key", maker, json=wanted)
    assert reply.status_code == 201, f"a new key was refused: {reply.status_code}"
    made: dict[str, Any] = reply.json()["apikey"]
    return made


def seconds_of(key: dict[str, Any]) -> float:
    """How long it lives."""
    moments = [datetime.fromisoformat(key[name]) for name in ("createdAt", "expiresAt")]
    return (moments[1] - moments[0]).total_seconds()


def test_a_new_key_reads_and_writes(there: Deployment) -> None:
    made = made_with(there, there.alice, 3, KEY_LIFE)
    key = ApiKey(there, made["key"], made["secret"])
    reply = there.http.post("/sets", json={"name": "contract"}, headers={"Authorization": key.authorization})
    there.note_made(reply)
    assert reply.status_code == 201, f"a new key cannot write: {reply.status_code}"
    read = there.call("read_set", key, id=reply.json()["set"]["id"])
    assert read.status_code == 200, "a new key cannot read"
    there.call("delete_set", key, id=reply.json()["set"]["id"])


def test_a_key_lives_as_long_as_was_asked_for(there: Deployment) -> None:
    seconds = min(60, KEY_LIFE)
    made = made_with(there, there.alice, 1, seconds)
    assert seconds_of(made) == seconds, f"a key lives {seconds_of(made):.0f} s, not {seconds} s"
    read = there.call("read_api_key", there.alice, key=made["key"]).json()["apikey"]
    assert read["expiresAt"] == made["expiresAt"], "a key is told to end at another time than when it was made"
    wanted = {"name": "contract, too long", "level": 1, "expiresIn": 366 * 86_400}
    is_problem(there.call("create_api_key", there.alice, json=wanted), 400, "expiresIsHigherThanMaximum")


def test_a_key_made_with_a_key_ends_no_later(there: Deployment) -> None:
    first = made_with(there, there.alice, 4, KEY_LIFE // 2)
    second = made_with(there, ApiKey(there, first["key"], first["secret"]), 1, KEY_LIFE)
    assert second["expiresAt"] <= first["expiresAt"], "a key ends after the key that it was made with"


def _states(there: Deployment, **query: str) -> dict[str, str]:
    """The states of all keys, page after page."""
    found: dict[str, str] = {}
    while True:
        reply = there.call("list_api_keys", there.alice, query=query)
        found |= {one["key"]: one["state"] for one in reply.json()["apikeys"]}
        if "next" not in reply.links:
            return found
        query = dict(there.http.build_request("GET", reply.links["next"]["url"]).url.params)


def test_the_list_tells_the_state_of_each_key(there: Deployment) -> None:
    short, active = made_with(there, there.alice, 1, 1), made_with(there, there.alice, 1, KEY_LIFE)
    key = ApiKey(there, short["key"], short["secret"])
    wait_until(
        lambda: there.call("list_sets", key).status_code != 200, "a key to expire that lives a second", seconds=5
    )
    states = _states(there)
    assert states.get(short["key"]) == "expired", "an expired key is not listed as such"
    assert states.get(active["key"]) == "active", "a key is not listed as active"
    for state in ("active", "expired", "revoked"):
        listed = _states(there, state=state)
        assert set(listed.values()) <= {state}, f"keys of another state are listed as {state}"
        assert (short["key"] in listed, active["key"] in listed) == (state == "expired", state == "active")


def test_a_key_of_one_account_is_closed_to_another(there: Deployment) -> None:
    key = made_with(there, there.alice, 1, KEY_LIFE)["key"]
    for name in ("read_api_key", "read_key_usage", "revoke_api_key", "delete_api_key", "rotate_api_key"):
        body: dict[str, Any] | None = {} if name in ("revoke_api_key", "rotate_api_key") else None
        status = there.call(name, there.bob, key=key, json=body).status_code
        assert status == 403, f"{name} is answered {status} to a stranger"


def test_a_revoked_key_says_why(there: Deployment) -> None:
    there.may_mail()
    key = there.new_key(there.alice, 1, name="to revoke for a reason")
    reply = there.call("revoke_api_key", there.alice, key=key.key, json={"reason": "seen on a screen"})
    ended = reply.json()["apikey"]
    assert (ended["state"], ended["revokedBy"], ended["revokedReason"]) == ("revoked", "owner", "seen on a screen")
    error = is_problem(there.call("list_sets", key), 401, "keyRevoked")
    assert error.get("reason") == "seen on a screen", "a revoked key does not say why"
    again = there.call("revoke_api_key", there.alice, key=key.key, json={"reason": "another reason"})
    assert again.json()["apikey"] == ended, "a key that was revoked does not stay as it is"
    assert _states(there, state="revoked").get(key.key) == "revoked", "a revoked key is not listed"


def test_the_key_of_another_is_revoked_for_a_reason(there: Deployment) -> None:
    key = made_with(there, there.bob, 1, KEY_LIFE)["key"]
    is_problem(there.call("delete_api_key", there.admin, key=key), 400, "reasonMissing")
    is_problem(there.call("revoke_api_key", there.admin, key=key, json={}), 400, "reasonMissing")
    ended = there.call("revoke_api_key", there.admin, key=key, json={"reason": "tried out"}).json()["apikey"]
    assert (ended["revokedBy"], ended["revokedReason"]) == ("staff", "tried out")


def test_who_am_i_shows_the_key_to_a_key(there: Deployment) -> None:
    made = made_with(there, there.alice, 0, KEY_LIFE)
    body = there.call("who_am_i", ApiKey(there, made["key"], made["secret"])).json()
    assert "apikey" in body and "account" not in body, "a key is not shown what is known of it"
    assert body["apikey"]["key"] == made["key"]
    policies = {one["policy"] for one in body["apikey"]["quotas"]}
    assert policies == ({"burst", "day", "account-burst", "account-day"} if there.limited else set())
    if there.alice.authorization.startswith("Bearer"):
        body = there.call("who_am_i", there.alice).json()
        assert body["account"]["id"] == there.alice.id and "apikey" not in body


def test_a_secret_is_known_by_its_form(there: Deployment) -> None:
    secret = made_with(there, there.alice, 0, KEY_LIFE)["secret"]
    assert SECRET.fullmatch(secret), "there is no secret of the form that scanners know"


@pytest.mark.parametrize("level", [0, 4])
def test_a_key_has_the_level_that_was_asked_for(there: Deployment, level: int) -> None:
    assert made_with(there, there.alice, level, KEY_LIFE)["level"] == level
