"""What staff do: how they find accounts, what they change, and that all of it is recorded."""

from typing import Any

import pytest

from tests.contract.checks.kinds import SET
from tests.contract.checks.problems import is_problem
from tests.contract.checks.test_keys import made_with
from tests.contract.cleanup import KEY_LIFE
from tests.contract.deployment import Deployment
from tests.service import ApiKey, wait_until

LANGUAGES = ["de", "en", "es", "fr", "nl", "uk"]


def _acts(there: Deployment, **query: Any) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = there.call("list_acts", there.admin, query=query).json()["acts"]
    return listed


def _newest(there: Deployment) -> dict[str, Any]:
    """What this run's administrator did last."""
    return _acts(there, actor=there.admin.id, limit=1)[0]


def _change(there: Deployment, user: int, **changes: Any) -> Any:
    return there.call("update_user", there.admin, id=user, json=changes)


def test_staff_find_accounts_by_each_name(there: Deployment) -> None:
    account = there.call("read_account", there.alice).json()["account"]
    looked_for = {"email": account["email"], "ehash": account["ehash"], "ihash": account["ihash"]}
    looked_for |= {"uuid": account["uuid"], "id": str(account["id"]), "username": account["username"].upper()}
    for by, text in looked_for.items():
        found = there.call("search_users", there.admin, json={"q": text}).json()["users"][by]
        assert account["id"] in [one["id"] for one in found], f"no account is found by its {by}"
        assert len(found) <= 25, "a search shows more than 25 accounts"
        act = _newest(there)
        assert (act["act"], act["actorId"]) == ("searchUsers", there.admin.id), "a search is not recorded"
    there.call("search_users", there.admin, json={"q": f"nobody {there.run}"})
    assert _newest(there)["subjectId"] == 0, "a search in vain is not an act on nobody"


def test_acts_of_staff_are_recorded(there: Deployment) -> None:
    person = there.new_session()
    there.call("read_user", there.admin, id=person.id)
    reply = _change(there, person.id, role="tester")
    try:
        changed, read = _acts(there, actor=there.admin.id, subject=person.id, limit=2)
        assert (changed["act"], read["act"]) == ("updateUser", "loadUser"), (
            f"recorded are {changed['act']}, {read['act']}"
        )
        assert changed["changes"] == {"role": ["user", "tester"]}, f"the changes are told as {changed['changes']}"
        assert changed["requestId"] == reply.headers["x-request-id"], "an act is of another request"
    finally:
        _change(there, person.id, role="user")


def test_acts_are_found_by_actor_and_subject(there: Deployment) -> None:
    there.call("read_user", there.admin, id=there.bob.id)
    for query in ({"actor": there.admin.id}, {"subject": there.bob.id}):
        listed = _acts(there, limit=20, **query)
        member = "actorId" if "actor" in query else "subjectId"
        assert listed and {one[member] for one in listed} == set(query.values()), f"acts of others for {query}"
        numbers = [one["id"] for one in listed]
        assert numbers == sorted(numbers, reverse=True), "acts are not newest first"


@pytest.mark.parametrize(
    "name", ["list_subscribers", "read_usage", "list_recent_requests", "list_quotas", "list_all_quota_requests"]
)
def test_the_audit_entry_of_a_list_names_no_account(there: Deployment, name: str) -> None:
    reply = there.call(name, there.admin, query={"limit": 1})
    act = _newest(there)
    recorded = (act["subjectId"], act["requestId"])
    assert recorded == (0, reply.headers["x-request-id"]), f"{name} is not recorded as an act on nobody"


def test_reading_sets_of_others_is_not_recorded(there: Deployment) -> None:
    made = SET.make(there)
    there.call("read_user", there.admin, id=there.bob.id)
    there.call("read_set", there.admin, id=made["id"])
    assert _newest(there)["act"] == "loadUser", "reading a set of another is recorded"
    there.call("update_set", there.admin, id=made["id"], json={"notes": "by staff"})
    assert _newest(there)["act"] == "updateSet", "changing a set of another is not recorded"
    SET.remove(there, made)


def test_a_disabled_account_is_ended(there: Deployment) -> None:
    person = there.new_session()
    made = made_with(there, person, 1, KEY_LIFE)
    assert _change(there, person.id, status=-2).status_code == 200
    try:
        assert there.call("list_sets", person).status_code == 401, "a session of a disabled account goes on"
    finally:
        _change(there, person.id, status=1)
    there.new_session()
    is_problem(there.call("list_sets", ApiKey(there, made["key"], made["secret"])), 401, "keyRevoked")


