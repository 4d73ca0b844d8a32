"""Security events: what happened to an account, and who caused it."""

from datetime import datetime, timedelta
from typing import Any

from tests.contract.checks.test_keys import made_with
from tests.contract.cleanup import KEY_LIFE
from tests.contract.deployment import Deployment
from tests.service import PASSWORD, Person


def _events(there: Deployment, person: Person, **query: Any) -> Any:
    return there.call("list_events", person, query=query)


def test_what_happens_to_a_key_is_recorded(there: Deployment) -> None:
    wanted = {"name": "contract, of an event", "level": 1, "expiresIn": KEY_LIFE}
    reply = there.call("create_api_key", there.alice, json=wanted)
    key = reply.json()["apikey"]["key"]
    there.call("rotate_api_key", there.alice, key=key, json={})
    newest = _events(there, there.alice, limit=2)
    events = [(one["event"], one["key"], one["by"]) for one in newest.json()["events"]]
    assert events == [("keyRotated", key, "owner"), ("keyCreated", key, "owner")], f"what happened is {events}"
    made = newest.json()["events"][1]
    assert made["requestId"] == reply.headers["x-request-id"], "an event is of another request"
    assert made["details"].get("level") == 1
    older = (
        there.http.get(newest.links["next"]["url"], headers={"Authorization": there.alice.authorization})
        if ("next" in newest.links)
        else None
    )
    if older is not None:
        assert all(one["id"] < made["id"] for one in older.json()["events"]), "a walk does not go back in time"


def test_a_failed_sign_in_is_recorded(there: Deployment) -> None:
    there.call("sign_in", json={"username": there.new_session().email, "password": PASSWORD + "?"})
    listed = _events(there, there.new_session(), limit=1000).json()["events"]
    latest = datetime.fromisoformat(listed[0]["createdAt"])
    # Of failures one a minute is kept.
    events = {
        one["event"] for one in listed if latest - datetime.fromisoformat(one["createdAt"]) < timedelta(minutes=2)
    }
    assert "signInFailed" in events and "signedIn" in events, f"a failed sign-in is not among {events}"


def test_a_new_password_is_recorded(there: Deployment) -> None:
    person = there.new_session()
    made_with(there, person, 0, KEY_LIFE)
    there.call("update_account", person, json={"password": PASSWORD})
    assert _events(there, person, limit=1).json()["events"][0]["event"] == "passwordChanged"
