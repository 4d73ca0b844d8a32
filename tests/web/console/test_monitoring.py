"""Story 8: administrators watch the use of the server, and act on it."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from storage.schema.fair_use import usage_hours
from tests.handlers.test_usage import number, this_hour, today, used
from tests.service import Person, Service, wait_until
from tests.web.actions import field, press
from tests.web.console.visitor import Visitor, assert_accessible

# More than other tests use the server.
MANY = 10**12
MENU = "Monitoring"


@pytest.fixture
def staff(limited: Service) -> Person:
    """An administrator."""
    return limited.sign_up("admin")


def test_the_heaviest_are_shown_as_chart_and_table_that_refresh(
    visitor: Visitor, owner: Person, staff: Person, page: Page
) -> None:
    key = owner.new_key(name="heavy <i>")
    used(owner, at=today(), calls=MANY, key_id=number(key), status=5, operation="first")
    used(owner, at=this_hour(), calls=7 * MANY, operation="first", table=usage_hours)
    page.clock.install()
    visitor.sign_in(staff)
    page.get_by_label("Console", exact=True).get_by_role("link", name=MENU).click()
    expect(visitor.title(MENU)).to_be_focused()
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=f"user-{owner.id}", exact=True))
    expect(field(page, "Period")).to_have_value("now")
    expect(row).to_contain_text("7,000,000,000,")
    field(page, "Period").select_option("day")
    expect(row).to_contain_text("1,000,000,000,")
    image = page.get_by_role("img", name="Chart: Accounts")
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 300
    assert_accessible(page)
    used(owner, at=today(), calls=MANY, operation="second")
    page.clock.run_for("01:01")
    expect(row).to_contain_text("2,000,000,000,")
    field(page, "Show").select_option("keys")
    field(page, "First").select_option("errors")
    field(page, "Period").select_option("month")
    expect(page.get_by_role("row", name="heavy <i>")).to_contain_text("1,000,000,000,")
    page.reload()
    expect(field(page, "Show")).to_have_value("keys")
    page.get_by_role("link", name="heavy <i>").click()
    press(page, "Revoke the key")
    field(page, "Reason").fill("It never stopped.")
    page.get_by_role("dialog").get_by_role("button", name="Revoke the key").click()
    expect(page.get_by_text("It never stopped.")).to_be_visible()
    assert owner.get(f"/apikeys/{key.key}").json()["apikey"]["revokedBy"] == "staff"


def test_a_quota_is_set_until_a_day_and_removed(visitor: Visitor, owner: Person, staff: Person, page: Page) -> None:
    used(owner, at=today(), calls=MANY + owner.id)
    visitor.sign_in(staff, "/monitoring?period=day")
    page.get_by_role("link", name=f"user-{owner.id}", exact=True).click()
    expect(page.get_by_text("The usual quotas apply.")).to_be_visible()
    press(page, "Set a quota")
    field(page, "Amount").fill("5000")
    day = (datetime.fromisoformat(field(page, "Until").input_value()) - timedelta(days=10)).date().isoformat()
    field(page, "Until").fill(day)
    field(page, "Reason").fill("Too <many>.")
    assert_accessible(page)
    page.get_by_role("dialog").get_by_role("button", name="Set a quota").click()
    expect(page.get_by_role("row", name="Units a day, account")).to_contain_text("5,000")
    [quota] = staff.get(f"/admin/quotas?user={owner.id}").json()["quotas"]
    assert (quota["policy"], quota["quota"], quota["until"][:10]) == ("account-day", 5000, day)
    expect(page.get_by_role("row", name="Too <many>.")).to_be_visible()
    assert_accessible(page)
    press(page, "Remove")
    expect(page.get_by_text("The usual quotas apply.")).to_be_visible()


def test_an_account_is_blocked_and_unblocked(visitor: Visitor, owner: Person, staff: Person, page: Page) -> None:
    visitor.sign_in(staff, f"/monitoring/accounts/{owner.id}")
    press(page, "Block the account")
    page.get_by_role("dialog").get_by_role("button", name="Block the account").click()
    expect(page.get_by_role("button", name="Unblock the account")).to_be_visible()
    assert owner.get("/account").status_code in (401, 403)
    expect(page.get_by_role("row", name="updateUser")).to_contain_text("role: user → blocked")
    press(page, "Unblock the account")
    page.get_by_role("dialog").get_by_role("button", name="Unblock the account").click()
    expect(page.get_by_role("button", name="Block the account", exact=True)).to_be_visible()


def test_quota_requests_are_granted_and_declined(visitor: Visitor, owner: Person, staff: Person, page: Page) -> None:
    for policy in ("account-day", "records"):
        body = {"policy": policy, "quota": 200_000, "days": 30, "purpose": f"{policy} of {owner.id}"}
        assert owner.post("/quota-requests", body).status_code == 201
    visitor.sign_in(staff, "/monitoring/requests")
    for policy, button in (("account-day", "Grant"), ("records", "Decline")):
        row = page.get_by_role("row", name=f"{policy} of {owner.id}")
        row.get_by_role("button", name=button).click()
        if button == "Grant":
            field(page, "Amount").fill("150000")
            assert_accessible(page)
        field(page, "Answer").fill("So be it.")
        page.get_by_role("dialog").get_by_role("button", name=button).click()
        expect(row).to_be_hidden()
    decided = {one["policy"]: one for one in owner.get("/quota-requests").json()["requests"]}
    assert (decided["account-day"]["state"], decided["account-day"]["quota"]) == ("granted", 150_000)
    assert (decided["records"]["state"], decided["records"]["answer"]) == ("declined", "So be it.")


def test_the_audit_log_is_shown_page_by_page(visitor: Visitor, staff: Person, page: Page) -> None:
    for _ in range(51):
        staff.get("/admin/quotas")
    visitor.sign_in(staff, "/monitoring/audit")
    rows = page.get_by_role("row", name="listQuotas")
    expect(rows).to_have_count(50)
    press(page, "Show more")
    expect(rows).not_to_have_count(50)
    assert_accessible(page)


def test_a_rejected_request_of_a_key_is_listed_with_its_operation_and_status(
    visitor: Visitor, owner: Person, staff: Person, page: Page
) -> None:
    key = owner.new_key(level=1, name=f"<i>{owner.id}")
    page.clock.install()
    visitor.sign_in(staff, "/monitoring/recent?kind=slow")
    page.get_by_role("link", name="Rejected or failed").click()
    row = page.get_by_role("row", name="GET list_acts").filter(has=page.get_by_role("link", name=f"<i>{owner.id}"))
    expect(page.get_by_text("As of ")).to_be_visible()
    expect(row).to_be_hidden()
    assert key.get("/admin/acts").status_code == 403
    wait_until(lambda: key.key in staff.get("/admin/requests").text, "the request")
    page.clock.run_for("01:01")
    expect(row).to_contain_text("403 insufficientAccessLevel")
    expect(row.get_by_role("link", name=f"user-{owner.id}", exact=True)).to_be_visible()
    assert_accessible(page)


def test_others_see_no_entry_and_are_rejected_by_the_api(visitor: Visitor, owner: Person, page: Page) -> None:
    visitor.expected |= {"403 /admin/usage", "403 /admin/usage.svg"}
    visitor.sign_in(owner, "/monitoring", language="fr")
    expect(page.get_by_role("alert")).to_contain_text("level 9")
    expect(page.get_by_role("link", name="Surveillance")).to_have_count(0)
