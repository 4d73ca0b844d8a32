"""Measurement sets."""

from typing import Any

from tests.clients.scenario import drives
from tests.clients.scenarios.account import PIXEL
from tests.clients.site import Site

MEASIES = {"chest": 920, "shoulderSlope": 13}
NOT_COPIED = {"id", "uuid", "userId", "userUuid", "createdAt", "updatedAt", "img"}


def without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


@drives("createSet", "getSet", "getSets", "updateSet", "removeSet")
def somebody_keeps_a_set(site: Site) -> None:
    page = site.signed_in()
    made = page.made("createSet", {"name": "Alice", "imperial": True})["set"]
    assert (made["name"], made["imperial"], made["measies"], made["public"]) == ("Alice", True, {}, False)
    changes = {
        "name": "Alice B",
        "img": PIXEL,
        "public": True,
        "imperial": False,
        "notes": "*May*",
        "measies": MEASIES,
    }
    changed = page.done("updateSet", made["uuid"], changes)["set"]
    assert {**changes, "img": changed["img"]}.items() <= changed.items()
    assert page.done("updateSet", made["uuid"], {"public": False})["set"]["public"] is False
    read = page.done("getSet", made["uuid"])["set"]
    # By which the page tells its reader's own sets from those of others.
    assert read["userUuid"] == page.done("ping")["account"]["uuid"]
    assert page.done("getSets")["sets"] == [read]
    page.gone("removeSet", made["uuid"])
    assert page.refused("getSet", made["uuid"]) == (404, "notFound")


@drives("updateSet")
def somebody_clears_a_measurement(site: Site) -> None:
    page = site.signed_in()
    made = page.made("createSet", {"name": "Alice", "measies": MEASIES})["set"]
    # The form sends this word for a field whose bin was pressed.
    kept = page.done("updateSet", made["uuid"], {"measies": {**MEASIES, "chest": "__UNSET__"}})["set"]
    assert kept["measies"] == {"shoulderSlope": 13}


@drives("createSet")
def somebody_imports_a_file(site: Site) -> None:
    page = site.signed_in()
    file = {"name": "Bob", "notes": "", "measies": MEASIES, "imperial": False, "public": False}
    assert file.items() <= page.made("createSet", file)["set"].items()


@drives("createSet")
def somebody_clones_a_set_of_their_own(site: Site) -> None:
    page = site.signed_in()
    made = page.made("createSet", {"name": "Alice", "measies": MEASIES})["set"]
    original = page.done("getSet", made["uuid"])["set"]
    copy = page.made("createSet", without(original, "img"))["set"]
    assert without(copy, *NOT_COPIED) == without(original, *NOT_COPIED)
    assert {copy["id"], copy["uuid"]} & {original["id"], original["uuid"]} == set()


@drives("getPublicSet", "createSet")
def a_public_set_is_imported_by_others(site: Site) -> None:
    owner, page = site.signed_in(), site.signed_in()
    made = owner.made("createSet", {"name": "Alice", "measies": MEASIES, "public": True})["set"]
    shown = site.visitor.done("getPublicSet", made["uuid"])
    assert {
        "name": "Alice",
        "measurements": MEASIES,
        "units": "metric",
        "uuid": made["uuid"],
    }.items() <= shown.items()
    assert shown == page.done("getPublicSet", made["id"])
    # The page adds what its own sets have and sends the whole.
    body = {**without(shown, "img"), "public": True, "measies": shown["measurements"], "imperial": False}
    copy = page.made("createSet", body)["set"]
    assert (copy["name"], copy["measies"], copy["public"]) == ("Alice", MEASIES, True)
    assert copy["userId"] == page.done("ping")["account"]["id"]
    owner.done("updateSet", made["uuid"], {"public": False})
    assert site.visitor.refused("getPublicSet", made["uuid"]) == (404, "notFound")
