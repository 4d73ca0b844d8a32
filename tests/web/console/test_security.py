"""Story 5: password, second factor, sessions and security events."""

from datetime import UTC, datetime

import pyotp
import pytest
from playwright.sync_api import Page, Request, expect

from tests.service import PASSWORD, Person
from tests.web.actions import field, press
from tests.web.console.visitor import Visitor, assert_accessible

NEW_PASSWORD = "another horse, another staple"


def sign_in(owner: Person, password: str) -> Person:
    """The owner in a session of its own."""
    reply = owner.service.http.post("/signin", json={"username": owner.email, "password": password})
    return Person(owner.service, owner.id, owner.email, reply.json()["token"])


def section(page: Page, name: str) -> str:
    """The text of a section, once it has been loaded."""
    region = page.get_by_role("region", name=name)
    expect(region.locator("[aria-busy]")).to_have_count(0)
    return region.inner_text()


def test_a_password_is_changed_and_ends_other_sessions(visitor: Visitor, owner: Person, page: Page) -> None:
    owner.patch("/account", {"password": PASSWORD})
    other = sign_in(owner, PASSWORD)
    visitor.sign_in(owner)
    page.get_by_label("Console", exact=True).get_by_role("link", name="Security").click()
    expect(visitor.title("Security")).to_be_focused()
    field(page, "New password").fill("password123")
    press(page, "Change the password")
    expect(page.get_by_role("alert").filter(has_text="common")).to_be_visible()
    expect(field(page, "New password")).to_have_value("password123")
    field(page, "New password").fill(NEW_PASSWORD)
    press(page, "Change the password")
    expect(page.get_by_text("Your password is changed. All other sessions have ended.")).to_be_visible()
    expect(page.get_by_role("row", name="Password changed").first).to_be_visible()
    assert other.get("/account").status_code == 401
    assert sign_in(owner, NEW_PASSWORD).get("/account").status_code == 200
    page.go_back()
    expect(visitor.title("API keys")).to_be_focused()


def turn_on(page: Page) -> tuple[str, list[str]]:
    """Turn the second factor on, with a wrong code first; return the secret and the recovery codes."""
    press(page, "Turn on")
    expect(page.get_by_role("heading", name="Set up your app")).to_be_focused()
    drawn = page.get_by_role("img", name="QR code")
    expect(drawn).to_be_visible()
    # Rejected if it is no image. Playwright's `wait_for_function` is not possible under the console's policy.
    drawn.evaluate("image => image.decode()")
    assert_accessible(page)
    secret = field(page, "Secret").input_value()
    totp = pyotp.TOTP(secret)
    field(page, "Code that the app shows").fill("000000" if totp.now() != "000000" else "000001")
    press(page, "Turn on the second factor")
    expect(page.get_by_role("alert").filter(has_text="not allowed")).to_be_visible()
    field(page, "Code that the app shows").fill(totp.now())
    press(page, "Turn on the second factor")
    expect(page.get_by_role("heading", name="keep your recovery codes")).to_be_focused()
    assert_accessible(page)
    return secret, field(page, "Recovery codes").input_value().split()


def test_the_second_factor_is_turned_on_used_and_turned_off(
    visitor: Visitor, owner: Person, page: Page, requests: list[Request]
) -> None:
    owner.patch("/account", {"password": PASSWORD})
    visitor.sign_in(owner, "/security")
    secret, codes = turn_on(page)
    assert len(codes) == 10
    with page.expect_download() as download:
        press(page, "Save as a file")
    assert download.value.path().read_text(encoding="utf-8").split() == codes
    press(page, "I have kept them")
    expect(page.get_by_text("The second factor is on.")).to_be_visible()
    assert owner.get("/account").json()["account"]["mfaEnabled"] is True
    assert not [sent.url for sent in requests if secret in sent.url]

    press(page, "Sign out")
    visitor.fill("User name or e-mail address", owner.email)
    visitor.fill("Password", PASSWORD)
    press(page, "Sign in")
    # The present code was used above; the next one is accepted, too.
    visitor.fill("One-time code", pyotp.TOTP(secret).at(int(datetime.now(UTC).timestamp()) + 30))
    press(page, "Sign in")
    expect(visitor.title("API keys")).to_be_focused()
    visitor.open("/security")

    press(page, "Turn off")
    field(page, "Password").fill(PASSWORD)
    field(page, "One-time code or recovery code").fill(codes[0])
    assert_accessible(page)
    page.get_by_role("dialog").get_by_role("button", name="Turn off").click()
    expect(page.get_by_text("The second factor is off.")).to_be_visible()
    assert sign_in(owner, PASSWORD).get("/account").json()["account"]["mfaEnabled"] is False


