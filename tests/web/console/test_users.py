"""Story 9: users, for staff."""

import json
import re

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.service import Credentials, Person, Service
from tests.web.actions import field, leave_dialog, press, turn_on_second_factor
from tests.web.console.visitor import DESK, Visitor, assert_accessible


@pytest.fixture
def admin(limited: Service) -> Person:
    """An administrator."""
    return limited.sign_up("admin")


def name_of(person: Person) -> str:
    """Their user name."""
    return str(person.get("/account").json()["account"]["username"])


def stored_of(admin: Person, person: Person) -> dict[str, object]:
    """What the server stores of their account."""
    found: dict[str, object] = admin.get(f"/admin/user/{person.id}").json()["user"]
    return found


def act_as(visitor: Visitor, admin: Person, owner: Person) -> Locator:
    """Sign in as the administrator and act as the owner; return the banner."""
    visitor.sign_in(admin, f"/users/{owner.id}")
    press(visitor.page, "Act as this user")
    visitor.page.get_by_role("dialog").get_by_role("button", name="Act as this user").click()
    banner = visitor.page.get_by_role("region", name="Acting as another user")
    expect(banner).to_be_visible()
    return banner


def users_link(page: Page) -> Locator:
    """The entry of the menu."""
    return page.get_by_label("Console", exact=True).get_by_role("link", name="Users")


def test_users_are_searched_by_name_and_address(visitor: Visitor, admin: Person, owner: Person, page: Page) -> None:
    visitor.sign_in(admin)
    users_link(page).click()
    expect(visitor.title("Users")).to_be_focused()
    field(page, "Search").fill("nobody-has-this-name")
    press(page, "Search users")
    expect(page.get_by_text("No account was found.")).to_be_visible()
    field(page, "Search").fill(owner.email)
    press(page, "Search users")
    expect(page.get_by_role("row", name=owner.email)).to_contain_text("Active")
    assert_accessible(page)
    page.get_by_role("link", name=name_of(owner)).click()
    expect(visitor.title(name_of(owner))).to_be_focused()
    page.go_back()
    expect(field(page, "Search")).to_have_value(owner.email)
    page.go_back()
    expect(page.get_by_text("No account was found.")).to_be_visible()


def test_role_and_status_are_changed(visitor: Visitor, admin: Person, owner: Person, page: Page) -> None:
    visitor.sign_in(admin, f"/users/{owner.id}")
    field(page, "Role").select_option("curator")
    press(page, "Save")
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.locator(".facts")).to_contain_text("Curator")
    assert owner.get("/account").json()["account"]["role"] == "curator"
    field(page, "Status").select_option("-2")
    press(page, "Save")
    expect(page.locator(".facts")).to_contain_text("Disabled")
    assert owner.get("/account").status_code == 401
    assert_accessible(page)


def test_a_role_can_be_saved_again_after_a_change_elsewhere(
    visitor: Visitor, admin: Person, owner: Person, page: Page
) -> None:
    visitor.sign_in(admin, f"/users/{owner.id}")
    field(page, "Role").select_option("curator")
    admin.patch(f"/admin/user/{owner.id}", {"role": "tester"})
    changed = re.compile(rf"/admin/user/{owner.id}$")
    held: list[Route] = []
    page.route(changed, lambda route: route.continue_() if route.request.method == "PATCH" else held.append(route))
    with page.expect_request(lambda sent: sent.method == "GET" and bool(changed.search(sent.url))):
        press(page, "Save")
    # The present version was not read yet.
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    held[0].continue_()
    expect(page.get_by_role("alert").filter(has_text="changed elsewhere")).to_be_visible()
    press(page, "Save")
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert owner.get("/account").json()["account"]["role"] == "curator"


def test_a_lost_second_factor_is_turned_off_and_consent_withdrawn(
    visitor: Visitor, admin: Person, owner: Person, page: Page
) -> None:
    turn_on_second_factor(owner)
    visitor.sign_in(admin, f"/users/{owner.id}")
    press(page, "Turn off the second factor")
    assert_accessible(page)
    page.get_by_role("dialog").get_by_role("button", name="Turn off the second factor").click()
    expect(page.get_by_role("button", name="Turn off the second factor")).to_have_count(0)
    assert stored_of(admin, owner)["mfaEnabled"] is False
    press(page, "Withdraw the consent")
    page.get_by_role("dialog").get_by_role("button", name="Withdraw the consent").click()
    expect(page.get_by_role("button", name="Withdraw the consent")).to_have_count(0)
    assert stored_of(admin, owner)["consent"] == 0


