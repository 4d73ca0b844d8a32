"""The session of a tab: how it ends, and that nothing of it leaves the tab."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.service import PASSWORD, Person
from tests.web.actions import press
from tests.web.console.visitor import Visitor


def test_a_token_is_in_the_tab_only_and_in_no_address(
    visitor: Visitor, owner: Person, page: Page, requests: list[Request]
) -> None:
    visitor.sign_in(owner)
    assert page.evaluate("localStorage.length") == 1  # the language
    assert page.context.cookies() == [] and owner.token not in page.content()
    assert not [sent.url for sent in requests if owner.token in sent.url or "referer" in sent.all_headers()]
    anew = page.context.new_page()
    anew.goto(page.url)
    expect(anew.get_by_role("heading", level=1, name="Sign in")).to_be_visible()


def test_an_idle_tab_asks_and_signs_out(visitor: Visitor, owner: Person, page: Page) -> None:
    page.clock.install()
    visitor.sign_in(owner, "/?kept=1")
    # A request that has not ended would be given up after a minute of this clock.
    page.wait_for_load_state("networkidle")
    page.clock.run_for("29:30")
    dialog = page.get_by_role("dialog", name="Are you still there?")
    expect(dialog).to_be_visible()
    press(page, "Stay signed in")
    expect(dialog).to_be_hidden()
    page.clock.run_for("29:30")
    expect(dialog).to_be_visible()
    page.clock.run_for("01:00")
    expect(page.get_by_text("You were signed out, because the tab was not used for a while.")).to_be_visible()
    expect(page).to_have_url(re.compile(r"next=%2F%3Fkept%3D1&because=idle$"))
    assert visitor.stored() == {}


def test_a_language_is_chosen_and_kept(visitor: Visitor, page: Page) -> None:
    visitor.open("/sign-in")
    page.get_by_label("Language").select_option("de")
    expect(visitor.title("Anmelden")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "de"
    page.reload()
    expect(visitor.title("Anmelden")).to_be_visible()


def test_links_and_the_back_button_work(visitor: Visitor, page: Page) -> None:
    visitor.open("/sign-in")
    page.get_by_role("link", name="Create an account").click()
    expect(visitor.title("Create an account")).to_be_focused()
    page.go_back()
    expect(visitor.title("Sign in")).to_be_focused()


def test_a_second_click_on_sign_out_does_nothing(
    visitor: Visitor, owner: Person, page: Page, requests: list[Request]
) -> None:
    visitor.sign_in(owner)
    page.get_by_role("button", name="Sign out").dblclick()
    expect(visitor.title("Sign in")).to_be_visible()
    assert [sent.method for sent in requests if "/account/sessions" in sent.url] == ["GET", "DELETE"]


def test_a_view_that_loads_after_the_sign_out_shows_and_reads_nothing(
    visitor: Visitor, owner: Person, page: Page, requests: list[Request]
) -> None:
    held: list[Route] = []
    page.route("**/console/views/patterns.js", lambda route: held.append(route))
    page.clock.install()
    visitor.sign_in(owner)
    page.clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))
    with page.expect_request("**/console/views/patterns.js"):
        page.get_by_label("Console", exact=True).get_by_role("link", name="Patterns").click()
    visitor.press("Sign out")
    expect(visitor.title("Sign in")).to_be_visible()
    # "Loading…" is shown after a moment, but not in place of a view that has loaded.
    page.clock.run_for(1000)
    expect(visitor.title("Sign in")).to_be_visible()
    held[0].continue_()
    page.evaluate("import('/console/views/patterns.js')")
    assert [sent.url for sent in requests if sent.url.partition("?")[0].endswith("/patterns")] == []


@pytest.mark.parametrize("path", ["/console/#/no/such/view", "/console/no/such/view", "/console/%22%2Fview"])
def test_an_unknown_address_ends_in_the_console_with_a_way_on(visitor: Visitor, page: Page, path: str) -> None:
    page.goto(visitor.service.url + path)
    expect(visitor.title("There is no such page")).to_be_visible()
    page.get_by_role("link", name="Go on to the console").click()
    expect(visitor.title("Sign in")).to_be_focused()


def test_the_path_of_a_view_leads_to_it(visitor: Visitor, page: Page) -> None:
    page.goto(f"{visitor.service.url}/console/sign-up/")
    expect(visitor.title("Create an account")).to_be_visible()
    expect(page).to_have_url(f"{visitor.service.url}/console/#/sign-up")


def test_an_unreachable_and_a_busy_server_are_reported_and_nothing_is_lost(
    visitor: Visitor, owner: Person, page: Page
) -> None:
    owner.patch("/account", {"password": PASSWORD})
    visitor.open("/sign-in")
    form, alert = page.locator("form"), page.get_by_role("alert")
    form.get_by_label("User name or e-mail address").fill(owner.email)
    form.get_by_label("Password").fill(PASSWORD)
    page.route("**/signin", lambda route: route.abort())
    press(page, "Sign in")
    expect(alert).to_have_text("The server cannot be reached. Please try again.")
    page.unroute("**/signin")
    problem = {"error": "quotaExceeded", "detail": "The quota sign-ins is used up."}
    page.route("**/signin", lambda route: route.fulfill(status=429, headers={"Retry-After": "12"}, json=problem))
    press(page, "Sign in")
    expect(alert).to_have_text("Too many requests. Try again in 12 seconds.")
    page.unroute("**/signin")
    press(page, "Sign in")
    expect(page.get_by_role("heading", level=1, name="API keys")).to_be_visible()


@pytest.mark.parametrize(
    ("error", "text"),
    [
        ("new DOMException('', 'TimeoutError')", "The server did not answer in time."),
        ("new TypeError('network error')", "The server cannot be reached."),
    ],
)
def test_a_response_whose_body_does_not_arrive_is_reported(
    visitor: Visitor, owner: Person, page: Page, error: str, text: str
) -> None:
    owner.patch("/account", {"password": PASSWORD})
    visitor.open("/sign-in")
    visitor.fill("User name or e-mail address", owner.email)
    visitor.fill("Password", PASSWORD)
    page.evaluate(f"() => {{ Response.prototype.json = () => Promise.reject({error}) }}")
    press(page, "Sign in")
    expect(page.get_by_role("alert")).to_have_text(f"{text} Please try again.")


def test_a_slow_server_is_reported_while_it_is_waited_for(visitor: Visitor, page: Page) -> None:
    page.clock.install()
    visitor.open("/sign-up")
    visitor.fill("E-mail address", "slow@example.org")
    page.route("**/signup", lambda route: None)
    with page.expect_request("**/signup"):
        press(page, "Create my account")
    page.clock.run_for("00:06")
    expect(page.locator("#waiting")).to_have_text("The server has not answered yet. Still waiting…")
    page.unroute("**/signup")
