"""Story 2: API keys."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.service import PASSWORD, Person, Service, wait_until
from tests.web.actions import field, press
from tests.web.console.visitor import Visitor, assert_accessible

LANGUAGES = ("curl", "Python", "TypeScript")
MARKUP = "<img src=x onerror=alert(1)>"


def create(page: Page, name: str) -> tuple[str, str]:
    """Fill in the form and send it; the credentials that are shown."""
    field(page, "What is it for?").fill(name)
    press(page, "Create the key")
    return shown_credentials(page, "Your key is ready")


def shown_credentials(page: Page, title: str) -> tuple[str, str]:
    """The credentials of the view with this title."""
    expect(page.get_by_role("heading", level=1, name=title)).to_be_focused()
    return field(page, "Key").input_value(), field(page, "Secret").input_value()


def pasted(page: Page, label: str) -> Any:
    """Run the command under this label; the response, which ends with the line."""
    command = field(page, label).input_value()
    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120)
    assert ran.stdout.endswith("\n"), ran.stderr
    return json.loads(ran.stdout)


def keys_of(owner: Person) -> list[dict[str, Any]]:
    """Their keys."""
    return owner.every("/apikeys", "apikeys")


def test_a_key_is_created_and_its_commands_work_when_pasted(visitor: Visitor, owner: Person, page: Page) -> None:
    owner.new_set(name="Pasted")
    visitor.sign_in(owner)
    page.get_by_role("link", name="Create a key").click()
    page.get_by_label("1: read my sewing data").check()
    field(page, "Expires after").select_option("7")
    key, _ = create(page, MARKUP)
    assert_accessible(page)
    expect(page.get_by_label("curl: store a set")).to_have_count(0)
    for language in LANGUAGES:
        assert [one["name"] for one in pasted(page, language)["sets"]] == ["Pasted"]
    press(page, "I have copied it")
    expect(page.get_by_role("heading", level=1, name=MARKUP)).to_be_visible()
    assert page.locator("img[src=x]").count() == 0
    [made] = keys_of(owner)
    assert (made["key"], made["level"], made["name"]) == (key, 1, MARKUP)
    page.get_by_label("Console", exact=True).get_by_role("link", name="API keys").click()
    expect(page.get_by_role("row", name=MARKUP)).to_contain_text("Active")


def test_a_day_can_be_chosen_and_a_rejected_level_keeps_what_was_typed(
    visitor: Visitor, owner: Person, page: Page
) -> None:
    visitor.sign_in(owner, "/keys/new")
    field(page, "Expires after").select_option("date")
    day = page.evaluate("new Date(Date.now() + 20 * 864e5).toISOString().slice(0, 10)")
    field(page, "Last day").fill(day)
    page.locator("input[name=level]").last.evaluate("input => input.value = '9'")
    page.locator("summary", has_text="More levels").click()
    page.get_by_label("4: write my account").check()
    field(page, "What is it for?").fill("kept")
    press(page, "Create the key")
    expect(page.get_by_role("alert")).to_contain_text("level 4 at most")
    expect(field(page, "What is it for?")).to_have_value("kept")
    page.get_by_label("3: write my sewing data").check()
    press(page, "Create the key")
    shown_credentials(page, "Your key is ready")
    for language in LANGUAGES:
        assert pasted(page, f"{language}: store a set")["set"]["measies"] == {"chest": 920, "waist": 760, "seat": 980}
    assert [one["name"] for one in pasted(page, "curl")["sets"]] == ["My first set"] * 3
    days = (datetime.fromisoformat(keys_of(owner)[0]["expiresAt"]) - datetime.now(UTC)).total_seconds() / 86400
    assert 19 < days < 22


def test_a_name_needs_a_visible_character_and_all_of_the_form_is_in_view(
    visitor: Visitor, owner: Person, page: Page
) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    visitor.sign_in(owner, "/keys")
    page.get_by_role("link", name="Create a key").click()
    name = field(page, "What is it for?")
    expect(name).to_be_focused()
    expect(page.get_by_role("button", name="Create the key")).to_be_in_viewport(ratio=1)
    name.fill(" \u200b ")
    press(page, "Create the key")
    # Below the field: on a phone the end of the form is out of view.
    expect(page.locator(".field:has([aria-invalid]) + [role=alert]")).to_have_text("Give it a name.")
    expect(name).to_be_focused()
    assert keys_of(owner) == []
    create(page, " trimmed ")
    assert [one["name"] for one in keys_of(owner)] == ["trimmed"]


def test_a_secret_that_was_not_copied_is_not_left_without_a_question(
    visitor: Visitor, owner: Person, page: Page
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.sign_in(owner, "/keys/new")
    create(page, "copied")
    bookmarks = page.get_by_role("link", name="Bookmarks")
    bookmarks.click()
    dialog = page.get_by_role("dialog", name="Leave without the secret?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(field(page, "Secret")).to_be_visible()
    copy = page.get_by_role("button", name="Copy: Secret")
    width = copy.evaluate("button => button.offsetWidth")
    copy.click()
    expect(copy).to_have_text("Copied")
    assert copy.evaluate("button => button.offsetWidth") == width
    expect(copy).to_have_text("Copy")
    bookmarks.click()
    expect(visitor.title("Bookmarks")).to_be_visible()


def test_a_request_that_is_sent_twice_creates_one_key(visitor: Visitor, owner: Person, page: Page) -> None:
    visitor.sign_in(owner, "/keys/new")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/apikeys", lose)
    field(page, "What is it for?").fill("once")
    page.get_by_role("button", name="Create the key").dblclick()
    expect(page.get_by_role("alert")).to_have_text("The server cannot be reached. Please try again.")
    page.unroute("**/apikeys")
    press(page, "Create the key")
    key, _ = shown_credentials(page, "Your key is ready")
    assert [one["key"] for one in keys_of(owner)] == [key]


def test_an_ended_session_is_renewed_where_it_ended(visitor: Visitor, owner: Person, page: Page) -> None:
    owner.patch("/account", {"password": PASSWORD})
    visitor.sign_in(owner, "/keys/new")
    field(page, "What is it for?").fill("typed before")
    owner.request("DELETE", "/account/sessions?all=true")
    press(page, "Create the key")
    dialog = page.get_by_role("dialog", name="Sign in again")
    dialog.get_by_label("Password").fill(PASSWORD)
    assert_accessible(page)
    dialog.get_by_role("button", name="Sign in").click()
    key, secret = shown_credentials(page, "Your key is ready")
    assert visitor.service.http.get("/whoami", auth=(key, secret)).json()["apikey"]["name"] == "typed before"


def test_a_key_is_rotated_revoked_and_removed(visitor: Visitor, owner: Person, page: Page) -> None:
    http = visitor.service.http
    key = owner.new_key(1, name="turning")
    visitor.sign_in(owner, f"/keys/{key.key}")
    press(page, "Rotate the secret")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("stays valid for the time that you choose")
    expect(dialog).not_to_contain_text("false")
    assert_accessible(page)
    dialog.get_by_label("The present secret stays valid for").select_option("3600")
    dialog.get_by_role("button", name="Rotate the secret").click()
    _, secret = shown_credentials(page, "The new secret is ready")
    assert [http.get("/whoami", auth=(key.key, one)).status_code for one in (key.secret, secret)] == [200, 200]
    press(page, "I have copied it")
    press(page, "Rotate the secret")
    expect(page.get_by_role("dialog").get_by_role("option")).to_have_text(["no longer: it ends at once"])
    expect(page.get_by_label("The present secret stays valid for")).to_be_focused()
    page.get_by_role("button", name="Cancel").click()
    # The dialog is removed in the event after its end.
    expect(page.locator("#content").get_by_role("button", name="Rotate the secret")).to_be_focused()

    press(page, "Revoke the key")
    dialog = page.get_by_role("dialog", name="Revoke “turning”")
    expect(dialog).to_contain_text("cannot be undone")
    dialog.get_by_label("Reason").fill("moved elsewhere")
    dialog.get_by_role("button", name="Revoke the key").click()
    expect(page.locator(".facts")).to_contain_text("moved elsewhere")
    rejected = http.get("/whoami", auth=(key.key, secret)).json()
    assert (rejected["error"], rejected["reason"]) == ("keyRevoked", "moved elsewhere")
    expect(page.get_by_role("row", name="Key revoked")).to_be_visible()
    press(page, "Remove from the list")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.get_by_role("dialog").get_by_role("button", name="Remove from the list").click()
    expect(page.get_by_text("You have no keys yet.")).to_be_visible()
    assert keys_of(owner) == []


def test_the_use_of_a_key_is_shown_and_downloaded(
    visitor: Visitor, owner: Person, page: Page, limited: Service, tmp_path: Path
) -> None:
    key = owner.new_key(1, name="in use")
    for _ in range(3):
        assert key.get("/sets").status_code == 200
    assert key.get("/sets/999999").status_code == 404
    wait_until(lambda: owner.get(f"/apikeys/{key.key}/usage").json()["usage"]["totals"]["calls"] == 4, "the counts")
    visitor.sign_in(owner, "/keys")
    row = page.get_by_role("row", name="in use")
    expect(row.get_by_role("img", name="4 calls in 30 days")).to_be_visible()
    assert_accessible(page)
    row.get_by_role("link").click()
    expect(page.get_by_text("4 calls in 30 days. 1 was rejected or failed.")).to_be_visible()
    drawn = page.get_by_role("img", name="Calls a day by operation")
    expect(drawn).to_be_visible()
    drawn.evaluate("image => image.decode()")  # fails if the browser cannot show it
    expect(page.get_by_role("row", name="list_sets")).to_contain_text("3")
    expect(page.get_by_role("row", name="This key, a day")).to_contain_text("49,996")
    page.locator("summary", has_text="By day").click()
    expect(page.get_by_role("table", name="By day").get_by_role("row")).to_have_count(2)
    assert_accessible(page)
    with page.expect_download() as download:
        press(page, "Download as CSV")
    rows = download.value.path().read_text(encoding="utf-8").splitlines()
    assert rows[0].startswith("at,operation,") and len(rows) == 3


@pytest.mark.parametrize("path", ["/keys", "/keys/new", "/welcome"])
def test_the_views_are_accessible(visitor: Visitor, owner: Person, page: Page, path: str) -> None:
    visitor.sign_in(owner, path)
    page.wait_for_load_state("networkidle")
    assert_accessible(page)


def test_an_unknown_key_and_a_failing_server_have_a_way_on(visitor: Visitor, owner: Person, page: Page) -> None:
    visitor.sign_in(owner, "/keys")
    page.route("**/apikeys?*", lambda route: route.fulfill(status=503, json={"error": "unavailable"}))
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("cannot do this at the moment")
    page.unroute("**/apikeys?*")
    press(page, "Try again")
    expect(page.get_by_text("You have no keys yet.")).to_be_visible()
    visitor.expected.add("404 /apikeys/5b0a6a0e-3f0b-4b52-9d3c-6a8d5d0c1b2e")
    page.goto(f"{visitor.service.url}/console/#/keys/5b0a6a0e-3f0b-4b52-9d3c-6a8d5d0c1b2e")
    expect(page.get_by_role("alert")).to_be_visible()
