"""The pages in a real browser, served by a really running server under their real content security policy."""

from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from tests.service import DOMAIN, ROOT, Service
from tests.test_cli import cli
from tests.web.actions import UNKNOWN, address, numbers, press, run

# Which engine stores the data makes no difference to a page.
pytestmark = pytest.mark.parametrize("service", ["sqlite"], indirect=True)

PHONE = 360
# A visitor reads no more before the first button.
MOST_WORDS = 40
SHOWN = ROOT / "reports" / "pages"
PAGES = {
    "/": "Quick start",
    "/docs/": "The body measurements of one person.",
    "/docs/start": "Store a set, once",
    "/docs/reference": "The body measurements of one person.",
    "/docs/errors": "signInFailed",
    "/console/": "Create an account",
    "/confirm/signup/not/whole": "Unknown link",
    f"/confirm/signin/{UNKNOWN}": "Sign in",
    f"/confirm/emailchange/{UNKNOWN}": "Confirm your new address",
    f"/confirm/newsletter/{UNKNOWN}": "Subscribe",
    f"/confirm/unsubscribe/{UNKNOWN}": "Unsubscribe",
    f"/ocunsub/{'0' * 64}": "Unsubscribe",
}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: "/".join(path.split("/")[:3]))
def test_a_page_loads_without_a_complaint_from_this_server_only_and_fits_a_phone(
    service: Service, page: Page, requests: list[Request], complaints: list[str], path: str
) -> None:
    page.set_viewport_size({"width": PHONE, "height": 700})
    page.goto(service.url + path)
    expect(page.get_by_text(PAGES[path], exact=True).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    # To be looked at.
    page.screenshot(path=SHOWN / f"{'-'.join(path.strip('/').split('/')[:2]) or 'landing'}.png")
    page.emulate_media(color_scheme="dark")
    page.wait_for_load_state("networkidle")
    assert complaints == []
    ours = (f"{service.url}/", f"blob:{service.url}/", "data:")
    assert not [sent.url for sent in requests if not sent.url.startswith(ours)]


def test_the_documentation_lists_every_operation(service: Service, page: Page) -> None:
    document = service.http.get("/openapi.json").json()
    entries = [entry for item in document["paths"].values() for entry in item.values()]
    operations = [entry for entry in entries if "operationId" in entry]
    page.goto(f"{service.url}/docs/")
    expect(page.locator(".opblock-tag")).to_have_count(len(document["tags"]))
    for tag, element in zip(document["tags"], page.locator(".opblock-tag").all(), strict=True):
        names = [entry["operationId"] for entry in operations if tag["name"] in entry["tags"]]
        element.click()
        expect(page.locator(".opblock")).to_have_count(len(names))
        shown = page.locator(".opblock").evaluate_all("all => all.map(one => one.id.split('-').at(-1))")
        assert sorted(shown) == sorted(names)
        element.click()
        expect(page.locator(".opblock")).to_have_count(0)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_operation_can_be_tried_out_whatever_name_the_server_was_opened_by(
    service: Service, page: Page, host: str
) -> None:
    page.goto(f"http://{host}:{service.port}/docs/#/Service/check_health")
    press(page, "Execute")
    expect(page.locator(".live-responses-table .response-col_status").last).to_have_text("200")


def test_the_address_of_a_problem_leads_to_its_row(service: Service, page: Page) -> None:
    page.goto(service.http.get("/sets").json()["type"])
    expect(page.locator("tr:target")).to_contain_text("unauthorized")
    expect(page.locator("tr:target")).to_be_in_viewport()


def a_subscription(service: Service) -> tuple[str, dict[str, Any]]:
    """An address that asked for the newsletter, and what its mails carry."""
    email = f"browser{next(numbers)}@{DOMAIN}"
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
    expect(page.get_by_text(email)).to_be_visible()
    assert is_confirmed(service, email)
    page.goto(address(service, "unsubscribe", link), wait_until="networkidle")
    assert is_confirmed(service, email)
    press(page, "Unsubscribe")
    expect(page.get_by_role("heading", name="You no longer get the newsletter")).to_be_focused()
    assert not is_confirmed(service, email)
    assert complaints == []
    page.goto(address(service, "newsletter", link))
    press(page, "Subscribe")
    expect(page.get_by_role("alert").and_(page.locator(":visible"))).to_contain_text("subscription does not exist")


def test_one_click_ends_the_newsletter_without_a_script(service: Service, page_without_script: Page) -> None:
    page = page_without_script
    email, link = a_subscription(service)
    assert service.http.put("/subscriber", json={"id": link["id"], "ehash": link["check"]}).status_code == 200
    page.goto(f"{service.url}/ocunsub/{link['check']}")
    assert is_confirmed(service, email)
    press(page, "Unsubscribe")
    expect(page.get_by_role("heading", name="You no longer get the newsletter")).to_be_visible()
    assert not is_confirmed(service, email)


def test_a_command_of_the_landing_page_is_copied(service: Service, page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(service.url)
    assert len(page.locator(".lead").inner_text().split()) <= MOST_WORDS
    press(page, "Copy: Command to store measurements")
    expect(page.get_by_role("status")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("pre").last.inner_text()


def test_the_commands_of_the_landing_page_work_as_they_stand(service: Service, page: Page) -> None:
    page.goto(service.url)
    sign_up, confirm, make_key, store = page.locator("pre").all_inner_texts()
    asked = sign_up.replace("YOU@EXAMPLE.ORG", f"browser{next(numbers)}@{DOMAIN}")
    sent = run(asked.replace('"language"', '"test": true, "language"'))
    token = run(confirm.replace("ID", sent["confirmation"]).replace("CHECK", sent["check"]))["token"]
    made = run(make_key.replace("TOKEN", token))["apikey"]
    stored = run(store.replace("KEY:SECRET", f"{made['key']}:{made['secret']}"))["set"]
    assert (stored["name"], stored["measies"]) == ("Alice", {"chest": 920, "waist": 760})
