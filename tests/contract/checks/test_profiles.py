"""Profiles: what an account shows to everyone."""

from tests.contract.deployment import Deployment


def test_a_profile_is_found_by_each_name(there: Deployment) -> None:
    account = there.call("read_account", there.alice).json()["account"]
    for handle in (account["id"], account["uuid"], account["username"].upper()):
        reply = there.call("read_profile", id=handle)
        assert reply.status_code == 200, f"no profile is found by {handle!r}"
        assert reply.json()["profile"]["id"] == account["id"]
    assert account["email"] not in reply.text, "a profile shows the address"


def test_a_search_finds_names_that_begin_so(there: Deployment) -> None:
    name = there.call("read_account", there.alice).json()["account"]["username"]
    found = there.call("find_users", json={"match": name[:4].upper()}).json()["profiles"]
    assert 0 < len(found) <= 10, f"a search finds {len(found)} profiles"
    assert all(one["username"].casefold().startswith(name[:4].casefold()) for one in found), "another name is found"
    whole = there.call("find_users", json={"match": name}).json()["profiles"]
    assert name in [one["username"] for one in whole], "a search does not find a name"
    names = [one["username"].casefold() for one in found]
    assert names == sorted(names), "profiles are not in the order of their names"


def test_a_card_shows_name_and_number(there: Deployment) -> None:
    account = there.call("read_account", there.alice).json()["account"]
    reply = there.call("read_profile_card", id=account["id"])
    assert reply.headers["content-type"].startswith("image/"), "a card is no image"
    if "svg" in reply.headers["content-type"]:
        assert account["username"] in reply.text and str(account["id"]) in reply.text, "a card lacks the name"
