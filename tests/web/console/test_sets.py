"""Story 3: measurement sets, from the empty list to their export and deletion."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.service import Person, Service
from tests.web.actions import field, leave_dialog, numbers, press
from tests.web.console.test_access import mailed_link
from tests.web.console.visitor import Visitor, assert_accessible

MARKUP = "<img src=x onerror=alert(1)>"
FORMATS = {"SeamlyMe (.smis)": ".smis", "Valentina (.vit)": ".vit", "CSV": ".csv", "JSON": ".json", "YAML": ".yaml"}


def sets_of(owner: Person) -> list[dict[str, Any]]:
    """Their sets."""
    return owner.every("/sets", "sets")


def test_the_first_set_is_created_filled_in_and_found_again(visitor: Visitor, limited: Service, page: Page) -> None:
    email = f"console{next(numbers)}@example.org"
    visitor.open("/sign-up")
    visitor.fill("E-mail address", email)
    visitor.press("Create my account")
    page.goto(mailed_link(limited, email))
    visitor.press("Agree and start my account")
    page.get_by_label("Console", exact=True).get_by_role("link", name="Measurement sets").click()
    expect(visitor.title("Measurement sets")).to_be_focused()
    expect(page.get_by_text("You have no measurement sets yet.")).to_be_visible()
    page.get_by_role("link", name="Create a set").click()
    field(page, "Name").fill(MARKUP)
    press(page, "Create the set")
    expect(visitor.title(f"Edit: {MARKUP}")).to_be_focused()
    page.get_by_label("Chest").fill("92,5")
    press(page, "Save")
    expect(visitor.title(MARKUP)).to_be_focused()
    expect(page.get_by_role("row", name="Chest")).to_contain_text("92.5\u00a0cm")
    expect(page.get_by_role("row", name="Chest")).to_contain_text("Around the chest where it is fullest.")
    page.get_by_role("link", name="Show in inches").click()
    expect(page.get_by_role("row", name="Chest")).to_contain_text("36 7/16″")
    page.go_back()
    expect(page.get_by_role("row", name="Chest")).to_contain_text("92.5\u00a0cm")
    page.get_by_label("Console", exact=True).get_by_role("link", name="Measurement sets").click()
    expect(page.get_by_role("row", name=MARKUP)).to_contain_text("Private")
    assert page.locator("img[src=x]").count() == 0
    token = json.loads(visitor.stored()["freesewing.session"])["token"]
    [made] = limited.http.get("/sets", headers={"Authorization": f"Bearer {token}"}).json()["sets"]
    assert (made["name"], made["measies"], made["public"]) == (MARKUP, {"chest": 925}, False)


def test_a_set_begins_with_a_curated_size_and_a_lost_response_makes_no_second_one(
    visitor: Visitor, owner: Person, page: Page
) -> None:
    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    visitor.sign_in(owner, "/sets/new")
    field(page, "Name").fill("Alice")
    size = page.get_by_label("Start with")
    size.select_option("Womenswear size 40")
    expect(size).to_have_accessible_description(re.compile(re.escape("Chest 108.8\u00a0cm (42 13/16″)")))
    page.route("**/sets", lose)
    page.get_by_role("button", name="Create the set").dblclick()
    expect(page.get_by_role("alert")).to_have_text("The server cannot be reached. Please try again.")
    page.unroute("**/sets")
    press(page, "Create the set")
    expect(visitor.title("Edit: Alice")).to_be_visible()
    [made] = sets_of(owner)
    assert made["measies"]["chest"] == 1088 and len(made["measies"]) == 38
    assert made["notes"] == "The measurements are those of “Womenswear size 40”."


def test_a_set_is_exported_in_each_format(visitor: Visitor, owner: Person, page: Page) -> None:
    made = owner.new_set(name="Alice B.", measies={"chest": 920, "waist": 760})
    visitor.sign_in(owner, f"/sets/{made['id']}")
    for label, ending in FORMATS.items():
        with page.expect_download() as download:
            press(page, label)
        assert download.value.suggested_filename == f"Alice-B{ending}"
        assert b"920" in download.value.path().read_bytes()
    expect(page.locator(".exports .message")).to_have_text("Alice-B.yaml is downloaded.")
    assert json.loads(owner.get(f"/sets/{made['id']}.json").content)["measurements"]["chest"] == 920


def test_a_set_is_published_and_says_what_that_means(visitor: Visitor, owner: Person, page: Page) -> None:
    made = owner.new_set(name="shared")
    visitor.sign_in(owner, f"/sets/{made['id']}")
    expect(page.locator(".facts")).to_contain_text("Only you can read it")
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Public").check()
    press(page, "Save")
    expect(page.locator(".facts")).to_contain_text("Anyone can read all of it")
    address = field(page, "Public address").input_value()
    assert visitor.service.http.get(address).json()["name"] == "shared"


def test_a_set_is_deleted_after_a_question(visitor: Visitor, owner: Person, page: Page) -> None:
    made = owner.new_set(name="gone soon")
    visitor.sign_in(owner, f"/sets/{made['id']}")
    press(page, "Delete")
    dialog = page.get_by_role("dialog", name="Delete “gone soon”?")
    expect(dialog).to_contain_text("for good")
    leave_dialog(page)
    assert len(sets_of(owner)) == 1
    owner.patch(f"/sets/{made['id']}", {"name": "changed elsewhere"})
    press(page, "Delete")
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog.get_by_role("alert")).to_contain_text("This was changed elsewhere in the meantime.")
    assert_accessible(page)
    leave_dialog(page)
    expect(visitor.title("changed elsewhere")).to_be_visible()
    press(page, "Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("You have no measurement sets yet.")).to_be_visible()
    assert sets_of(owner) == []


def test_more_sets_than_a_page_holds_are_shown(visitor: Visitor, owner: Person, page: Page) -> None:
    for number in range(3):
        owner.new_set(name=f"set {number}")
    page.route("**/sets?limit=100*", lambda route: route.continue_(url=route.request.url.replace("100", "2")))
    visitor.sign_in(owner, "/sets")
    expect(page.locator("tbody tr")).to_have_count(2)
    press(page, "Show more")
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.get_by_role("button", name="Show more")).to_be_hidden()


@pytest.mark.parametrize("path", ["/sets", "/sets/new", "/sets/{id}"])
def test_the_views_are_accessible(visitor: Visitor, owner: Person, page: Page, path: str) -> None:
    made = owner.new_set(name="a" * 80, notes="two\nlines", measies={"chest": 92, "shoulderSlope": 13}, imperial=True)
    visitor.sign_in(owner, path.format(id=made["id"]), language="de")
    page.wait_for_load_state("networkidle")
    assert_accessible(page)


def test_an_unknown_set_and_a_failing_server_have_a_way_on(visitor: Visitor, owner: Person, page: Page) -> None:
    page.route("**/sets?*", lambda route: route.fulfill(status=503, json={"error": "unavailable"}))
    visitor.sign_in(owner, "/sets")
    expect(page.get_by_role("alert")).to_contain_text("cannot do this at the moment")
    page.unroute("**/sets?*")
    press(page, "Try again")
    expect(page.get_by_text("You have no measurement sets yet.")).to_be_visible()
    visitor.expected.add("404 /sets/999999")
    page.goto(f"{visitor.service.url}/console/#/sets/999999")
    expect(page.get_by_role("alert")).to_be_visible()
