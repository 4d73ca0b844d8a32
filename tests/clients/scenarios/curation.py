"""Curated sets and option packs: seen by everyone, suggested by anyone, accepted by curators."""

from typing import Any

from tests.clients.scenario import drives
from tests.clients.scenarios.account import PIXEL
from tests.clients.scenarios.sets import MEASIES
from tests.clients.site import Page, Site


def curated(curator: Page, **fields: Any) -> dict[str, Any]:
    """A curated set; the hook has no method to make one."""
    assert curator.person is not None
    reply = curator.person.post("/curated-sets", {"nameEn": "Her 42", "measies": MEASIES, "height": 172, **fields})
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()["curatedSet"]
    return made


@drives("getCuratedSet", "getCuratedSets")
def a_visitor_looks_at_curated_sets(site: Site) -> None:
    made = curated(site.signed_in("curator"), notesEn="A size", published=True)
    for handle in (made["uuid"], made["id"]):
        shown = site.visitor.done("getCuratedSet", handle)["curatedSet"]
        assert {"nameEn": "Her 42", "notesEn": "A size", "height": 172, "measies": MEASIES}.items() <= shown.items()
    (listed,) = (row for row in site.visitor.done("getCuratedSets")["curatedSets"] if row["uuid"] == made["uuid"])
    assert (listed["nameEn"], listed["height"], listed["measies"]) == ("Her 42", 172, MEASIES)
    assert site.visitor.refused("getCuratedSet", 2**31 - 1) == (404, "notFound")


@drives("updateCuratedSet", "removeCuratedSet")
def a_curator_changes_a_curated_set(site: Site) -> None:
    curator, page = site.signed_in("curator"), site.signed_in()
    made = curated(curator)
    changed = curator.done("updateCuratedSet", made["uuid"], {"nameDe": "Ihre 42"})
    assert changed["set"] == changed["curatedSet"]
    assert (changed["set"]["nameDe"], changed["set"]["nameEn"]) == ("Ihre 42", "Her 42")
    for method, body in (("updateCuratedSet", [{"nameDe": "x"}]), ("removeCuratedSet", [])):
        assert page.refused(method, made["uuid"], *body) == (403, "insufficientAccessLevel")
    curator.gone("removeCuratedSet", made["uuid"])
    assert site.visitor.refused("getCuratedSet", made["uuid"]) == (404, "notFound")


@drives("suggestCset", "getSuggestedSets", "acceptCset", "removeSuggestedSet", "updateCuratedSet")
def a_set_is_suggested_and_accepted(site: Site) -> None:
    page, curator = site.signed_in(), site.signed_in("curator")
    own = page.made("createSet", {"name": "Alice", "measies": MEASIES})["set"]
    # The form has the height as text, and leaves fields that are not filled in empty.
    form = {"set": own["uuid"], "height": "172", "img": PIXEL, "name": "Alice", "notes": ""}
    first, second = (page.made("suggestCset", form)["submission"] for _ in range(2))
    assert first["uuid"] != second["uuid"]
    assert page.refused("getSuggestedSets") == (403, "insufficientAccessLevel")
    assert {first["id"], second["id"]} <= {row["id"] for row in curator.done("getSuggestedSets")["suggestions"]}
    accepted = curator.made("acceptCset", first["id"])["curatedSet"]
    assert (accepted["measies"], accepted["height"], accepted["published"]) == (MEASIES, 172, False)
    curator.gone("removeSuggestedSet", second["id"])
    left = {row["id"] for row in curator.done("getSuggestedSets")["suggestions"]}
    assert not left & {first["id"], second["id"]}
    published = curator.done("updateCuratedSet", accepted["id"], {"published": True})["curatedSet"]
    assert published in site.visitor.done("getCuratedSets")["curatedSets"]


@drives("suggestOpack", "getSuggestedPacks")
def an_option_pack_is_suggested(site: Site) -> None:
    page, curator = site.signed_in(), site.signed_in("curator")
    pack = {"design": "aaron", "options": {"ease": 0.1}, "name": "Tight", "notes": "For the summer"}
    submission = page.made("suggestOpack", pack)["submission"]
    assert submission["id"] in {row["id"] for row in curator.done("getSuggestedPacks")["suggestions"]}
