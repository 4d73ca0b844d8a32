"""The pages in a real browser, served by a really running server under their real content security policy."""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, Response, expect, sync_playwright

from tests.service import DOMAIN, PASSWORD, Person, Service
from tests.test_cli import cli

# Which engine stores the data makes no difference to a page.
pytestmark = pytest.mark.parametrize("service", ["sqlite"], indirect=True)

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = 360
UNKNOWN = "0a7d1c1e-54a5-4cf7-8f0e-9c7ab7a0d5b4/3f786850e387550fdab836ed7e6dc881de23001b"
PAGES = {
    "/": "Quick start",
    "/docs/": "Create a measurement set",
    "/docs/errors": "signInFailed",
    f"/confirm/signup/{UNKNOWN}": "Agree and start my account",
    f"/confirm/signin/{UNKNOWN}": "Sign in",
    f"/confirm/emailchange/{UNKNOWN}": "Change my address",
    f"/confirm/newsletter/{UNKNOWN}": "Subscribe",
    f"/confirm/unsubscribe/{UNKNOWN}": "Unsubscribe",
    f"/ocunsub/{'0' * 64}": "Unsubscribe",
}
_numbers = count(1)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine; skipped where there is none, which with CI=true is a failure."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        reason = "no Chromium is installed (apt-get install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def requests() -> list[Request]:
    """What the page asked for."""
    return []


@pytest.fixture
def complaints() -> list[str]:
    """What the browser wrote to its console."""
    return []


@pytest.fixture
def page(browser: Browser, requests: list[Request], complaints: list[str]) -> Iterator[Page]:
    """A window without a past."""
    context = browser.new_context()
    page = context.new_page()
    page.on("request", lambda sent: requests.append(sent))
    page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()


def a_sign_up(service: Service) -> dict[str, Any]:
    """The confirmation of a new account, as its mail holds it."""
    body = {"email": f"browser{next(_numbers)}@{DOMAIN}", "language": "en", "test": True}
    confirmation: dict[str, Any] = service.http.post("/signup", json=body).json()["confirmation"]
    return confirmation


def a_sign_in(service: Service, person: Person) -> dict[str, Any]:
    """The confirmation that signs somebody in, as the mail that they get on signing up again holds it."""
    body = {"email": person.email, "language": "en", "test": True}
    confirmation: dict[str, Any] = service.http.post("/signup", json=body).json()["confirmation"]
    return confirmation


def address(service: Service, kind: str, confirmation: dict[str, Any]) -> str:
    """The link in the mail."""
    return f"{service.url}/confirm/{kind}/{confirmation['id']}/{confirmation['check']}"


def press(page: Page, name: str) -> None:
    """Press the button."""
    page.get_by_role("button", name=name, exact=True).click()


def field(page: Page, label: str) -> Locator:
    """The field that can be seen under this label."""
    return page.locator(":is(input, select, textarea):visible").and_(page.get_by_label(label, exact=True))


def turn_on_second_factor(person: Person) -> list[str]:
    """Their scratch codes."""
    pyotp = pytest.importorskip("pyotp")
    secret = person.post("/account/mfa", {"mfa": True}).json()["mfa"]["secret"]
    body = {"mfa": True, "secret": secret, "token": pyotp.TOTP(secret).now()}
    codes: list[str] = person.post("/account/mfa", body).json()["scratchCodes"]
    return codes


@pytest.mark.parametrize("path", PAGES, ids=lambda path: "/".join(path.split("/")[:3]))
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_a_page_loads_without_a_complaint_and_from_this_server_only(
    service: Service, page: Page, requests: list[Request], complaints: list[str], path: str, colours: Any
) -> None:
    page.emulate_media(color_scheme=colours)
    page.goto(service.url + path)
    expect(page.get_by_text(PAGES[path], exact=True).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert complaints == []
    assert not [sent.url for sent in requests if not sent.url.startswith((f"{service.url}/", "data:"))]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: "/".join(path.split("/")[:3]))
def test_a_page_fits_a_phone(service: Service, page: Page, path: str) -> None:
    page.set_viewport_size({"width": PHONE, "height": 700})
    page.goto(service.url + path)
    expect(page.get_by_text(PAGES[path], exact=True).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


def test_the_documentation_lists_every_operation(service: Service, page: Page) -> None:
    paths = service.http.get("/openapi.json").json()["paths"]
    entries = [entry for item in paths.values() for entry in item.values()]
    operations = [entry["operationId"] for entry in entries if "operationId" in entry]
    page.goto(f"{service.url}/docs/")
    expect(page.locator(".opblock")).to_have_count(len(operations))
    for operation in operations:
        expect(page.locator(f"[id$='-{operation}']")).to_be_visible()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_operation_can_be_tried_out_whatever_name_the_server_was_opened_by(
    service: Service, page: Page, host: str
) -> None:
    page.goto(f"http://{host}:{service.port}/docs/#/service/check_health")
    press(page, "Execute")
    expect(page.locator(".live-responses-table .response-col_status").last).to_have_text("200")


def test_the_address_of_a_problem_leads_to_its_row(service: Service, page: Page) -> None:
    page.goto(service.http.get("/sets").json()["type"])
    expect(page.locator("tr:target")).to_contain_text("unauthorized")
    expect(page.locator("tr:target")).to_be_in_viewport()


def test_nothing_is_sent_before_a_button_is_pressed(service: Service, page: Page, requests: list[Request]) -> None:
    confirmation = a_sign_up(service)
    page.goto(address(service, "signup", confirmation), wait_until="networkidle")
    assert {sent.resource_type for sent in requests} <= {"document", "script", "stylesheet", "image", "other"}
    assert all(sent.method == "GET" for sent in requests)
    path = f"/confirmations/{confirmation['id']}/{confirmation['check']}"
    assert service.http.get(path).status_code == 200


def test_a_new_account_gets_from_its_mail_to_a_key(service: Service, page: Page, complaints: list[str]) -> None:
    page.goto(address(service, "signup", a_sign_up(service)))
    expect(page.get_by_label("Keep my measurements too")).to_be_checked()
    page.get_by_label("Let them become open data too").check()
    press(page, "Agree and start my account")
    expect(page.get_by_role("heading", name="You are signed in")).to_be_focused()

    token = field(page, "Token").input_value()
    account = service.http.get("/account", headers={"Authorization": f"Bearer {token}"}).json()["account"]
    assert (account["status"], account["consent"]) == (1, 3)
    command = field(page, "A command that makes a key with it").input_value()
    assert run(command)["apikey"]["level"] == 3

    field(page, "What is it for?").fill("it's <b>mine</b>")
    field(page, "Level").select_option("1")
    field(page, "Days until it expires").fill("2")
    press(page, "Make the key")
    key = field(page, "Key")
    expect(key).to_be_visible()
    secret = field(page, "Secret").input_value()
    assert re.fullmatch(r"fsk_\w{49}", secret)
    made = service.http.get("/whoami", auth=(key.input_value(), secret)).json()["apikey"]
    assert (made["name"], made["level"]) == ("it's <b>mine</b>", 1)
    assert run(field(page, "A command that uses them").input_value())["sets"] == []
    assert complaints == []


def test_a_user_name_and_a_password_can_be_set(service: Service, page: Page, alice: Person) -> None:
    page.goto(address(service, "signup", a_sign_up(service)))
    press(page, "Agree and start my account")
    taken = alice.get("/account").json()["account"]["username"]
    field(page, "New user name").fill(taken)
    field(page, "New password").fill(PASSWORD)
    press(page, "Save")
    expect(page.locator("#account-form .message")).to_contain_text("This user name cannot be had")

    name = f"Browser's {next(_numbers)}"
    field(page, "New user name").fill(name)
    press(page, "Save")
    expect(page.locator("#account-form .message")).to_have_text("Saved.")
    signed_in = service.http.post("/signin", json={"username": name, "password": PASSWORD})
    assert signed_in.status_code == 200


def test_what_the_server_refuses_is_told_in_its_own_words(service: Service, page: Page) -> None:
    page.goto(f"{service.url}/confirm/signup/{UNKNOWN}")
    with page.expect_response("**/confirm/signup/*") as refused:
        press(page, "Agree and start my account")
    expect(page.get_by_role("alert")).to_have_text(detail(refused.value))
    expect(page.get_by_role("button", name="Agree and start my account")).to_be_enabled()


def test_a_server_that_is_away_is_told_and_can_be_tried_again(service: Service, page: Page) -> None:
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
    expect(page.get_by_role("heading", name="You are signed in")).to_be_visible()


def test_a_sign_in_link_asks_for_a_code_where_one_is_needed(service: Service, page: Page, alice: Person) -> None:
    codes = turn_on_second_factor(alice)
    page.goto(address(service, "signin", a_sign_in(service, alice)))
    press(page, "Sign in")
    expect(field(page, "One-time code")).to_be_focused()
    field(page, "One-time code").fill("000000x")
    press(page, "Sign in")
    expect(page.get_by_role("alert")).to_have_text("Sign-in failed.")
    field(page, "One-time code").fill(f" {codes[0]} ")
    press(page, "Sign in")
    expect(page.get_by_role("heading", name="You are signed in")).to_be_visible()


@pytest.mark.parametrize("proof", ["a password", "a password and a code", "a token"])
def test_a_new_address_is_confirmed_by_the_one_whose_account_it_is(
    service: Service, page: Page, alice: Person, proof: str
) -> None:
    alice.patch("/account", {"password": PASSWORD})
    new = f"moved{next(_numbers)}@{DOMAIN}"
    confirmation = alice.patch("/account", {"email": new, "test": True}).json()["confirmation"]
    codes = turn_on_second_factor(alice) if proof == "a password and a code" else []
    page.goto(address(service, "emailchange", confirmation))
    if proof == "a token":
        page.get_by_text("I have no password").click()
        field(page, "Token").fill(alice.token)
        page.locator("#emailchange-token-form button").click()
    else:
        field(page, "User name or present e-mail address").fill(alice.email)
        field(page, "Password").fill(PASSWORD)
        press(page, "Change my address")
    if codes:
        field(page, "One-time code").fill(codes[0])
        press(page, "Change my address")
    expect(page.get_by_role("heading", name="Your address is changed")).to_be_focused()
    expect(page.locator("#changed-email")).to_have_text(new)
    assert alice.get("/account").json()["account"]["email"] == new


def a_subscription(service: Service) -> tuple[str, dict[str, Any]]:
    """An address that asked for the newsletter, and what its mails carry."""
    email = f"browser{next(_numbers)}@{DOMAIN}"
    asked = service.http.post("/subscriber", json={"email": email, "language": "en", "test": True}).json()["data"]
    return email, {"id": asked["id"], "check": asked["ehash"]}


def is_confirmed(service: Service, email: str) -> bool:
    """Whether the newsletter goes there."""
    return f"\n{email}," in cli(service, "subscribers").stdout


def test_the_newsletter_begins_and_ends_with_the_links_in_its_mails(
    service: Service, page: Page, complaints: list[str]
) -> None:
    email, link = a_subscription(service)
    page.goto(address(service, "newsletter", link), wait_until="networkidle")
    assert not is_confirmed(service, email)
    press(page, "Subscribe")
    expect(page.get_by_role("heading", name="You are subscribed")).to_be_focused()
    expect(page.locator("#subscribed-email")).to_have_text(email)
    assert is_confirmed(service, email)
    page.goto(address(service, "unsubscribe", link), wait_until="networkidle")
    assert is_confirmed(service, email)
    press(page, "Unsubscribe")
    expect(page.get_by_role("heading", name="You no longer get the newsletter")).to_be_focused()
    assert not is_confirmed(service, email)
    assert complaints == []
    page.goto(address(service, "newsletter", link))
    press(page, "Subscribe")
    expect(page.get_by_role("alert").and_(page.locator(":visible"))).to_contain_text("There is no such subscription")


def test_one_click_ends_the_newsletter_without_a_script(service: Service, browser: Browser) -> None:
    email, link = a_subscription(service)
    assert service.http.put("/subscriber", json={"id": link["id"], "ehash": link["check"]}).status_code == 200
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{service.url}/ocunsub/{link['check']}")
    assert is_confirmed(service, email)
    press(page, "Unsubscribe")
    expect(page.get_by_role("heading", name="You no longer get the newsletter")).to_be_visible()
    context.close()
    assert not is_confirmed(service, email)


def test_what_can_be_copied_is_copied(service: Service, page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(address(service, "signup", a_sign_up(service)))
    press(page, "Agree and start my account")
    press(page, "Copy: Token")
    expect(page.get_by_role("status")).to_have_text("Token: copied.")
    token = field(page, "Token").input_value()
    assert page.evaluate("navigator.clipboard.readText()") == token


def test_the_commands_of_the_landing_page_work_as_they_stand(service: Service, page: Page) -> None:
    page.goto(service.url)
    sign_up, confirm, make_key, store = page.locator("pre").all_inner_texts()
    asked = sign_up.replace("YOU@EXAMPLE.ORG", f"browser{next(_numbers)}@{DOMAIN}")
    sent = run(asked.replace('"language"', '"test": true, "language"'))["confirmation"]
    token = run(confirm.replace("ID", sent["id"]).replace("CHECK", sent["check"]))["token"]
    made = run(make_key.replace("TOKEN", token))["apikey"]
    stored = run(store.replace("KEY:SECRET", f"{made['key']}:{made['secret']}"))["set"]
    assert (stored["name"], stored["measies"]) == ("Alice", {"chest": 920, "waist": 760})


def run(command: str) -> Any:
    """What a command of curl answers, read as a shell would read it."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    arguments = shlex.split(command.replace("\\\n", ""))
    assert arguments[0] == "curl"
    done = subprocess.run([*arguments, "--silent", "--noproxy", "*"], capture_output=True, check=True)
    return json.loads(done.stdout)


def detail(response: Response) -> str:
    """What a problem says to people."""
    told: str = response.json()["detail"]
    return told
