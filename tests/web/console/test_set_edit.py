"""Story 3: editing a measurement set: units, unusual values, conflicts."""

import re

from playwright.sync_api import Dialog, Page, expect

from tests.service import Person
from tests.web.actions import field, leave_dialog, press
from tests.web.console.visitor import Visitor, assert_accessible


def test_inches_and_centimetres_can_be_typed_and_only_changes_are_sent(
    visitor: Visitor, owner: Person, page: Page
) -> None:
    measies = {"chest": 921, "waist": 760, "knee": 380}
    made = owner.new_set(name="Alice ", notes="two\r\nlines", measies=measies)
    visitor.sign_in(owner, f"/sets/{made['id']}/edit")
    expect(field(page, "Notes")).to_have_value("two\nlines")
    expect(page.get_by_label("Chest (cm)")).to_have_attribute("inputmode", "decimal")
    page.get_by_label("Units").select_option("inch")
    expect(page.get_by_label("Chest (inches)")).to_have_value("36 1/4")
    expect(page.get_by_label("Chest (inches)")).to_have_attribute("inputmode", "text")
    page.get_by_label("Waist (inches)", exact=True).fill("30½")
    page.get_by_label("Seat (inches)", exact=True).fill("98 cm")
    page.get_by_label("Knee (inches)", exact=True).fill("")
    page.get_by_label("Shoulder slope (degrees)").fill("13")
    page.get_by_label("Units").select_option("cm")
    expect(page.get_by_label("Waist (cm)", exact=True)).to_have_value("77.47")
    expect(page.get_by_label("Seat (cm)", exact=True)).to_have_value("98")
    page.get_by_label("Units").select_option("inch")
    page.evaluate("scrollTo(0, 0)")
    expect(page.get_by_role("button", name="Save")).to_be_in_viewport(ratio=1)
    with page.expect_request(lambda sent: sent.method == "PATCH") as sent:
        press(page, "Save")
    expect(page.locator("#announcements.said")).to_have_text("Saved.")
    changes = {"waist": 774.7, "seat": 980, "knee": None, "shoulderSlope": 13}
    assert sent.value.post_data_json == {"imperial": True, "measies": changes}
    expect(visitor.title("Alice")).to_be_focused()
    kept = owner.get(f"/sets/{made['id']}").json()["set"]
    assert kept["measies"] == {"chest": 921, "waist": 774.7, "seat": 980, "shoulderSlope": 13}


