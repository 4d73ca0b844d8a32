"""Story 6: the account."""

import json
import re
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from tests.service import Person, Service
from tests.web.actions import field, numbers, press
from tests.web.console.test_access import mailed_link
from tests.web.console.visitor import Visitor, assert_accessible


def image_file() -> FilePayload:
    """A file to choose."""
    drawn = BytesIO()
    Image.new("RGB", (40, 30), "red").save(drawn, "PNG")
    return {"name": "me.png", "mimeType": "image/png", "buffer": drawn.getvalue()}


def account_of(owner: Person) -> dict[str, object]:
    """What the server stores."""
    found: dict[str, object] = owner.get("/account").json()["account"]
    return found


def test_the_settings_are_saved_and_another_tab_is_noticed(visitor: Visitor, owner: Person, page: Page) -> None:
    visitor.sign_in(owner)
    page.get_by_label("Console", exact=True).get_by_role("link", name="Account").click()
    expect(visitor.title("Account")).to_be_focused()
    name = f"renamed{owner.id}"
    field(page, "User name").fill(name)
    field(page, "Language of mails").select_option("nl")
    field(page, "Units").select_option("imperial")
    page.get_by_label("Newsletter").check()
    page.get_by_label("Notices").uncheck()
    owner.patch("/account", {"bio": "from another tab"})
    press(page, "Save")
    expect(page.get_by_role("alert").filter(has_text="changed elsewhere")).to_be_visible()
    expect(field(page, "User name")).to_have_value(name)
    press(page, "Save")
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_text(f"Signed in as {name}")).to_be_visible()
    saved = account_of(owner)
    wanted = {"username": name, "language": "nl", "imperial": True, "newsletter": True, "notices": False}
    assert {field: saved[field] for field in wanted} == wanted and saved["bio"] == "from another tab"
    page.go_back()
    expect(visitor.title("API keys")).to_be_focused()


def test_a_name_that_is_taken_is_reported(visitor: Visitor, owner: Person, limited: Service, page: Page) -> None:
    other, present = account_of(limited.sign_up())["username"], account_of(owner)["username"]
    visitor.sign_in(owner, "/account")
    field(page, "User name").fill(str(other))
    press(page, "Save")
    expect(page.get_by_text(f"This user name cannot be had; yours is still {present}.")).to_be_visible()


def test_an_address_is_changed_by_the_link_in_the_mail(visitor: Visitor, owner: Person, page: Page) -> None:
    first, second = (f"changed{next(numbers)}.{owner.id}@example.org" for _ in range(2))
    visitor.sign_in(owner, "/account")
    field(page, "New address").fill(first)
    press(page, "Change the address")
    expect(page.get_by_text(f"Waiting for the link in the mail to {first}")).to_be_visible()
    press(page, "Cancel this change")
    expect(page.get_by_text("Waiting for the link")).to_be_hidden()
    assert owner.get("/account/email-change").json()["emailChange"] is None
    field(page, "New address").fill(second)
    press(page, "Change the address")
    expect(page.get_by_text(f"Waiting for the link in the mail to {second}")).to_be_visible()
    page.goto(mailed_link(visitor.service, second))
    press(page, "Change my address")
    expect(page.get_by_text(f"From now on, mail goes to {second}.")).to_be_visible()
    assert account_of(owner)["email"] == second


def test_an_image_is_stored_and_removed(visitor: Visitor, owner: Person, page: Page) -> None:
    visitor.sign_in(owner, "/account")
    chosen = page.get_by_label("New picture")
    chosen.set_input_files({"name": "me.png", "mimeType": "image/png", "buffer": b"no image"})
    press(page, "Use this picture")
    expect(page.locator(".message.error")).to_be_visible()
    chosen.set_input_files(image_file())
    press(page, "Use this picture")
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_alt_text("Your picture")).to_have_attribute("src", re.compile(str(account_of(owner)["img"])))
    press(page, "Remove the picture")
    expect(page.get_by_text("The picture is removed.")).to_be_visible()
    assert account_of(owner)["img"] == "default-avatar"


def test_consent_is_changed_withdrawn_and_given_again(visitor: Visitor, owner: Person, page: Page) -> None:
    key = owner.new_key()
    visitor.sign_in(owner, "/account")
    page.get_by_label("Let them become open data too").check()
    press(page, "Save the consent")
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert account_of(owner)["consent"] == 3
    press(page, "Withdraw the consent")
    page.get_by_role("dialog").get_by_role("button", name="Withdraw the consent").click()
    expect(page.get_by_text("You have given no consent.")).to_be_visible()
    assert_accessible(page)
    assert key.get("/account").status_code == 401
    with page.expect_download():
        press(page, "Download my data")
    page.get_by_label("Keep my measurements too").check()
    press(page, "Save the consent")
    expect(field(page, "User name")).to_be_visible()
    assert account_of(owner)["consent"] == 2


def test_the_data_is_exported(visitor: Visitor, owner: Person, page: Page) -> None:
    owner.new_set(name="exported")
    visitor.sign_in(owner, "/account")
    with page.expect_download() as download:
        press(page, "Download my data")
    assert download.value.suggested_filename == f"freesewing-{owner.id}.json"
    assert "exported" in json.dumps(json.loads(download.value.path().read_text(encoding="utf-8")))


def test_an_account_is_frozen(visitor: Visitor, owner: Person, page: Page) -> None:
    visitor.sign_in(owner, "/account")
    press(page, "Freeze my account")
    expect(page.get_by_role("dialog")).to_contain_text("Only the operator can undo this.")
    page.get_by_role("dialog").get_by_role("button", name="Freeze my account").click()
    expect(page.get_by_text("Your account is frozen.")).to_be_visible()
    assert owner.get("/account").status_code == 401 and visitor.stored() == {}


def test_an_account_is_removed_once_its_name_was_typed(visitor: Visitor, owner: Person, page: Page) -> None:
    name = str(account_of(owner)["username"])
    visitor.sign_in(owner, "/account")
    press(page, "Remove my account")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("something else")
    dialog.get_by_role("button", name="Remove my account").click()
    expect(dialog.get_by_role("alert")).to_have_text("This is not your user name.")
    assert_accessible(page)
    dialog.get_by_role("textbox").fill(name)
    dialog.get_by_role("button", name="Remove my account").click()
    expect(page.get_by_text("Your account is removed.")).to_be_visible()
    assert owner.get("/account").status_code == 401 and visitor.stored() == {}


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_view_is_accessible(visitor: Visitor, owner: Person, page: Page, language: str) -> None:
    owner.patch("/account", {"email": f"pending{next(numbers)}.{owner.id}@example.org"})
    visitor.sign_in(owner, "/account", language=language)
    expect(page.locator(".note")).to_be_visible()
    assert_accessible(page)
