"""Story 4: patterns and bookmarks."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.service import Person
from tests.web.actions import press
from tests.web.console.visitor import Visitor, assert_accessible

MARKUP = "<b>bold</b>"


def test_a_pattern_is_found_read_exported_and_deleted(visitor: Visitor, owner: Person, page: Page) -> None:
    measured = owner.new_set(name="Alice")
    owner.new_pattern(
        name=MARKUP, notes="in\nlinen", set=measured["id"], settings={"sa": 10, "options": {"a": MARKUP}}
    )
    nameless = owner.new_pattern(name=" \u200b")
    visitor.sign_in(owner)
    page.get_by_label("Console", exact=True).get_by_role("link", name="Patterns").click()
    expect(page.get_by_role("link", name="(no name)")).to_be_visible()
    owner.delete(f"/patterns/{nameless['id']}")
    expect(page.get_by_role("row", name=MARKUP)).to_contain_text("aaron")
    assert_accessible(page)
    page.get_by_role("link", name=MARKUP).click()
    expect(visitor.title(MARKUP)).to_be_focused()
    expect(page.get_by_role("region", name="Settings")).to_contain_text(f'"a": "{MARKUP}"')
    assert_accessible(page)
    page.get_by_role("link", name="Alice").click()
    expect(visitor.title("Alice")).to_be_focused()
    page.go_back()
    expect(visitor.title(MARKUP)).to_be_focused()
    for label, ending in {"JSON": ".json", "YAML": ".yaml"}.items():
        with page.expect_download() as download:
            press(page, label)
        assert download.value.suggested_filename == f"b-bold-b{ending}"
        assert b"aaron" in download.value.path().read_bytes()
    press(page, "Delete")
    dialog = page.get_by_role("dialog", name=f"Delete “{MARKUP}”?")
    expect(dialog).to_contain_text("The measurements that it uses stay.")
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("You have no patterns yet.")).to_be_visible()
    assert owner.every("/patterns", "patterns") == [] and len(owner.every("/sets", "sets")) == 1


def test_a_pattern_with_a_curated_size_names_it_in_the_language_of_the_user(
    visitor: Visitor, owner: Person, page: Page
) -> None:
    made = owner.new_pattern(name="Hemd", cset=1, public=True)
    visitor.sign_in(owner, f"/patterns/{made['id']}", language="de")
    name = owner.get("/curated-sets/1").json()["curatedSet"]["nameDe"]
    expect(page.locator(".facts")).to_contain_text(name)
    expect(page.locator(".facts")).to_contain_text("Öffentlich")


def test_a_bookmark_is_found_read_exported_and_deleted(visitor: Visitor, owner: Person, page: Page) -> None:
    owner.new_bookmark(title="Plackets", url="https://example.org/placket")
    owner.new_bookmark(title="A path", url="/docs/sewing")
    owner.new_bookmark(title=MARKUP, type="custom", url="javascript:alert(1)")
    visitor.sign_in(owner)
    page.get_by_label("Console", exact=True).get_by_role("link", name="Bookmarks").click()
    expect(page.get_by_role("row", name="Plackets")).to_contain_text("Documentation")
    assert_accessible(page)
    targets = page.locator("#content tbody td a")
    assert [link.get_attribute("href") for link in targets.all()] == ["https://example.org/placket"]
    with page.expect_download() as download:
        press(page, "All bookmarks (JSON)")
    kept = json.loads(download.value.path().read_text(encoding="utf-8"))["bookmarks"]
    assert [one["title"] for one in kept] == ["Plackets", "A path", MARKUP]
    page.get_by_role("link", name=MARKUP).click()
    expect(visitor.title(MARKUP)).to_be_focused()
    expect(page.locator(".facts")).to_contain_text("javascript:alert(1)")
    assert_accessible(page)
    press(page, "Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(visitor.title("Bookmarks")).to_be_visible()
    assert [one["title"] for one in owner.every("/bookmarks", "bookmarks")] == ["Plackets", "A path"]


@pytest.mark.parametrize(("path", "text"), [("/patterns", "no patterns yet"), ("/bookmarks", "no bookmarks yet")])
def test_lists_say_that_they_are_empty_or_failed(
    visitor: Visitor, owner: Person, page: Page, path: str, text: str
) -> None:
    page.route(f"**{path}?*", lambda route: route.fulfill(status=503, json={"error": "unavailable"}))
    visitor.sign_in(owner, path)
    expect(page.get_by_role("alert")).to_contain_text("cannot do this at the moment")
    assert_accessible(page)
    page.unroute(f"**{path}?*")
    press(page, "Try again")
    expect(page.get_by_text(text)).to_be_visible()