def test_unsaved_measurements_are_not_left_without_a_question(visitor: Visitor, owner: Person, page: Page) -> None:
    made = owner.new_set(name="Alice")
    visitor.sign_in(owner, f"/sets/{made['id']}/edit")
    waist, bookmarks = page.get_by_label("Waist (cm)", exact=True), page.get_by_role("link", name="Bookmarks")
    asked: list[str] = []

    def accept(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", accept)
    waist.fill("80")
    bookmarks.click()
    dialog = page.get_by_role("dialog", name="Leave without saving?")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()
    expect(waist).to_have_value("80")
    page.get_by_role("button", name="Sign out").click()
    dialog.get_by_role("button", name="Cancel").click()
    expect(waist).to_have_value("80")
    expect(page).to_have_url(re.compile(rf"#/sets/{made['id']}/edit$"))
    page.reload()
    assert asked == ["beforeunload"]
    expect(waist).to_have_value("")
    waist.fill("81")
    bookmarks.click()
    dialog.get_by_role("button", name="Leave without saving").click()
    expect(visitor.title("Bookmarks")).to_be_visible()
    page.go_back()
    expect(waist).to_have_value("")
    bookmarks.click()
    expect(visitor.title("Bookmarks")).to_be_visible()
    assert asked == ["beforeunload"] and "waist" not in owner.get(f"/sets/{made['id']}").json()["set"]["measies"]


def test_what_is_no_measurement_is_not_saved_and_stays(visitor: Visitor, owner: Person, page: Page) -> None:
    made = owner.new_set(name="Alice")
    visitor.sign_in(owner, f"/sets/{made['id']}/edit")
    waist = page.get_by_label("Waist (cm)", exact=True)
    waist.fill("about 80")
    press(page, "Save")
    expect(page.get_by_role("alert")).to_have_text("Some of it is not a measurement. Nothing has been saved yet.")
    expect(waist).to_be_focused()
    expect(waist).to_have_accessible_description(
        "Around the natural waist. Write a number above 0, such as 92.5 or 36 1/4."
    )
    assert waist.get_attribute("aria-invalid") == "true"
    assert_accessible(page)
    waist.fill("80")
    press(page, "Save")
    expect(visitor.title("Alice")).to_be_visible()


def test_unusual_values_are_questioned_but_not_rejected(visitor: Visitor, owner: Person, page: Page) -> None:
    made = owner.new_set(name="Alice", measies={"chest": 600})
    visitor.sign_in(owner, f"/sets/{made['id']}/edit")
    page.get_by_label("Waist (cm)", exact=True).fill("7.6")
    page.get_by_label("Bust, front (cm)", exact=True).fill("61")
    page.get_by_label("Neck (cm)").fill("38")
    questions = page.locator(".field .question:visible")
    expect(questions).to_contain_text(["Usual is 42.5\u00a0cm to 137\u00a0cm. Is this right?"])
    expect(questions).to_have_count(2)
    expect(page.locator("#announcements")).to_have_text("Usually less than “Chest”. Is this right?")
    press(page, "Save")
    dialog = page.get_by_role("dialog", name="Are these values right?")
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    expect(dialog).to_contain_text("Waist: 7.6\u00a0cm Usual is 42.5\u00a0cm to 137\u00a0cm.")
    expect(dialog).to_contain_text("Bust, front: 61\u00a0cm Usually less than “Chest”.")
    assert_accessible(page)
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    leave_dialog(page)
    expect(page.get_by_label("Waist (cm)", exact=True)).to_have_value("7.6")
    press(page, "Save")
    dialog.get_by_role("button", name="Yes, save them").click()
    expect(visitor.title("Alice")).to_be_visible()
    assert owner.get(f"/sets/{made['id']}").json()["set"]["measies"]["waist"] == 76
    expect(page.get_by_role("row", name="Waist Around")).to_contain_text("Is this right?")


def test_the_second_of_two_tabs_sees_the_conflict_and_loses_nothing(
    visitor: Visitor, owner: Person, page: Page
) -> None:
    made = owner.new_set(name="Alice", measies={"chest": 920, "waist": 760})
    visitor.sign_in(owner, f"/sets/{made['id']}/edit")
    page.get_by_label("Waist (cm)", exact=True).fill("77")
    expect(field(page, "Notes")).to_have_value("")
    field(page, "Notes").fill("kept")
    change = {"name": "Alice B.", "measies": {"chest": 930, "waist": 765}, "public": True, "imperial": True}
    assert owner.patch(f"/sets/{made['id']}", change).status_code == 200
    press(page, "Save")
    expect(page.get_by_role("alert")).to_contain_text("This was changed elsewhere in the meantime.")
    expect(page.get_by_text("What you typed is still here.")).to_be_visible()
    expect(page.get_by_label("Chest (inches)")).to_have_value("36 5/8")
    expect(page.get_by_label("Waist (inches)", exact=True)).to_have_value("30 5/16")
    expect(field(page, "Name")).to_have_value("Alice B.")
    expect(page.get_by_label("Public")).to_be_checked()
    with page.expect_request(lambda sent: sent.method == "PATCH") as sent:
        press(page, "Save")
    assert sent.value.post_data_json == {"notes": "kept", "measies": {"waist": 770}}
    expect(visitor.title("Alice B.")).to_be_visible()
    kept = owner.get(f"/sets/{made['id']}").json()["set"]
    assert (kept["measies"], kept["public"]) == ({"chest": 930, "waist": 770}, True)
