"""Pages: they load nothing from elsewhere, and the pages of links do nothing by themselves."""

import re
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from tests.contract.checks.test_addresses import another_address, ask_for_a_change
from tests.contract.deployment import Deployment

PAGES = (
    *("read_landing_page", "read_docs_page", "read_tour_page", "read_reference_page", "read_errors_page"),
    "read_console_page",
)
_LOADED = re.compile(r"<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)=[\"']([^\"']+)", re.IGNORECASE)


@pytest.mark.parametrize("name", PAGES)
def test_pages_load_nothing_from_elsewhere(there: Deployment, name: str) -> None:
    reply = there.call(name)
    assert reply.status_code == 200
    own = urlsplit(there.published["servers"][0]["url"]).netloc
    loaded = {urlsplit(address).netloc for address in _LOADED.findall(reply.text)}
    assert loaded <= {"", own}, f"a page loads from {sorted(loaded - {'', own})}"
    policy = reply.headers.get("content-security-policy", "")
    assert "default-src" in policy and "unsafe-eval" not in policy, "a page has no policy of what it may load"


def test_every_error_is_explained(there: Deployment) -> None:
    page = there.call("read_errors_page").text
    codes = there.published["components"]["schemas"]["ErrorCode"]["enum"]
    missing = [code for code in codes if f'id="{code}"' not in page]
    assert not missing, f"errors are not explained: {missing}"


def test_it_is_alive_and_ready(there: Deployment) -> None:
    for name in ("check_health", "check_readiness"):
        reply = there.call(name)
        assert (reply.status_code, reply.json()["result"]) == (200, "success"), f"{name}: {reply.status_code}"


def test_the_page_of_a_link_does_nothing_by_itself(there: Deployment) -> None:
    person = there.new_session()
    asked = ask_for_a_change(there, person, another_address(there, "page"))
    link = {"type": "emailchange", "id": asked["confirmation"], "check": asked["check"]}
    for _ in range(2):
        assert there.call("read_confirmation_page", **link).status_code == 200
    pending = there.call("read_email_change", person).json()["emailChange"]
    unchanged = there.call("read_account", person).json()["account"]["email"] == there.traveller
    if pending:
        there.call("cancel_email_change", person)
    assert pending and unchanged, "opening the page of a link uses it"
    unknown = there.call("read_confirmation_page", **{**link, "id": str(uuid4())})
    assert unknown.status_code == 200, "the page of an unknown link differs"