def test_staff_turn_a_second_factor_off_only(there: Deployment) -> None:
    assert _change(there, there.bob.id, mfaEnabled=False).status_code == 200
    reply = _change(there, there.bob.id, mfaEnabled=True)
    assert reply.status_code == 400, f"turning on the second factor of another is answered {reply.status_code}"


def test_staff_give_no_consent(there: Deployment) -> None:
    person = there.new_session()
    made = made_with(there, person, 1, KEY_LIFE)
    is_problem(_change(there, person.id, consent=3), 403, "insufficientAccessLevel")
    try:
        assert _change(there, person.id, consent=0).status_code == 200, "consent cannot be taken back"
        key = ApiKey(there, made["key"], made["secret"])
        assert there.call("list_sets", key).status_code == 401, "a key works without consent"
    finally:
        there.known_by(there.call("give_consent", there.new_session(), json={"consent": 2}))


def test_staff_cannot_change_their_own_account(there: Deployment) -> None:
    reply = _change(there, there.admin.id, consent=1)
    if reply.status_code == 200:
        there.call("give_consent", there.admin, json={"consent": 2})
    is_problem(reply, 409, "ownAccount")


def test_subscribers_are_listed_by_language(there: Deployment) -> None:
    person = there.new_session()
    there.call("update_account", person, json={"newsletter": True, "language": "nl"})
    listed = there.call("list_subscribers", there.admin).json()["subscribers"]
    there.call("update_account", person, json={"newsletter": False, "language": "en"})
    assert sorted(listed) == LANGUAGES, f"subscribers are listed in {sorted(listed)}"
    mine = [one["source"] for one in listed["nl"] if one["email"] == there.traveller]
    assert mine == ["account"], f"an account that gets the newsletter is listed as {mine}"


def test_staff_read_an_account_with_what_it_holds(there: Deployment) -> None:
    made = SET.make(there)
    reply = there.call("read_user", there.admin, id=there.alice.id)
    SET.remove(there, made)
    assert made["id"] in [one["id"] for one in reply.json()["sets"]], "staff do not see the sets of an account"
    assert "content-length" not in reply.headers, "the reply has a length"
    again = there.call("read_user", there.admin, id=there.alice.id)
    assert again.headers["etag"] == reply.headers["etag"], "the tag changes with a set"


def test_staff_read_the_accounts_with_the_highest_usage(there: Deployment) -> None:
    there.call("list_sets", there.alice)
    there.call("read_usage", there.admin, query={"period": "now"})
    usage = there.call("read_usage", there.admin, query={"period": "day", "limit": 3}).json()["usage"]
    for name in ("accounts", "keys", "anonymous"):
        calls = [one["calls"] for one in usage[name]]
        assert len(calls) <= 3 and calls == sorted(calls, reverse=True), f"the heaviest {name} are not first: {calls}"
        for one in usage[name]:
            assert one.get("trend") is None or one["before"] > 0, "a trend without calls before"
    rows = there.call("read_usage_csv", there.admin, query={"period": "day", "limit": 3}).text.splitlines()
    assert rows[0].startswith("list,"), "the first column does not say which list"
    assert len(rows) - 1 >= len(usage["accounts"]), "the CSV lacks rows"
    chart = there.call("read_usage_svg", there.admin, query={"period": "day", "limit": 3, "list": "accounts"}).text
    assert f"{usage['accounts'][0]['username']}: " in chart, "the chart lacks the heaviest account"


def test_of_anonymous_callers_the_network_alone_is_known(there: Deployment) -> None:

    def anonymous() -> list[dict[str, Any]]:
        usage = there.call("read_usage", there.admin, query={"period": "day", "limit": 100}).json()["usage"]
        listed: list[dict[str, Any]] = usage["anonymous"]
        return listed

    before = sum(one["calls"] for one in anonymous())
    there.call("list_curated_sets")
    wait_until(
        lambda: sum(one["calls"] for one in anonymous()) > before, "an anonymous call to be counted", seconds=10
    )
    for one in anonymous():
        network = one["network"]
        assert network == "other" or network.endswith(("/24", "/48")), f"a caller is known as {network}"
