"""Write screenshots of the console, with sample data, for reports and for the documentation.

Usage: python -m tests.web.console.screenshots [--docs]

The views of account owners are written to `reports/console/`, wide and narrow, light and dark; with --docs three of
them also to `docs/`.
"""

import argparse
import io
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from tests.handlers.test_usage import number, today, used
from tests.service import ROOT, Person, Service
from tests.web.accessibility import COLOURS
from tests.web.conftest import ARGUMENTS, BROWSERS, MILLISECONDS
from tests.web.console.visitor import DESK, PHONE, Visitor

REPORTS = ROOT / "reports" / "console"
# Those of the documentation, with their heights.
DOCS = {"keys": 500, "set": 800, "usage": 980}
HEIGHT = 800
DAYS = 30


def sample_data(service: Service) -> tuple[Person, dict[str, str]]:
    """An account with keys, calls, and records; the paths of its views."""
    alice = service.sign_up()
    alice.patch("/account", {"username": "Alice"})
    keys = {
        name: alice.new_key(3, expires_in=90 * 86_400, name=name) for name in ("pattern editor", "nightly backup")
    }
    for day in range(1, DAYS):
        at = today() - timedelta(days=day)
        used(alice, at=at, calls=20 + day * 37 % 60, key_id=number(keys["pattern editor"]), operation="list_sets")
        used(alice, at=at, calls=5 + day * 11 % 25, key_id=number(keys["pattern editor"]), operation="update_set")
        used(alice, at=at, calls=24, key_id=number(keys["nightly backup"]), operation="list_patterns")
    for key in keys.values():
        key.get("/sets")
    size = service.http.get("/curated-sets").json()["curatedSets"][4]
    made = alice.new_set(name="Alice", measies=size["measies"], notes="Measured in November.", public=True)
    pattern = alice.new_pattern(name="Linen shirt", design="simon", set=made["id"])
    alice.new_bookmark(title="How to sew a placket", url="https://example.org/placket")
    paths = {
        "keys": "/keys",
        "key": f"/keys/{keys['pattern editor'].key}",
        "key-new": "/keys/new",
        "usage": "/usage",
        "sets": "/sets",
        "set": f"/sets/{made['id']}",
        "set-new": "/sets/new",
        "set-edit": f"/sets/{made['id']}/edit",
        "set-import": "/sets/import",
        "patterns": "/patterns",
        "pattern": f"/patterns/{pattern['id']}",
        "bookmarks": "/bookmarks",
        "security": "/security",
        "account": "/account",
    }
    return alice, paths


def shoot(page: Page, path: Path, height: int | None = None) -> None:
    """Write a PNG file of the page, or of its upper part, without an alpha channel."""
    image = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
    image.crop((0, 0, image.width, height or image.height)).save(path, optimize=True)


def shoot_views(visitor: Visitor, paths: dict[str, str], *, docs: bool) -> None:
    """Write every view in each width and scheme of colours."""
    page = visitor.page
    for width in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        for colours in COLOURS:
            page.emulate_media(color_scheme=colours, reduced_motion="reduce")
            for name, path in paths.items():
                # A new document: its charts are drawn for this width, and no earlier view is in it.
                page.goto("about:blank")
                visitor.open(path)
                expect(page.locator(".loading, [aria-busy]")).to_have_count(0)
                page.wait_for_load_state("networkidle")
                shoot(page, REPORTS / f"{name}-{width}-{colours}.png")
                if docs and name in DOCS and (width, colours) == (DESK, "light"):
                    shoot(page, ROOT / "docs" / f"console-{name}.png", DOCS[name])


def main() -> None:
    """Start a server and a browser, and write the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", action="store_true", help="also write the pictures in docs/")
    options = parser.parse_args()
    REPORTS.mkdir(parents=True, exist_ok=True)
    browser = next(filter(None, map(shutil.which, BROWSERS)))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        service = Service(Path(folder), limits="on").start()
        try:
            chromium = playwright.chromium.launch(executable_path=browser, args=ARGUMENTS)
            page = chromium.new_page()
            page.set_default_timeout(MILLISECONDS)
            visitor = Visitor(service, page)
            person, paths = sample_data(service)
            visitor.sign_in(person)
            shoot_views(visitor, paths, docs=options.docs)
            chromium.close()
        finally:
            service.close()


if __name__ == "__main__":
    main()