def test_an_administrator_acts_as_a_user_and_stops(
    visitor: Visitor, admin: Person, owner: Person, page: Page, requests: list[Request]
) -> None:
    owner.new_key(1, name="theirs")
    banner = act_as(visitor, admin, owner)
    expect(banner).to_contain_text(f"You are {name_of(admin)}, and act as {name_of(owner)}.")
    expect(page.get_by_role("row", name="theirs")).to_be_visible()
    expect(users_link(page)).to_have_count(0)
    assert_accessible(page)
    page.reload()
    expect(banner).to_be_visible()
    visitor.open("/security")
    press(page, "End all other sessions")
    page.get_by_role("dialog").get_by_role("button", name="End all other sessions").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("not allowed")
    leave_dialog(page)
    acting = Credentials(owner.service, f"Bearer {json.loads(visitor.stored()['freesewing.session'])['token']}")
    assert acting.get("/account").status_code == 200
    banner.get_by_role("button", name="Stop").click()
    expect(visitor.title(name_of(owner))).to_be_focused()
    assert acting.get("/account").status_code == 401
    expect(banner).to_have_count(0)
    expect(page.get_by_text(f"Signed in as {name_of(admin)}")).to_be_visible()
    assert not [sent.url for sent in requests if admin.token in sent.url]


def test_acting_as_a_user_ends_when_its_token_ends(
    visitor: Visitor, admin: Person, owner: Person, page: Page
) -> None:
    act_as(visitor, admin, owner)
    # The requests of this view must not meet the end.
    expect(page.get_by_text("You have no keys yet.")).to_be_visible()
    owner.request("DELETE", "/account/sessions?all=true")
    held: list[Route] = []
    page.route(re.compile("/account/events"), lambda route: held.append(route))
    visitor.expected |= {"401 /account", "401 /account/events", "401 /account/sessions"}
    visitor.open("/security")
    expect(page.get_by_text(f"Signed in as {name_of(admin)}")).to_be_visible()
    expect(page).to_have_url(re.compile(rf"#/users/{owner.id}$"))
    with page.expect_response(re.compile("/account/events")) as late:
        held[0].continue_()
    assert late.value.status == 401
    # A sign-in dialog would load these first.
    page.evaluate(
        "Promise.all([import('/console/views/sign-in.js'), import('/console/texts.js')])"
        ".then(([, texts]) => texts.loadTexts('access'))"
    )
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "nl", "uk"])
def test_the_menu_of_administrators_is_one_line(visitor: Visitor, admin: Person, page: Page, language: str) -> None:
    page.set_viewport_size({"width": DESK, "height": 800})
    visitor.sign_in(admin, "/bookmarks", language=language)
    entries = page.locator("#menu li")
    expect(entries).to_have_count(10)
    assert len(set(entries.evaluate_all("all => all.map(one => one.offsetTop)"))) == 1
    assert_accessible(page)


def test_signing_out_while_acting_ends_the_administrators_session(
    visitor: Visitor, admin: Person, owner: Person, page: Page
) -> None:
    act_as(visitor, admin, owner)
    press(page, "Sign out")
    expect(visitor.title("Sign in")).to_be_visible()
    assert admin.get("/account").status_code == 401 and visitor.stored() == {}


def test_the_api_decides_who_may_do_what(visitor: Visitor, limited: Service, owner: Person, page: Page) -> None:
    visitor.sign_in(limited.sign_up("support"), f"/users/{owner.id}")
    expect(visitor.title(name_of(owner))).to_be_visible()
    expect(page.get_by_role("button", name="Act as this user")).to_have_count(0)
    visitor.sign_in(owner, "/users?q=a")
    expect(page.get_by_role("alert").filter(has_text="This operation needs level 8")).to_be_visible()
    expect(users_link(page)).to_have_count(0)
