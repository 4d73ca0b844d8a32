"""Sessions: they begin with a sign-in, are listed, and end."""

from base64 import urlsafe_b64decode
from datetime import datetime
from typing import Any

import orjson

from tests.contract.checks.problems import is_problem
from tests.contract.checks.test_keys import made_with
from tests.contract.cleanup import KEY_LIFE
from tests.contract.deployment import Deployment
from tests.service import ApiKey, Person

WEEK = 7 * 86_400


def _sessions(there: Deployment, person: Person) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = there.call("list_sessions", person).json()["sessions"]
    return listed


def _works(there: Deployment, person: Person) -> bool:
    return there.call("list_sets", person).status_code == 200


def test_a_sign_in_begins_a_session(there: Deployment) -> None:
    first, second = there.new_session(), there.new_session()
    listed = _sessions(there, second)
    begun = [one["createdAt"] for one in listed]
    assert begun == sorted(begun, reverse=True), "sessions are not listed newest first"
    assert [one["current"] for one in listed] == [True] + [False] * (len(listed) - 1), "another session is current"
    assert {one["by"] for one in listed} == {"owner"}
    assert _sessions(there, first)[0]["current"] is False


def test_an_ended_session_rejects_its_token(there: Deployment) -> None:
    first, second = there.new_session(), there.new_session()
    earlier = next(one for one in _sessions(there, first) if one["current"])
    assert there.call("end_session", second, id=earlier["id"]).status_code == 204
    assert not _works(there, first), "the token of an ended session works"
    assert earlier["id"] not in [one["id"] for one in _sessions(there, second)], "an ended session is listed"


def test_ending_the_others_leaves_this_session_and_keys(there: Deployment) -> None:
    first, second = there.new_session(), there.new_session()
    made = made_with(there, second, 1, KEY_LIFE)
    assert there.call("end_sessions", second).status_code == 204
    assert not _works(there, first), "another session goes on"
    assert _works(there, second), "the session of the request ended"
    key = ApiKey(there, made["key"], made["secret"])
    assert there.call("list_sets", key).status_code == 200, "an API key ended with the sessions"


def test_every_session_ends_where_that_is_asked(there: Deployment) -> None:
    person = there.new_session()
    assert there.call("end_sessions", person, query={"all": "true"}).status_code == 204
    assert not _works(there, person), "the session of the request goes on"
    person = there.new_session()
    made = made_with(there, person, 4, KEY_LIFE)
    assert there.call("end_sessions", ApiKey(there, made["key"], made["secret"])).status_code == 204
    assert not _works(there, person), "a session goes on that an API key ended"
    there.new_session()


def test_a_token_is_good_for_seven_days(there: Deployment) -> None:
    person = there.new_session()
    payload = person.token.split(".")[1]
    claims = orjson.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["exp"] - claims["iat"] == WEEK, f"a token is good for {claims['exp'] - claims['iat']} s"
    session = next(one for one in _sessions(there, person) if one["current"])
    moments = [datetime.fromisoformat(session[name]) for name in ("createdAt", "expiresAt")]
    assert (moments[1] - moments[0]).total_seconds() == WEEK, "a session is good for another time than its token"


def test_an_unknown_session_cannot_be_ended(there: Deployment) -> None:
    is_problem(there.call("end_session", there.new_session(), id="0" * 8 + "-0000-4000-8000-" + "0" * 12), 404)
