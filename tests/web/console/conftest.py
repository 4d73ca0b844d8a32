"""A server with its limits on and mails in an outbox, and visitors of its console."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.service import Person, Service
from tests.web.console.visitor import Visitor


@pytest.fixture(scope="session")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The server. All its visitors have one address, so that more sign-ups than usual are allowed."""
    quotas = "sign-ups=2000,mails=2000,sign-ins=2000,address-burst=20000,address-day=200000"
    running = Service(tmp_path_factory.mktemp("console"), limits="on", quotas=quotas)
    try:
        yield running.start()
    finally:
        running.close()


@pytest.fixture
def owner(limited: Service) -> Person:
    """An account owner."""
    return limited.sign_up()


@pytest.fixture
def visitor(limited: Service, page: Page, complaints: list[str]) -> Iterator[Visitor]:
    """A visitor of the console. The browser must not complain, except about rejected requests of forms.

    What a view reads by itself must not be rejected either, unless the test names it in `expected`.
    """
    visitor = Visitor(limited, page)
    visitor.watch()
    yield visitor
    # The browser reports each response of 400 and more by itself.
    assert [said for said in complaints if "Failed to load resource" not in said] == []
    assert visitor.rejected - visitor.expected == set()
