"""Story 7: usage and quotas."""

import re
from datetime import timedelta

from playwright.sync_api import Page, Route, expect

from tests.handlers.test_usage import number, today, used
from tests.service import Person, Service, wait_until
from tests.web.actions import field, press
from tests.web.console.visitor import PHONE, Visitor, assert_accessible

TITLE = "Usage and quotas"


def test_usage_is_shown_beside_the_quotas_as_charts_and_tables(visitor: Visitor, owner: Person, page: Page) -> None:
    key = owner.new_key(name="<b>mine</b>")
    used(owner, at=today() - timedelta(days=2), calls=70, operation="list_sets")
    used(owner, at=today() - timedelta(days=1), calls=30, key_id=number(key), status=4)
    visitor.sign_in(owner)
    page.get_by_label("Console", exact=True).get_by_role("link", name="Usage").click()
    expect(visitor.title(TITLE)).to_be_focused()
    day = page.get_by_role("listitem").filter(has_text="Units a day, account")
    expect(day).to_contain_text(re.compile(r"\d+ of 100,000 Resets in \d+ (hour|minute)s?"))
    for chart in ("operation", "key"):
        image = page.get_by_role("img", name=f"Chart of the calls of each day by {chart}")
        expect(image).to_be_visible()
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 300
    expect(page.get_by_role("row", name="list_sets")).to_contain_text("70")
    expect(page.get_by_role("row", name="<b>mine</b>")).to_contain_text("30")
    expect(page.get_by_role("row", name="Sessions and deleted keys")).to_contain_text("7")
    lists, saved = page.get_by_role("table").last.bounding_box(), page.locator(".download").bounding_box()
    assert lists and saved and saved["y"] >= lists["y"] + lists["height"] + 8
    assert_accessible(page)
    page.get_by_role("link", name="<b>mine</b>").click()
    expect(visitor.title("<b>mine</b>")).to_be_visible()


def test_on_a_phone_the_top_is_small_and_the_operations_are_folded(
    visitor: Visitor, owner: Person, page: Page
) -> None:
    used(owner, at=today(), operation="list_sets")
    page.set_viewport_size({"width": PHONE, "height": 740})
    visitor.sign_in(owner, "/usage")
    expect(page.locator("summary", has_text="By operation")).to_be_visible()
    expect(page.get_by_role("table", name="By operation")).to_be_hidden()
    box = page.locator("#content").bounding_box()
    assert box and box["y"] < 180


def test_charts_are_drawn_anew_when_the_window_gets_another_width(
    visitor: Visitor, owner: Person, page: Page
) -> None:
    used(owner, at=today(), operation="list_sets")
    page.set_viewport_size({"width": 1280, "height": 800})
    visitor.sign_in(owner, "/usage")
    image = page.get_by_role("img", name="Chart of the calls of each day by operation")
    wide = image.evaluate("image => image.decode().then(() => image.naturalWidth)")
    with page.expect_response(lambda reply: "usage.svg?by=operation" in reply.url) as drawn:
        page.set_viewport_size({"width": 600, "height": 800})
    assert drawn.value.ok
    wait_until(lambda: image.evaluate("image => image.naturalWidth") < min(600, wide), "another chart")


def test_charts_are_in_the_language_of_the_console(
    visitor: Visitor, owner: Person, limited: Service, page: Page
) -> None:
    assert owner.get("/account").json()["account"]["language"] == "en"
    key = owner.new_key(name="mein")
    used(owner, at=today(), calls=1234, key_id=number(key), operation="list_sets")
    drawn: list[str] = []

    def noted(route: Route) -> None:
        reply = route.fetch()
        drawn.append(reply.text())
        route.fulfill(response=reply)

    page.route("**/usage.svg?**", noted)
    admin = limited.sign_up("admin")
    for reader, path, charts in ((owner, "/usage", 2), (owner, f"/keys/{key.key}", 1), (admin, "/monitoring", 1)):
        visitor.sign_in(reader, path, language="de")
        expect(page.get_by_role("img", name="Aufrufe")).to_have_count(charts)
    assert ['xml:lang="de"' in image for image in drawn] == [True] * 4
    assert "Aufrufe der Konten von " in drawn.pop()
    for image in drawn:
        assert "Aufrufe nach " in image
        assert re.search(r"Aufrufe: 1\.2\d\d, davon 0 mit Fehler\.", image)


def test_without_calls_and_without_an_answer_the_view_says_so(visitor: Visitor, owner: Person, page: Page) -> None:
    page.route("**/quota-requests?**", lambda route: route.abort())
    page.route("**/account/usage?by=key", lambda route: route.fulfill(status=503, json={"error": "unavailable"}))
    page.route(
        "**/account/usage?by=operation",
        lambda route: route.fulfill(json={"usage": {"rows": [], "totals": {"calls": 0, "errors": 0}}}),
    )
    visitor.sign_in(owner, "/usage", language="de")
    expect(page.get_by_text("Keine Aufrufe in den letzten 30 Tagen.")).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="in einer Minute")).to_be_visible()
    page.unroute("**/quota-requests?**")
    page.locator(".failure").last.get_by_role("button").click()
    expect(page.get_by_text("Du hast kein höheres Kontingent beantragt.")).to_be_visible()


def test_a_higher_quota_is_requested_and_its_answer_is_shown(
    visitor: Visitor, owner: Person, limited: Service, page: Page
) -> None:
    owner.new_key(name="busy")
    visitor.sign_in(owner, "/usage")
    for purpose in ("A study", "Withdrawn"):
        press(page, "Request a higher quota")
        dialog = page.get_by_role("dialog")
        field(page, "Quota").select_option("day" if purpose == "A study" else "account-day")
        if purpose == "A study":
            expect(field(page, "API key")).to_have_value(re.compile("^.{36}$"))
            assert_accessible(page)
        field(page, "Requested amount").fill("200000")
        field(page, "Purpose").fill(purpose)
        press(page, "Send the request")
        expect(dialog).to_be_hidden()
        expect(page.get_by_role("row", name=purpose)).to_contain_text("200,000, 30 days")
    page.get_by_role("row", name="Withdrawn").get_by_role("button", name="Withdraw").click()
    expect(page.get_by_role("row", name="Withdrawn")).to_be_hidden()
    [asked] = owner.get("/quota-requests").json()["requests"]
    decision = {"state": "declined", "answer": "Use the <export>."}
    assert limited.sign_up("admin").patch(f"/admin/quota-requests/{asked['id']}", decision).status_code == 200
    page.reload()
    row = page.get_by_role("row", name="A study")
    expect(row).to_contain_text("Declined")
    expect(row).to_contain_text("Use the <export>.")
