"""Story 1: sign up and sign in."""

import re

import pytest
from playwright.sync_api import expect

from tests.service import PASSWORD, Person, Service
from tests.web.actions import detail, numbers, turn_on_second_factor
from tests.web.console.visitor import Visitor, assert_accessible


def test_a_password_signs_in_and_leads_to_the_view_that_was_asked_for(visitor: Visitor, owner: Person) -> None:
    owner.patch("/account", {"password": PASSWORD})
    visitor.open("/?kept=1")
    expect(visitor.title("Sign in")).to_be_visible()
    form = visitor.page.locator("form").first
    form.get_by_label("User name or e-mail address").fill(owner.email)
    form.get_by_label("Password").fill("wrong")
    with visitor.page.expect_response("**/signin") as rejected:
        visitor.press("Sign in")
    expect(form.get_by_role("alert")).to_have_text(detail(rejected.value))
    form.get_by_label("Password").fill(PASSWORD)
    visitor.press("Sign in")
    expect(visitor.page).to_have_url(re.compile(r"#/\?kept=1$"))
    expect(visitor.page.get_by_role("heading", level=1)).to_be_focused()
    visitor.press("Sign out")
    expect(visitor.title("Sign in")).to_be_visible()
    assert visitor.stored() == {}


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up"])
def test_the_views_without_a_session_are_accessible(visitor: Visitor, path: str) -> None:
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
    expect(visitor.page.get_by_role("heading", level=1, name="Welcome")).to_be_visible()


def test_a_sign_up_sends_the_mail(visitor: Visitor, limited: Service) -> None:
    email = f"console{next(numbers)}@example.org"
    visitor.open("/sign-up")
    visitor.fill("E-mail address", email)
    visitor.press("Create my account")
    expect(visitor.title("Open your mail")).to_be_focused()
    expect(visitor.page.get_by_text(email)).to_be_visible()
