"""How the console is served: its policy, its cache, its size, and what the compiler checks."""

import re
import shutil
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Page, Response, expect

from tests.service import ROOT, Service
from tests.web.console.visitor import Visitor
from tools.lint import console, lint

LARGEST_FIRST_VIEW = 150_000


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere(limited: Service) -> None:
    reply = limited.http.get("/console/")
    policy = dict(part.split(" ", 1) for part in reply.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'" and policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["connect-src"] == "'self'" and policy["require-trusted-types-for"] == "'script'"
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert "<style" not in reply.text and not re.search(r"<script>| on\w+=| style=", reply.text)


def test_files_are_compressed_and_revalidated(limited: Service) -> None:
    reply = limited.http.get("/console/api.js", headers={"Accept-Encoding": "gzip"})
    assert reply.headers["content-encoding"] == "gzip" and "accept-encoding" in reply.headers["vary"].lower()
    assert reply.headers["cache-control"] == "no-cache"
    again = limited.http.get("/console/api.js", headers={"If-None-Match": reply.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (
        "content-encoding" not in limited.http.get("/console/api.js", headers={"Accept-Encoding": "identity"}).headers
    )


def test_the_first_view_is_small(visitor: Visitor, page: Page) -> None:
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))
    visitor.open("/sign-in")
    page.wait_for_load_state("networkidle")
    assert sum(len(response.body()) for response in responses) < LARGEST_FIRST_VIEW


def test_pages_link_to_the_console(limited: Service, page: Page) -> None:
    for path in ("/", "/docs/"):
        page.goto(limited.url + path)
        page.get_by_label("Pages").get_by_role("link", name="Console").click()
        expect(page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()


@pytest.fixture
def types(tmp_path: Path) -> Path:
    """A copy of the console, to be checked."""
    return Path(shutil.copytree(ROOT / "web", tmp_path / "web"))


def test_the_types_are_those_of_the_document(types: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = yaml.safe_load(lint.DEFAULT_DOCUMENT.read_text(encoding="utf-8"))
    del document["components"]["schemas"]["Session"]["properties"]["current"]
    document["components"]["schemas"]["Session"]["required"].remove("current")
    changed = tmp_path / "openapi.yaml"
    changed.write_text(yaml.safe_dump(document), encoding="utf-8")
    try:
        assert console.check(changed, types) == lint.FOUND
    except lint.LintError as error:
        if error.code != lint.UNREACHABLE:
            raise
        pytest.skip(str(error))
    assert "Property 'current' does not exist" in capsys.readouterr().out
