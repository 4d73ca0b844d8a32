"""The documentation in a real browser: tried out with a key and with a token, by mouse, keyboard and address."""

import json

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from tests.service import Person, Service
from tests.web.accessibility import violations
from tests.web.actions import press
from tests.web.test_pages_in_browser import PHONE

# Which engine stores the data makes no difference to a page.
pytestmark = pytest.mark.parametrize("service", ["sqlite"], indirect=True)

# Of each address of an operation whose name has `_` in it, which opens all the same; and of Swagger UI's own dialog.
HARMLESS = ("escaping deep link whitespace with `_`", "Input elements should have autocomplete attributes")
CREATE = "#/Measurement%20sets/create_set"


def operation(page: Page, name: str) -> Locator:
    """An operation in Swagger UI."""
    return page.locator(f"[id='operations-{name.replace('/', '-').replace(' ', '_')}']")


def authorize(page: Page, person: Person, kind: str) -> None:
    """Enter a token or a key into Swagger UI's dialog."""
    press(page, "Authorize")
    dialog = page.locator(".dialog-ux")
    if kind == "token":
        dialog.get_by_label("auth-bearer-value").fill(person.token)
    else:
        key = person.new_key(3)
        dialog.get_by_label("auth-basic-username").fill(key.key)
        dialog.get_by_label("auth-basic-password").fill(key.secret)
    page.keyboard.press("Enter")
    dialog.get_by_text("Logout").wait_for()
    dialog.locator(".close-modal").click()


@pytest.mark.parametrize("kind", ["key", "token"])
def test_what_is_authorized_and_tried_out_is_done(
    service: Service, page: Page, alice: Person, requests: list[Request], complaints: list[str], kind: str
) -> None:
    page.goto(f"{service.url}/docs/{CREATE}")
    authorize(page, alice, kind)
    create = operation(page, "Measurement sets/create_set")
    create.get_by_role("textbox").last.fill(json.dumps({"name": "Tried out", "measies": {"chest": 910}}))
    create.get_by_role("button", name="Execute").click()
    expect(create.locator(".live-responses-table .response-col_status").last).to_have_text("201")
    [stored] = alice.every("/sets", "sets")
    assert (stored["name"], stored["measies"]) == ("Tried out", {"chest": 910})
    assert not [complaint for complaint in complaints if not any(known in complaint for known in HARMLESS)]
    assert not [sent.url for sent in requests if not sent.url.startswith((f"{service.url}/", "data:"))]


def test_what_is_entered_is_gone_with_the_page(service: Service, page: Page, alice: Person) -> None:
    page.goto(f"{service.url}/docs/#/Sign-up%20and%20sign-in/who_am_i")
    authorize(page, alice, "token")
    assert page.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0
    page.reload()
    press(page, "Authorize")
    expect(page.locator(".dialog-ux").get_by_label("auth-bearer-value")).to_have_value("")


def test_the_address_of_an_operation_opens_it_when_it_is_typed_anew(service: Service, page: Page) -> None:
    page.goto(f"{service.url}/docs/")
    page.locator("#operations-tag-Measurement_sets").click()
    operation(page, "Measurement sets/create_set").locator(".opblock-summary").click()
    expect(page).to_have_url(f"{service.url}/docs/{CREATE}")
    anew = page.context.new_page()
    anew.goto(page.url)
    expect(operation(anew, "Measurement sets/create_set").get_by_role("button", name="Execute")).to_be_visible()
    expect(operation(anew, "Measurement sets/create_set").locator(".opblock-summary")).to_be_in_viewport()


def test_the_samples_of_an_operation_are_shown_to_try_out_and_to_read(
    service: Service, page: Page, complaints: list[str]
) -> None:
    page.goto(f"{service.url}/docs/{CREATE}")
    samples = operation(page, "Measurement sets/create_set").locator(".samples")
    expect(samples.locator("summary")).to_have_text(["curl", "Python", "TypeScript"])
    samples.get_by_text("Python", exact=True).click()
    expect(samples.locator("pre").nth(1)).to_contain_text(f'requests.post("{service.url}/sets"')
    page.goto(f"{service.url}/docs/reference#tag/Measurement-sets/operation/create_set")
    page.get_by_role("tab", name="Python").first.click()
    expect(page.get_by_text("import requests").first).to_be_visible()
    assert not [complaint for complaint in complaints if not any(known in complaint for known in HARMLESS)]


