"""Accounts: how they begin and end, and that what an account says of itself is kept."""

import pytest

from tests.contract.checks.problems import is_problem
from tests.contract.deployment import Deployment
from tests.service import PASSWORD, ApiKey


def test_the_account_says_whose_it_is(there: Deployment) -> None:
    account = there.call("read_account", there.alice).json()["account"]
    assert account["id"] == there.alice.id
    assert not {"password", "mfaSecret"} & set(account), "an account shows what is secret"


def test_a_change_of_the_account_is_kept(there: Deployment) -> None:
    before = there.call("read_account", there.alice).json()["account"]
    try:
        changed = there.call("update_account", there.alice, json={"bio": "Made by the contract tests."})
        assert changed.status_code == 200
        after = there.call("read_account", there.alice).json()["account"]
        assert after["bio"] == "Made by the contract tests."
        assert (after["email"], after["role"]) == (before["email"], before["role"])
    finally:
        there.call("update_account", there.alice, json={"bio": before["bio"]})


def test_the_data_of_an_account_is_all_that_it_holds(there: Deployment) -> None:
    made = there.call("create_bookmark", there.alice, json={"type": "doc", "title": "all", "url": "/docs"})
    record = made.json()["bookmark"]
    data = there.call("read_all_data", there.alice, id=there.alice.id).json()["data"]
    assert record in data["bookmarks"], "a bookmark is not among the data of its account"
    there.call("delete_bookmark", there.alice, id=record["id"])


def test_a_name_that_is_taken_is_not_free(there: Deployment) -> None:
    name = there.call("read_account", there.alice).json()["account"]["username"]
    assert there.call("check_username", there.alice, json={"username": name}).status_code == 200
    is_problem(there.call("check_username", there.alice, json={"username": f"free {there.run}"}), 404)


def test_a_removed_account_is_gone_with_all_that_it_held(there: Deployment) -> None:
    if there.given:
        pytest.skip("left out: ends the account")
    person = there.sign_up()
    key = there.new_key(person, 3, name="of an account that ends")
    made = there.call("create_set", key, json={"name": "contract", "public": True}).json()["set"]
    assert there.call("remove_account", person).status_code == 200
    is_problem(there.call("read_account", person), 401, "unauthorized")
    is_problem(there.call("list_sets", key), 401, "unauthorized")
    is_problem(there.call("read_set_json", id=made["id"]), 404, "notFound")
    is_problem(there.call("read_profile", id=person.id), 404, "notFound")


def test_a_sign_up_does_not_reveal_whether_an_address_is_known(there: Deployment) -> None:
    if there.given:
        pytest.skip("left out: sends mails")
    body = {"email": there.alice.email, "language": "en", "test": True}
    reply = there.call("sign_up", json=body)
    assert (reply.status_code, reply.json()["result"]) == (201, "created")


def test_the_data_of_an_account_is_merged(there: Deployment) -> None:
    first = {"contractKept": "a", "contractGone": 1}
    there.call("update_account", there.alice, json={"data": first})
    try:
        change = {"contractGone": None, "contractNew": True}
        data = there.call("update_account", there.alice, json={"data": change}).json()["account"]["data"]
        ours = {name: value for name, value in data.items() if name.startswith("contract")}
        assert ours == {"contractKept": "a", "contractNew": True}, f"data is not merged key by key: {ours}"
    finally:
        gone = dict.fromkeys((*first, "contractNew"))
        there.call("update_account", there.alice, json={"data": gone})


def test_a_frozen_account_is_closed_until_it_is_lifted(there: Deployment) -> None:
    person = there.new_session()
    made = there.call("create_api_key", person, json={"name": "contract", "level": 1, "expiresIn": 60}).json()[
        "apikey"
    ]
    assert there.call("restrict_account", person).status_code == 200
    try:
        assert there.call("list_sets", person).status_code == 401, "a session of a frozen account goes on"
        attempt = there.call("sign_in", json={"username": there.traveller, "password": PASSWORD})
        is_problem(attempt, 401, "signInFailed")
        frozen = there.call("read_user", there.admin, id=person.id).json()["user"]
        assert frozen["status"] == -1, f"the status of a frozen account is {frozen['status']}"
    finally:
        there.call("update_user", there.admin, id=person.id, json={"status": 1})
        there.new_session()
    is_problem(there.call("list_sets", ApiKey(there, made["key"], made["secret"])), 401, "keyRevoked")
