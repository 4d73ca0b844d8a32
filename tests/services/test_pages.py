"""The pages, as files: whole, at home on this server, and readable without a mouse or eyes."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from core import document
from services.pages import guides, service_pages
from services.pages.service_pages import Pages

ADDRESS = "http://127.0.0.1:8000"
PAGES = Pages(ADDRESS)
STATIC = service_pages.WEB / "static"
SCRIPTS = sorted([*STATIC.glob("*.js"), *service_pages.CONSOLE.rglob("*.js")])
SHEETS = sorted([*STATIC.glob("*.css"), *service_pages.CONSOLE.glob("*.css")])
NAMES = sorted(path.stem for path in service_pages.WEB.glob("*.html"))
FIELDS = {"input", "select", "textarea"}
Attributes = dict[str, str]


class Reader(HTMLParser):
    """Every element of a page what stands in its scripts, and the fields within labels."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, Attributes]] = []
        self.scripts = ""
        self.labelled: list[Attributes] = []
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        if tag in FIELDS and "label" in self._open:
            self.labelled.append(attributes)
        if tag in ("label", "script"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            self._open.remove(tag)

    def handle_data(self, data: str) -> None:
        if "script" in self._open:
            self.scripts += data.strip()

    def values(self, tag: str, name: str) -> list[str]:
        """This attribute of every such element that has it."""
        return [has[name] for found, has in self.elements if found == tag and name in has]


@pytest.fixture(params=NAMES)
def page(request: pytest.FixtureRequest) -> Reader:
    """A page as it is served."""
    return Reader(served(request.param))


def served(name: str) -> str:
    """A page as it is served."""
    return PAGES.page_of_text(name) if name in ("docs", "start") else PAGES.page(name)


def resources(page: Reader) -> list[str]:
    """The addresses of all that a browser loads with the page."""
    return page.values("script", "src") + page.values("link", "href") + page.values("img", "src")


def test_there_are_the_pages_that_the_document_names() -> None:
    pages = {"console", "docs", "errors", "landing", "reference", "start", "unsubscribe", "unsubscribed"}
    assert set(NAMES) == pages


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_no_marker_left(name: str) -> None:
    assert not re.search(r"%[A-Z_]+%", served(name))


def test_a_page_tells_where_its_server_is() -> None:
    assert f"curl {ADDRESS}/signup " in PAGES.page("landing")


def test_a_page_loads_nothing_from_elsewhere(page: Reader) -> None:
    assert resources(page)
    assert all(re.match(r"/[^/]", address) for address in resources(page))


def test_a_page_has_no_script_or_handler_in_itself(page: Reader) -> None:
    assert page.scripts == ""
    names = {name for _, attributes in page.elements for name in attributes}
    assert not {name for name in names if name.startswith("on")}
    assert not [address for address in page.values("a", "href") if address.startswith("javascript:")]


def test_every_file_that_a_page_names_exists(page: Reader) -> None:
    folders = service_pages.folders()
    for address in resources(page):
        prefix = next(prefix for prefix in folders if address.startswith(prefix))
        assert (folders[prefix] / address.removeprefix(prefix)).is_file(), address


def test_every_link_of_a_page_leads_to_a_path_of_the_document_or_a_place_on_the_page(page: Reader) -> None:
    ids = {attributes.get("id") for _, attributes in page.elements}
    paths = {path.rstrip("/") for path in document.load()["paths"]}
    for address in page.values("a", "href"):
        if address != "https://jqlang.org":
            # The views of the console have addresses behind `#`.
            path = address.partition("/#/")[0].rstrip("/")
            assert address[1:] in ids if address.startswith("#") else path in paths, address


def test_a_page_says_its_language_its_title_and_that_it_fits_a_phone(page: Reader) -> None:
    assert page.values("html", "lang") == ["en"]
    assert [tag for tag, _ in page.elements].count("title") == 1
    assert "width=device-width" in page.values("meta", "content")[0]


def test_every_field_of_a_page_has_a_label(page: Reader) -> None:
    labels = page.values("label", "for")
    for tag, attributes in page.elements:
        if tag in FIELDS and attributes.get("type") != "hidden":
            assert attributes in page.labelled or attributes.get("id") in labels, attributes


def test_no_two_elements_of_a_page_have_the_same_id(page: Reader) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_the_errors_page_has_a_row_for_each_code_of_the_document() -> None:
    codes = list(document.error_meanings())
    assert Reader(PAGES.page("errors")).values("tr", "id") == codes
    assert all(f"<td><code>{code}</code></td><td>" in PAGES.page("errors") for code in codes)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_never_makes_markup_or_code_of_text(script: Path) -> None:
    unsafe = r"(inner|outer)HTML|insertAdjacentHTML|document\.write|\beval\b|new Function"
    assert not re.search(unsafe, script.read_text(encoding="utf-8"))


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_nothing_in_a_style_sheet_comes_from_elsewhere(sheet: Path) -> None:
    assert not re.search(r"url\(|@import", sheet.read_text(encoding="utf-8"))


def test_no_page_may_run_or_make_code_that_stands_in_it() -> None:
    for policy in (
        service_pages.POLICY,
        service_pages.FORM_POLICY,
        service_pages.READING_POLICY,
        service_pages.CONSOLE_POLICY,
    ):
        assert "default-src 'none'" in policy and "script-src 'self';" in policy
        assert "unsafe" not in policy and "*" not in policy and "http" not in policy


def test_the_tour_has_the_same_steps_in_each_language_and_the_address_of_the_server() -> None:
    page = Pages("https://sewing.example/api").page_of_text("start")
    found = [(has["data-language"]) for tag, has in Reader(page).elements if tag == "figure"]
    steps = found[:-1]
    assert found[-1] == "text" and steps == [*guides.LANGUAGES] * (len(steps) // len(guides.LANGUAGES))
    assert page.count("https://sewing.example/api") == len(guides.LANGUAGES)
    assert ADDRESS not in page


def test_the_default_avatar_is_a_small_square_image() -> None:
    path = service_pages.WEB / "default-avatar.png"
    with Image.open(path) as image:
        assert (image.format, image.size) == ("PNG", (400, 400))
    assert path.stat().st_size < 10_000
    assert service_pages.default_avatar() == path.read_bytes()
