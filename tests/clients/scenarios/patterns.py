"""Patterns: the editor, the account's pages and the public page."""

from typing import Any

from tests.clients.scenario import drives
from tests.clients.scenarios.account import PIXEL
from tests.clients.scenarios.sets import MEASIES, without
from tests.clients.site import Page, Site

SETTINGS = {"sa": 10, "paperless": True, "measurements": {"chest": 920.5}, "options": {"ease": 0.1}}
SAVED = {"design": "aaron", "name": "Aaron / May", "public": False, "settings": SETTINGS, "data": {}}
NOT_CLONED = ("uuid", "createdAt", "data", "userId", "img")
NOT_COPIED = ("id", "uuid", "createdAt", "updatedAt", "data", "userId", "img", "name", "set", "setId", "public")


def saved(page: Page, **fields: Any) -> dict[str, Any]:
    """A pattern that the editor has saved."""
    pattern: dict[str, Any] = page.made("createPattern", {**SAVED, **fields})["pattern"]
    return pattern


@drives("createPattern", "getPattern", "getPatterns", "updatePattern", "removePattern")
def somebody_keeps_a_pattern(site: Site) -> None:
    page = site.signed_in()
    made = saved(page, notes="For the summer")
    assert {**SAVED, "notes": "For the summer"}.items() <= made.items()
    settings = {"sa": 0, "measurements": {"waist": 760}}
    assert page.done("updatePattern", made["uuid"], {"settings": settings})["pattern"]["settings"] == settings
    changes = {"name": "Aaron B", "img": PIXEL, "notes": "*x*", "public": True}
    changed = page.done("updatePattern", made["uuid"], changes)["pattern"]
    assert {**changes, "img": changed["img"]}.items() <= changed.items()
    read = page.done("getPattern", made["uuid"])["pattern"]
    assert page.done("getPatterns")["patterns"] == [read]
    page.gone("removePattern", made["uuid"])
    assert page.refused("getPattern", made["uuid"]) == (404, "notFound")


@drives("getPattern", "createPattern")
def somebody_clones_a_pattern_of_their_own(site: Site) -> None:
    page = site.signed_in()
    chest = page.made("createSet", {"name": "Alice", "measies": MEASIES})["set"]
    for fields in ({}, {"set": chest["id"]}):
        original = page.done("getPattern", saved(page, **fields)["uuid"])["pattern"]
        body = {**without(original, *NOT_CLONED), "name": f"{original['name']} (clone)"}
        copy = page.made("createPattern", body)["pattern"]
        assert without(copy, *NOT_COPIED) == without(original, *NOT_COPIED)
        assert (copy["name"], copy["setId"]) == ("Aaron / May (clone)", original["setId"])


@drives("getPublicPattern", "createPattern")
def a_public_pattern_is_seen_and_cloned_by_others(site: Site) -> None:
    owner, page = site.signed_in(), site.signed_in()
    chest = owner.made("createSet", {"name": "Alice", "measies": MEASIES, "public": True})["set"]
    for fields in ({}, {"set": chest["id"]}):
        made = saved(owner, public=True, **fields)
        status, shown = site.visitor.call("getPublicPattern", made["uuid"])
        assert status == 200
        for name in ("uuid", "name", "design", "settings", "notes", "img", "createdAt", "updatedAt"):
            assert shown[name] == made[name]
        body = {**without(shown, *NOT_CLONED), "name": f"{shown['name']} (clone)"}
        copy = page.made("createPattern", body)["pattern"]
        assert (copy["settings"], copy["userId"]) == (SETTINGS, page.done("ping")["account"]["id"])
    owner.done("updatePattern", made["uuid"], {"public": False})
    assert site.visitor.refused("getPublicPattern", made["uuid"]) == (404, "notFound")
