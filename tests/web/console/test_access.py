"""Story 1: sign up and sign in."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.service import PASSWORD, Person, Service, wait_until
from tests.web.actions import UNKNOWN, detail, field, numbers, run, turn_on_second_factor
from tests.web.console.visitor import Visitor, assert_accessible


def test_a_password_signs_in_and_leads_to_the_view_that_was_asked_for(visitor: Visitor, owner: Person) -> None:
    owner.patch("/account", {"password": PASSWORD})
    visitor.open("/?kept=1")
    expect(visitor.title("Sign in")).to_be_visible()
    form = visitor.page.locator("form").first
    expect(form.get_by_label("User name or e-mail address")).to_be_focused()
    form.get_by_label("User name or e-mail address").fill(owner.email)
    form.get_by_label("Password").fill("wrong")
    with visitor.page.expect_response("**/signin") as rejected:
        visitor.press("Sign in")
    alert = form.get_by_role("alert")
    expect(alert).to_have_text(detail(rejected.value))
    expect(alert).to_have_text(re.compile("^User name or password is wrong. "))
    expect(alert.locator("small")).to_have_text(re.compile("^After many failed attempts "))
    expect(form.get_by_label("Password")).to_be_focused()
    form.get_by_label("Password").fill(PASSWORD)
    visitor.press("Sign in")
    expect(visitor.page).to_have_url(re.compile(r"#/\?kept=1$"))
    expect(visitor.page.get_by_role("heading", level=1)).to_be_focused()
    visitor.press("Sign out")
    expect(visitor.title("Sign in")).to_be_visible()
    expect(visitor.page.get_by_text("You are signed out.").and_(visitor.page.locator(".note"))).to_be_visible()
    expect(visitor.page.locator("#announcements")).to_have_text("You are signed out.")
    assert visitor.stored() == {}


@pytest.mark.parametrize(
    "path", ["/sign-in", "/sign-up", f"/confirm/signup/{UNKNOWN}", f"/confirm/emailchange/{UNKNOWN}"]
)
def test_the_views_without_a_session_are_accessible(visitor: Visitor, path: str) -> None:
    visitor.expected = {f"404 /confirmations/{UNKNOWN}"}
    visitor.open(path)
    assert_accessible(visitor.page)


def test_the_second_factor_is_asked_for(visitor: Visitor, owner: Person) -> None:
    owner.patch("/account", {"password": PASSWORD})
    codes = turn_on_second_factor(owner)
    visitor.open("/sign-in")
    form = visitor.page.locator("form").first
    form.get_by_label("User name or e-mail address").fill(owner.email)
    form.get_by_label("Password").fill(PASSWORD)
    visitor.press("Sign in")
    expect(form.get_by_label("One-time code")).to_be_focused()
    form.get_by_label("One-time code").fill(f" {codes[0]} ")
    visitor.press("Sign in")
    expect(visitor.page.get_by_role("heading", level=1, name="API keys")).to_be_visible()


def test_a_visitor_gets_from_the_landing_page_to_a_working_command(
    visitor: Visitor, limited: Service, page: Page
) -> None:
    email = f"console{next(numbers)}@example.org"
    page.goto(limited.url)
    page.get_by_role("link", name="Create an account").click()
    visitor.fill("E-mail address", email)
    visitor.press("Create my account")
    expect(visitor.title("Open your mail")).to_be_focused()
    expect(page.get_by_text(email)).to_be_visible()
    expect(page.get_by_text("you can close this tab")).to_be_visible()
    visitor.press("Send again")
    expect(page.get_by_role("alert")).to_have_text("Another mail is on its way.")
    page.goto(mailed_link(limited, email))
    visitor.press("Agree and start my account")
    expect(visitor.title("You are signed in")).to_be_focused()
    page.get_by_role("link", name="Create an API key").click()
    visitor.fill("What is it for?", "my script")
    visitor.press("Create the key")
    assert run(field(page, "curl").input_value())["sets"] == []


def test_a_link_by_mail_signs_in(visitor: Visitor, limited: Service, owner: Person, page: Page) -> None:
    visitor.open("/sign-in")
    visitor.fill("User name or e-mail address", owner.email)
    visitor.press("Mail me a link")
    expect(page.get_by_role("alert")).to_have_text("If there is such an account, the mail is on its way.")
    page.goto(mailed_link(limited, owner.email))
    visitor.press("Sign in")
    expect(visitor.title("API keys")).to_be_focused()


def test_a_damaged_link_is_explained(visitor: Visitor, page: Page) -> None:
    for kind, link in (("signup", f"{UNKNOWN}0"), ("signin", "x/y"), ("no such", UNKNOWN)):
        page.goto(f"{visitor.service.url}/confirm/{kind}/{link}")
        expect(visitor.title("Unknown link")).to_be_visible()
        expect(page.get_by_role("link", name="Sign in")).to_have_attribute("href", "#/sign-in")


def test_a_used_link_tells_so_and_leads_on(visitor: Visitor, owner: Person, page: Page) -> None:
    visitor.expected = {f"404 /confirmations/{UNKNOWN}"}
    used, anew = (
        visitor.title("This link does not work any more"),
        page.get_by_role("link", name="Mail me a new link"),
    )
    with page.expect_response("**/confirmations/**") as rejected:
        visitor.open(f"/confirm/signup/{UNKNOWN}")
    expect(used).to_be_visible()
    expect(page.get_by_role("alert")).to_have_text(detail(rejected.value))
    expect(anew).to_have_attribute("href", "#/sign-up")
    visitor.open(f"/confirm/signin/{UNKNOWN}")
    expect(visitor.title("Sign in")).to_be_visible()
    visitor.press("Sign in")
    expect(used).to_be_focused()
    expect(page.get_by_role("button")).to_have_count(0)
    anew.click()
    expect(page.get_by_text("For a new link, enter your user name")).to_be_visible()
    visitor.sign_in(owner, f"/confirm/emailchange/{UNKNOWN}")
    visitor.press("Change my address")
    expect(used).to_be_focused()
    expect(anew).to_have_attribute("href", "#/account")
    page.get_by_role("link", name="Go on to the console").click()
    expect(visitor.title("API keys")).to_be_focused()


def test_an_error_is_in_the_language_of_the_user_and_gets_the_focus(
    visitor: Visitor, owner: Person, page: Page
) -> None:
    visitor.sign_in(owner, "/welcome", language="de")
    page.get_by_label("Neues Passwort").fill("password")
    visitor.press("Speichern")
    alert = page.get_by_role("alert")
    expect(alert).to_have_text("Dieses Passwort benutzen zu viele. Wähle ein anderes.")
    assert page.evaluate("document.activeElement.matches('[name=password], .message')")
    problem = {"error": "aCodeWithoutASentence", "detail": "This is wrong."}
    page.route("**/account", lambda route: route.fulfill(status=400, json=problem))
    visitor.press("Speichern")
    expect(alert).to_have_text("This is wrong.")
    expect(alert).to_be_focused()


def mailed_link(service: Service, email: str) -> str:
    """The link in the newest mail to this address."""

    def found() -> list[str]:
        mails = [path.read_text(encoding="utf-8") for path in service.mails()]
        links = [re.search(rf"{service.url}/confirm/\S+", mail) for mail in mails if f"To: {email}" in mail]
        return [link[0] for link in links if link]

    wait_until(found, "the mail")
    return found()[-1]
