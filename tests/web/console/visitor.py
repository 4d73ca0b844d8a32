"""What visitors of the console do, and what holds on each of its views."""

import json
from dataclasses import dataclass
from dataclasses import field as member
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, Request, Response, expect

from tests.service import Person, Service
from tests.web.accessibility import WCAG, violations
from tests.web.actions import field, press

PHONE, DESK = 360, 1280
REJECTED = 4


@dataclass
class Visitor:
    """A page of a browser, and the server that it visits."""

    service: Service
    page: Page
    # Reads that were rejected, and those that a test expects: "401 /account".
    rejected: set[str] = member(default_factory=set)
    expected: set[str] = member(default_factory=set)
    # Reads that overlap with no change (any other method than GET), and changes without a response.
    separate_reads: set[Request] = member(default_factory=set)
    changes: set[Request] = member(default_factory=set)

    def watch(self) -> None:
        """Note the requests of the page from now on."""
        self.page.on("request", self.note_request)
        self.page.on("response", self.note_response)
        self.page.on("requestfinished", self.note_end)
        self.page.on("requestfailed", self.note_end)

    def note_request(self, request: Request) -> None:
        """Note a change, or a read that overlaps with none: a change may delete its record, or end its token."""
        if request.method != "GET":
            self.changes.add(request)
            self.separate_reads.clear()
        elif not self.changes:
            self.separate_reads.add(request)

    def note_end(self, request: Request) -> None:
        """Note the end of a change: reads that begin later do not overlap with it."""
        self.changes.discard(request)

    def note_response(self, response: Response) -> None:
        """Note a read that the server rejected. A server that fails is no fault of a view."""
        if response.status // 100 == REJECTED and response.request in self.separate_reads:
            self.rejected.add(f"{response.status} {urlsplit(response.url).path}")

    def open(self, path: str = "/") -> None:
        """Open the address of a view, and wait for the view."""
        self.page.goto(f"{self.service.url}/console/#{path}")
        expect(self.page.locator("#content h1")).to_be_visible()

    def sign_in(self, person: Person, path: str = "/", *, language: str = "en") -> None:
        """Begin in the session of this person, as a sign-in would leave it in the tab."""
        account = person.get("/account").json()["account"]
        kept = {name: account[name] for name in ("id", "username", "role", "language", "consent")}
        session = json.dumps({"token": person.token, "account": kept})
        self.page.goto(f"{self.service.url}/health")
        self.page.evaluate("session => sessionStorage.setItem('freesewing.session', session)", session)
        self.page.evaluate("language => localStorage.setItem('freesewing.language', language)", language)
        self.open(path)

    def fill(self, label: str, value: str) -> None:
        """Fill in a field."""
        field(self.page, label).fill(value)

    def press(self, name: str) -> None:
        """Press a button."""
        press(self.page, name)

    def title(self, text: str) -> Locator:
        """The title of the view."""
        return self.page.get_by_role("heading", level=1, name=text, exact=True)

    def stored(self) -> dict[str, Any]:
        """What the tab keeps."""
        kept: dict[str, Any] = self.page.evaluate("({...sessionStorage})")
        return kept


def assert_accessible(page: Page, *, exclude: tuple[str, ...] = ()) -> None:
    """axe finds nothing, in light and dark, narrow and wide; nothing is wider than the window."""
    found: list[tuple[Any, ...]] = []
    for width in (PHONE, DESK):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"wider than {width} px"
        found += [(width, *one) for one in violations(page, (*WCAG, "best-practice"), exclude=exclude)]
    assert found == [], found
