"""Bookmarks."""

from tests.clients.scenario import drives
from tests.clients.site import Site

TYPES = ("design", "pattern", "set", "cset", "doc", "custom")


@drives("createBookmark", "getBookmark", "getBookmarks", "removeBookmark")
def somebody_keeps_bookmarks(site: Site) -> None:
    page = site.signed_in()
    made = []
    for kind in TYPES:
        wanted = {"type": kind, "title": f"My {kind}", "url": f"/{kind}?uuid=1"}
        bookmark = page.made("createBookmark", wanted)["bookmark"]
        assert wanted.items() <= bookmark.items()
        made.append(bookmark)
    listed = page.done("getBookmarks")["bookmarks"]
    assert sorted(listed, key=lambda bookmark: int(bookmark["id"])) == made
    assert page.done("getBookmark", made[0]["uuid"])["bookmark"] == made[0]
    for bookmark in made:
        page.gone("removeBookmark", bookmark["uuid"])
    assert page.done("getBookmarks")["bookmarks"] == []


@drives("createBookmark", "getBookmarks", "getSet")
def the_editor_finds_a_bookmarked_set(site: Site) -> None:
    page = site.signed_in()
    made = page.made("createSet", {"name": "Alice", "measies": {"chest": 920}})["set"]
    page.made("createBookmark", {"type": "set", "title": made["name"], "url": f"/set?uuid={made['uuid']}"})
    (bookmark,) = page.done("getBookmarks")["bookmarks"]
    assert page.done("getSet", bookmark["url"].partition("=")[2])["set"]["measies"] == {"chest": 920}