def test_one_session_is_ended_then_all_others(visitor: Visitor, owner: Person, page: Page) -> None:
    owner.patch("/account", {"password": PASSWORD})
    first, second = sign_in(owner, PASSWORD), sign_in(owner, PASSWORD)
    visitor.sign_in(owner, "/security")
    rows = page.get_by_role("table", name="Sessions").get_by_role("row")
    expect(rows).to_have_count(4)
    # Newest first.
    rows.nth(1).get_by_role("button").click()
    page.get_by_role("dialog").get_by_role("button", name="End").click()
    expect(rows).to_have_count(3)
    assert [one.get("/account").status_code for one in (first, second)] == [200, 401]
    press(page, "End all other sessions")
    page.get_by_role("dialog").get_by_role("button", name="End all other sessions").click()
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_contain_text("This session")
    assert [one.get("/account").status_code for one in (owner, first)] == [200, 401]
    assert "Sessions ended" in section(page, "Security events")


def test_events_are_described_in_sentences(visitor: Visitor, owner: Person, page: Page) -> None:
    staff = owner.service.sign_up("admin")
    assert staff.patch(f"/admin/user/{owner.id}", {"role": "tester"}).status_code == 200
    terms = {"quota": 20_000, "until": "2100-01-01T00:00:00.000Z", "reason": "Many."}
    quota = {"user": owner.id, "policy": "records", **terms}
    made = staff.request("PUT", "/admin/quotas", json=quota).json()["quota"]
    assert staff.delete(f"/admin/quotas/{made['id']}").status_code == 204
    key = owner.new_key(level=3)
    assert owner.delete(f"/apikeys/{key.key}").status_code == 204
    owner.patch("/account", {"password": PASSWORD})
    visitor.sign_in(sign_in(owner, PASSWORD), "/security")
    events = page.get_by_role("region", name="Security events")
    for event, details in {
        "Signed in": "By password. Without a second factor.",
        "Key revoked": "Its owner revoked it.",
        "Key created": "The key has level 3.",
        "Role changed": "From “User” to “Tester”.",
        "Quota changed": "“Stored records”: the usual quota again.",
    }.items():
        expect(events.get_by_role("row", name=event).first).to_contain_text(details)
    expect(events.get_by_role("row", name="Quota changed").last).to_contain_text("“Stored records”: 20,000 until Jan")
    assert_accessible(page)


def test_signing_out_everywhere_ends_this_session_too(visitor: Visitor, owner: Person, page: Page) -> None:
    visitor.sign_in(owner, "/security")
    press(page, "Sign out everywhere")
    page.get_by_role("dialog").get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_text("You are signed out everywhere.")).to_be_visible()
    assert owner.get("/account").status_code == 401 and visitor.stored() == {}


@pytest.mark.parametrize("language", ["en", "uk"])
def test_the_view_is_accessible(visitor: Visitor, owner: Person, page: Page, language: str) -> None:
    visitor.sign_in(owner, "/security", language=language)
    page.wait_for_load_state("networkidle")
    assert_accessible(page)


def test_a_part_that_cannot_be_loaded_has_a_way_on(visitor: Visitor, owner: Person, page: Page) -> None:
    page.route("**/account/sessions", lambda route: route.fulfill(status=503, json={"error": "unavailable"}))
    visitor.sign_in(owner, "/security")
    expect(page.get_by_role("alert").filter(has_text="cannot do this at the moment")).to_be_visible()
    page.unroute("**/account/sessions")
    press(page, "Try again")
    expect(page.get_by_role("table", name="Sessions")).to_be_visible()