def test_an_operation_is_found_and_opened_by_keyboard(service: Service, page: Page) -> None:
    page.goto(f"{service.url}/docs/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.get_by_placeholder("Filter by tag").focus()
    page.keyboard.type("Bookmarks")
    page.keyboard.press("Tab")
    reach(page, "Bookmarks")
    page.keyboard.press("Enter")
    expect(operation(page, "Bookmarks/list_bookmarks")).to_be_visible()


def reach(page: Page, text: str) -> None:
    """Press Tab until something with this text has the focus."""
    for _ in range(10):
        if text in str(page.evaluate("document.activeElement.closest('h3, .opblock')?.innerText ?? ''")):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{text} cannot be reached by keyboard")


def test_the_guide_is_the_introduction_of_the_document(service: Service, page: Page) -> None:
    page.goto(f"{service.url}/docs/#limits")
    expect(page.get_by_role("heading", name="Limits")).to_be_in_viewport()
    description = service.http.get("/openapi.json").json()["info"]["description"]
    titles = [line.removeprefix("## ") for line in description.splitlines() if line.startswith("## ")]
    assert page.locator("main h2").all_inner_texts() == [*titles, "Operations"]
    assert page.get_by_label("Contents").get_by_role("link").all_inner_texts() == [*titles, "Operations"]


def shown(page: Page) -> set[str]:
    """The languages of the code that can be seen."""
    return set(page.locator("figure:visible").evaluate_all("all => all.map(one => one.dataset.language)"))


def test_the_tour_is_shown_in_the_language_that_is_chosen_and_in_the_address(service: Service, page: Page) -> None:
    page.goto(f"{service.url}/docs/start")
    assert shown(page) == {"sh", "text"}
    page.get_by_role("radio", name="curl", exact=True).focus()
    page.keyboard.press("ArrowRight")
    assert shown(page) == {"python", "text"}
    page.get_by_role("radio", name="R", exact=True).check()
    assert shown(page) == {"r", "text"}
    anew = page.context.new_page()
    anew.goto(page.url)
    assert shown(anew) == {"r", "text"}
    anew.get_by_role("radio", name="TypeScript", exact=True).check()
    assert shown(anew) == {"ts", "text"}


def test_a_piece_of_the_tour_is_copied(service: Service, page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{service.url}/docs/start?in=python")
    page.get_by_role("button", name="Copy: Python").first.click()
    expect(page.get_by_role("status")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("code.language-python").first.inner_text()


def test_the_tour_can_be_read_without_a_script(service: Service, page_without_script: Page) -> None:
    page = page_without_script
    page.goto(f"{service.url}/docs/start")
    page.get_by_role("radio", name="R", exact=True).check()
    expect(page.locator("figure[data-language=r]").first).to_be_visible()
    expect(page.locator("figure[data-language=sh]").first).to_be_hidden()


def test_the_reference_is_searched_and_its_addresses_lead_to_operations(
    service: Service, page: Page, complaints: list[str]
) -> None:
    page.goto(f"{service.url}/docs/reference#tag/Measurement-sets/operation/create_set")
    expect(page.get_by_role("heading", name="Create a measurement set")).to_be_in_viewport()
    page.get_by_placeholder("Search...").fill("shoulder slope")
    page.get_by_placeholder("Search...").fill("bookmark")
    expect(page.get_by_role("menuitem").filter(has_text="Create a bookmark").first).to_be_visible()
    assert complaints == []


def test_a_reference_that_cannot_be_shown_says_so(service: Service, page: Page) -> None:
    page.route("**/openapi.json", lambda route: route.fulfill(status=429, json={"error": "quotaExceeded"}))
    page.goto(f"{service.url}/docs/reference")
    expect(page.get_by_text("The reference could not be shown.")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/docs/", "/docs/start", "/docs/errors"])
def test_a_page_is_accessible_in_light_and_dark_colours(service: Service, page: Page, path: str) -> None:
    """Contrast, names, sizes of targets, and more (WCAG 2.2, A and AA), in all but Swagger UI."""
    page.set_viewport_size({"width": PHONE, "height": 700})
    page.goto(service.url + path)
    assert violations(page, exclude=["#try"]) == []
