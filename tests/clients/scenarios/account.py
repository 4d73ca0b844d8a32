"""The pages of one's own account, and the profiles of others."""

from uuid import uuid4

from PIL import Image

from tests.clients.scenario import drives
from tests.clients.scenarios.sessions import mailed
from tests.clients.site import Site
from tests.handlers.reading import new_address
from tests.service import PASSWORD
from tests.services.image_files import data_uri, encoded

PIXEL = data_uri(encoded(Image.new("RGB", (1, 1)), "PNG"))
PREFERENCES = {"bio": "I sew.", "compare": False, "consent": 1, "control": 4, "imperial": True, "newsletter": True}
IDENTITIES = {
    "codebergUsername": "alice",
    "codebergEmail": "alice@example.org",
    "mastodon": "@a",
    "website": "https://a",
}


@drives("updateAccount")
def somebody_changes_their_preferences(site: Site) -> None:
    page = site.signed_in()
    for name, value in PREFERENCES.items():
        assert page.done("updateAccount", {name: value})["account"][name] == value
    for name, value in IDENTITIES.items():
        page.done("updateAccount", {"data": {name: value}})
    account = page.done("updateAccount", {"img": PIXEL})["account"]
    assert account["data"] == IDENTITIES
    assert account["img"] != "default-avatar"
    assert page.done("reloadAccount")["account"]["data"] == IDENTITIES


@drives("updateAccount")
def somebody_sets_a_password(site: Site) -> None:
    assert site.signed_in().done("updateAccount", {"password": PASSWORD})["account"]["passwordType"] == "v3"


@drives("updateAccount")
def somebody_changes_their_address(site: Site) -> None:
    page, new = site.signed_in(), new_address()
    assert page.person is not None
    assert page.done("updateAccount", {"email": new})["account"]["email"] == page.person.email
    link = mailed(site, new)
    change = {"confirm": "emailchange", "confirmation": link["id"], "check": link["check"]}
    assert page.done("updateAccount", change)["account"]["email"] == new


@drives("isUsernameAvailable", "updateAccount")
def somebody_picks_a_user_name(site: Site) -> None:
    page, other, name = site.signed_in(), site.signed_in(), f"Alice {uuid4().hex[:8]}"
    free = page.call("isUsernameAvailable", name)
    assert (free["success"], free["available"]) == (True, True)
    assert page.done("updateAccount", {"username": name})["account"]["username"] == name
    taken = other.call("isUsernameAvailable", name.upper())
    assert (taken["success"], taken["available"], taken["response"][0]) == (False, False, 200)


@drives("createApikey", "getApikey", "getApikeys", "removeApikey")
def somebody_makes_an_api_key(site: Site) -> None:
    page = site.signed_in()
    made = page.made("createApikey", {"name": "a script", "level": 1, "expiresIn": 86_399})["apikey"]
    assert (made["name"], made["level"]) == ("a script", 1)
    assert site.service.http.get("/sets", auth=(made["key"], made["secret"])).status_code == 200
    (listed,) = page.done("getApikeys")["apikeys"]
    assert {"id": made["key"], "name": "a script", "level": 1}.items() <= listed.items()
    assert {"calls", "createdAt", "expiresAt"} <= listed.keys()
    read = page.done("getApikey", listed["id"])["apikey"]
    assert read == {name: value for name, value in made.items() if name != "secret"}
    page.gone("removeApikey", listed["id"])
    assert page.done("getApikeys")["apikeys"] == []


@drives("getUserData")
def the_account_page_counts_what_is_there(site: Site) -> None:
    page = site.signed_in()
    page.made("createSet", {"name": "Alice", "imperial": False})
    page.made("createApikey", {"name": "a script", "level": 1, "expiresIn": 60})
    data = page.done("getUserData", page.done("ping")["account"]["uuid"])["data"]
    assert {name: len(rows) for name, rows in data.items()} == {
        "apikeys": 1,
        "bookmarks": 0,
        "patterns": 0,
        "sets": 1,
    }


@drives("exportAccount")
def somebody_exports_their_data(site: Site) -> None:
    page = site.signed_in()
    page.made("createSet", {"name": "Alice", "imperial": False})
    exported = site.service.http.get(page.done("exportAccount")["data"])
    assert exported.status_code == 200
    assert "Alice" in exported.text


@drives("restrictAccount")
def somebody_freezes_their_account(site: Site) -> None:
    page = site.signed_in()
    page.done("restrictAccount")
    assert page.refused("ping") == (401, "unauthorized")


@drives("removeAccount")
def somebody_leaves(site: Site) -> None:
    page = site.signed_in()
    page.done("removeAccount")
    assert page.refused("ping") == (401, "unauthorized")


@drives("getUserProfile", "findUserProfiles")
def a_visitor_looks_at_profiles(site: Site) -> None:
    page, name = site.signed_in(), f"Alice-{uuid4().hex[:8]}"
    account = page.done("updateAccount", {"username": name, "bio": "I sew."})["account"]
    for handle in (account["id"], account["uuid"], name):
        profile = site.visitor.done("getUserProfile", handle)["profile"]
        assert (profile["username"], profile["bio"], profile["role"]) == (name, "I sew.", "user")
    assert site.visitor.refused("getUserProfile", str(uuid4())) == (404, "notFound")
    profiles = site.visitor.done("findUserProfiles", name[:10])["profiles"]
    assert [profile["username"] for profile in profiles] == [name]
