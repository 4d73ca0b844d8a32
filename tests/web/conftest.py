"""A real browser."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from tests.service import PATIENCE

# The headless shell first: it draws no window, which takes two thirds of the processor time of a page.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MILLISECONDS = PATIENCE * 1000
expect.set_options(timeout=MILLISECONDS)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine, for consecutive modules; without one tests are skipped, and with CI=true fail.

    It ends before other tests: in this thread they could have no event loop of their own.
    """
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        reason = "no Chromium is installed (apt-get install chromium-headless-shell)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=ARGUMENTS, timeout=MILLISECONDS)
        yield running
        running.close()


@pytest.fixture
def requests() -> list[Request]:
    """The requests of the page."""
    return []


@pytest.fixture
def complaints() -> list[str]:
    """The messages on the console of the browser, and uncaught errors."""
    return []


@pytest.fixture
def page_without_script(browser: Browser) -> Iterator[Page]:
    """A page in a new context that runs no scripts."""
    context = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(MILLISECONDS)
    yield context.new_page()
    context.close()


@pytest.fixture
def page(browser: Browser, requests: list[Request], complaints: list[str]) -> Iterator[Page]:
    """A page in a new context: no cookies, no storage, no cache."""
    context = browser.new_context()
    context.set_default_timeout(MILLISECONDS)
    page = context.new_page()
    page.on("request", lambda sent: requests.append(sent))
    page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
