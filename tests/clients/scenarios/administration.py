"""The pages of administrators."""

from uuid import uuid4

from tests.clients.scenario import drives
from tests.clients.scenarios.sessions import signed_in_by
from tests.clients.site import Site

FOUND_BY = ("username", "id", "uuid", "ehash", "ihash")


@drives("adminSearchUsers", "adminLoadUser")
def an_administrator_finds_somebody(site: Site) -> None:
    admin, page, name = site.signed_in("admin"), site.signed_in(), f"Alice-{uuid4().hex[:8]}"
    account = page.done("updateAccount", {"username": name})["account"]
    asked = {"username": name[1:].upper(), "id": str(account["id"]), "uuid": account["uuid"]}
    for kind, question in {**asked, "ehash": account["email"], "ihash": account["initial"]}.items():
        users = admin.done("adminSearchUsers", question)["users"]
        assert account["uuid"] in {user["uuid"] for user in users[kind]}
    (user,) = users["ehash"]
    shown = {name: account[name] for name in ("id", "uuid", "ihash", "username", "role", "status", "consent")}
    assert {**shown, "mfaEnabled": False}.items() <= user.items()
    assert shown.items() <= admin.done("adminLoadUser", account["id"])["user"].items()
    assert page.refused("adminSearchUsers", name) == (403, "insufficientAccessLevel")


@drives("adminUpdateUser")
def an_administrator_helps_somebody(site: Site) -> None:
    admin, page = site.signed_in("admin"), site.signed_in()
    user = page.done("ping")["account"]["id"]
    page.done("restrictAccount")
    assert page.refused("ping") == (401, "unauthorized")
    assert admin.done("adminUpdateUser", {"id": user, "data": {"status": 1}})["user"]["status"] == 1
    assert admin.done("adminUpdateUser", {"id": user, "data": {"consent": 2}})["user"]["consent"] == 2
    changed = admin.done("adminUpdateUser", {"id": user, "data": {"mfaEnabled": False}})
    assert changed["user"]["mfaEnabled"] is False
    assert page.refused("adminUpdateUser", {"id": user, "data": {"status": 1}})[0] in (401, 403)


@drives("adminImpersonateUser")
def an_administrator_becomes_somebody(site: Site) -> None:
    admin, page = site.signed_in("admin"), site.signed_in()
    uuid = page.done("ping")["account"]["uuid"]
    session = admin.done("adminImpersonateUser", uuid)
    assert session["account"]["uuid"] == uuid
    signed_in_by(session, site)
    assert page.refused("adminImpersonateUser", uuid) == (403, "insufficientAccessLevel")
