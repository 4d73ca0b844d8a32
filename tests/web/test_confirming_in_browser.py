"""What the links in mails open, in a real browser: the way from a mail to a key, to a session, to a new address."""

import json
import re

import pytest
from playwright.sync_api import Page, Request, expect

from tests.service import DOMAIN, PASSWORD, Person, Service, confirmation_of
from tests.web.actions import (
    UNKNOWN,
    a_sign_in,
    a_sign_up,
    address,
    detail,
    field,
    numbers,
    press,
    turn_on_second_factor,
)

# Which engine stores the data makes no difference to a page.
pytestmark = pytest.mark.parametrize("service", ["sqlite"], indirect=True)


def is_signed_in(page: Page, title: str) -> None:
    """Wait for the view after a sign-in; its address must not have the link any more."""
    expect(page.get_by_role("heading", level=1, name=title)).to_be_focused()
    assert "confirm" not in page.url


def test_nothing_is_sent_before_a_button_is_pressed(service: Service, page: Page, requests: list[Request]) -> None:
    confirmation = a_sign_up(service)
    page.goto(address(service, "signup", confirmation), wait_until="networkidle")
    sent = [one for one in requests if not re.search(r"/(console|web)/[\w./-]*$", one.url)]
    path = f"/confirmations/{confirmation['id']}/{confirmation['check']}"
    assert [one.url for one in sent] == [address(service, "signup", confirmation), service.url + path]
    assert all(one.method == "GET" for one in requests)
    assert service.http.get(path).status_code == 200


def test_a_new_account_gets_from_its_mail_to_a_key(service: Service, page: Page, complaints: list[str]) -> None:
    page.goto(address(service, "signup", a_sign_up(service)))
    expect(page.get_by_label("Keep my measurements too")).to_be_checked()
    page.get_by_label("Let them become open data too").check()
    press(page, "Agree and start my account")
    is_signed_in(page, "You are signed in")

    token = json.loads(page.evaluate("sessionStorage.getItem('freesewing.session')"))["token"]
    account = service.http.get("/account", headers={"Authorization": f"Bearer {token}"}).json()["account"]
    assert (account["status"], account["consent"]) == (1, 3)
    page.get_by_role("link", name="Create an API key").click()
    field(page, "What is it for?").fill("it's <b>mine</b>")
    press(page, "Create the key")
    expect(page.get_by_role("heading", name="Your key is ready")).to_be_focused()
    credentials = (field(page, "Key").input_value(), field(page, "Secret").input_value())
    made = service.http.get("/whoami", auth=credentials).json()["apikey"]
    assert (made["name"], made["level"]) == ("it's <b>mine</b>", 3)
    assert complaints == []


def test_a_user_name_and_a_password_can_be_set(service: Service, page: Page, alice: Person) -> None:
    page.goto(address(service, "signup", a_sign_up(service)))
    press(page, "Agree and start my account")
    taken = alice.get("/account").json()["account"]["username"]
    field(page, "New user name").fill(taken)
    field(page, "New password").fill(PASSWORD)
    press(page, "Save")
    expect(page.get_by_role("alert")).to_contain_text("This user name cannot be had")

    name = f"Browser's {next(numbers)}"
    field(page, "New user name").fill(name)
    press(page, "Save")
    expect(page.get_by_role("alert")).to_have_text("Saved.")
    signed_in = service.http.post("/signin", json={"username": name, "password": PASSWORD})
    assert signed_in.status_code == 200


def test_an_error_of_the_server_is_shown_with_its_detail(service: Service, page: Page) -> None:
    page.goto(f"{service.url}/confirm/signin/{UNKNOWN}")
    with page.expect_response("**/signinlink/*") as refused:
        press(page, "Sign in")
    expect(page.get_by_role("alert")).to_have_text(detail(refused.value))


def test_an_unreachable_server_is_reported_and_can_be_tried_again(service: Service, page: Page) -> None:
    page.goto(address(service, "signup", a_sign_up(service)))
    page.route("**/confirm/signup/*", lambda route: route.abort())
    press(page, "Agree and start my account")
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    page.unroute("**/confirm/signup/*")
    press(page, "Agree and start my account")
    expect(page.get_by_role("heading", name="You are signed in")).to_be_visible()


def test_a_sign_in_link_signs_in(service: Service, page: Page, alice: Person) -> None:
    page.goto(address(service, "signin", a_sign_in(service, alice)))
    expect(field(page, "One-time code")).to_be_hidden()
    press(page, "Sign in")
    is_signed_in(page, "API keys")


def test_a_sign_in_link_asks_for_a_code_where_one_is_needed(service: Service, page: Page, alice: Person) -> None:
    codes = turn_on_second_factor(alice)
    page.goto(address(service, "signin", a_sign_in(service, alice)))
    press(page, "Sign in")
    expect(field(page, "One-time code")).to_be_focused()
    field(page, "One-time code").fill("000000x")
    press(page, "Sign in")
    expect(page.get_by_role("alert")).to_contain_text("Sign-in failed.")
    field(page, "One-time code").fill(f" {codes[0]} ")
    press(page, "Sign in")
    is_signed_in(page, "API keys")


@pytest.mark.parametrize("proof", ["a password", "a password and a code", "a link"])
def test_a_new_address_is_confirmed_by_the_one_whose_account_it_is(
    service: Service, page: Page, alice: Person, proof: str
) -> None:
    alice.patch("/account", {"password": PASSWORD})
    # Before the request: a change of the second factor drops the links that were mailed.
    codes = turn_on_second_factor(alice) if proof == "a password and a code" else []
    new = f"moved{next(numbers)}@{DOMAIN}"
    confirmation = confirmation_of(alice.patch("/account", {"email": new, "test": True}).json())
    page.goto(address(service, "emailchange", confirmation))
    field(page, "User name or e-mail address").fill(alice.email)
    if proof == "a link":
        press(page, "Mail me a link")
        expect(page.get_by_role("alert")).to_contain_text("the mail is on its way")
        field(page, "Sign-in link").fill(address(service, "signin", a_sign_in(service, alice)))
    else:
        field(page, "Password").fill(PASSWORD)
    press(page, "Sign in")
    if codes:
        field(page, "One-time code").fill(codes[0])
        press(page, "Sign in")
    press(page, "Change my address")
    expect(page.get_by_role("heading", name="Your address is changed")).to_be_focused()
    expect(page.get_by_text(new)).to_be_visible()
    # The page signed in anew; a change of address ends all other sessions.
    assert alice.get("/account").status_code == 401
    body = {"username": new, "password": PASSWORD, "token": codes[1] if codes else False}
    assert service.http.post("/signin", json=body).json()["account"]["email"] == new


def test_what_can_be_copied_is_copied(service: Service, page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(address(service, "signup", a_sign_up(service)))
    press(page, "Agree and start my account")
    page.get_by_role("link", name="Create an API key").click()
    field(page, "What is it for?").fill("to copy")
    press(page, "Create the key")
    press(page, "Copy: Secret")
    expect(page.locator("#announcements")).to_have_text("Secret: copied.")
    assert page.evaluate("navigator.clipboard.readText()") == field(page, "Secret").input_value()
