"""Story 9: suggestions, for curators."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.service import Person, Service
from tests.web.actions import field, press
from tests.web.console.visitor import Visitor, assert_accessible

MARKUP = "<b>Mine</b>"


@pytest.fixture
def curator(limited: Service) -> Person:
    """A curator."""
    return limited.sign_up("curator")


def suggest_pack(owner: Person, name: str) -> None:
    """Suggest an option pack."""
    body = {"design": "aaron", "options": {"chestEase": 0.2}, "name": name, "notes": "for summer"}
    assert owner.post("/option-packs/suggest", body).status_code == 201


def test_a_suggested_set_is_accepted_and_published(
    visitor: Visitor, curator: Person, owner: Person, page: Page
) -> None:
    owner.new_suggestion(name=f"{MARKUP} {owner.id}", height=170)
    visitor.sign_in(curator)
    page.get_by_label("Console", exact=True).get_by_role("link", name="Suggestions").click()
    expect(visitor.title("Suggestions")).to_be_focused()
    row = page.get_by_role("row", name=f"{MARKUP} {owner.id}")
    row.locator("summary").click()
    expect(row).to_contain_text("90 cm")
    assert_accessible(page)
    row.get_by_role("button", name="Accept").click()
    assert_accessible(page)
    field(page, "Name in English").fill(f"Accepted {owner.id}")
    press(page, "Accept")
    expect(row).to_have_count(0)
    found = [one for one in curator.every("/curated-sets", "curatedSets") if one["nameEn"] == f"Accepted {owner.id}"]
    assert [one["published"] for one in found] == [True]


def test_a_suggested_pack_is_accepted(visitor: Visitor, curator: Person, owner: Person, page: Page) -> None:
    suggest_pack(owner, f"Loose {owner.id}")
    visitor.sign_in(curator, "/suggestions")
    row = page.get_by_role("row", name=f"Loose {owner.id}")
    expect(row).to_contain_text("aaron: 1 option")
    row.get_by_role("button", name="Accept").click()
    press(page, "Accept")
    expect(row).to_have_count(0)
    [made] = [one for one in curator.every("/option-packs", "optionPacks") if one["nameEn"] == f"Loose {owner.id}"]
    assert made["options"] == {"chestEase": 0.2} and made["notesEn"] == "for summer"


def test_suggestions_are_rejected(visitor: Visitor, curator: Person, owner: Person, page: Page) -> None:
    owner.new_suggestion(name=f"Set {owner.id}", height=170)
    suggest_pack(owner, f"Pack {owner.id}")
    visitor.sign_in(curator, "/suggestions", language="de")
    for name in (f"Set {owner.id}", f"Pack {owner.id}"):
        row = page.get_by_role("row", name=name)
        row.get_by_role("button", name="Ablehnen").click()
        page.get_by_role("dialog").get_by_role("button", name="Ablehnen").click()
        expect(row).to_have_count(0)
    left = curator.every("/suggested-sets", "suggestions") + curator.every("/suggested-packs", "suggestions")
    assert not [one for one in left if one["userId"] == owner.id]


def test_the_view_says_when_there_is_nothing_and_when_it_is_not_allowed(
    visitor: Visitor, curator: Person, owner: Person, page: Page
) -> None:
    nothing = {"result": "success", "suggestions": []}
    page.route(re.compile("/suggested-"), lambda route: route.fulfill(json=nothing))
    visitor.sign_in(curator, "/suggestions")
    expect(page.get_by_text("No suggestions.")).to_have_count(2)
    assert_accessible(page)
    page.unroute(re.compile("/suggested-"))
    visitor.expected |= {"403 /suggested-sets", "403 /suggested-packs"}
    visitor.sign_in(owner, "/suggestions")
    expect(page.get_by_role("alert").filter(has_text="This operation needs level 5").first).to_be_visible()
