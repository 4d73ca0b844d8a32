"""The measurements of the console: their names, how lengths are read and written, and what is questioned."""

import json
import math
from typing import Any

from playwright.sync_api import Page

from core import document
from services.pages.service_pages import CONSOLE
from storage.schema.seed import sizes
from tests.web.console.visitor import Visitor

SCHEMAS = document.load()["components"]["schemas"]
# The stored value of a text; NaN if it is no measurement.
READ: dict[tuple[str, str], float | None] = {
    ("92,5", "cm"): 925,
    ("92.", "cm"): 920,
    ("  ", "cm"): None,
    ("36 1/4", "inch"): 920.75,
    ("36¼", "inch"): 920.75,
    ("36-1/4″", "inch"): 920.75,
    ("1/16", "inch"): 1.5875,
    ("920 mm", "inch"): 920,
    ('36.25"', "cm"): 920.75,
    ("92 см", "inch"): 920,
    ("13°", "deg"): 13,
    ("13 cm", "deg"): math.nan,
    ("1.234,5", "cm"): math.nan,
    ("-3", "cm"): math.nan,
    ("0", "cm"): math.nan,
    ("1/0", "inch"): math.nan,
    ("10001", "cm"): math.nan,
    ("36 kg", "inch"): math.nan,
    ("361/4/2", "inch"): math.nan,
}
WRITTEN = {
    (920.75, "inch"): "36 1/4",
    (914.4, "inch"): "36",
    (914.3, "inch"): "36",
    (6.35, "inch"): "1/4",
    (921, "inch"): "36 1/4",
    (925.6, "cm"): "92.56",
    (13, "deg"): "13",
}


def run(page: Page, module: str, code: str, argument: Any) -> Any:
    """Run code with the functions of a module of the console."""
    return page.evaluate(
        f"async argument => {{ const it = await import('/console/views/sets/{module}.js'); {code} }}", argument
    )


def test_every_measurement_has_the_name_and_the_explanation_of_the_document() -> None:
    texts = json.loads((CONSOLE / "texts" / "en" / "measurements.json").read_text(encoding="utf-8"))
    known = SCHEMAS["MeasurementName"]["enum"]
    assert {key.removeprefix("name.") for key in texts if key.startswith("name.")} == set(known)
    described = {name: part["description"] for name, part in SCHEMAS["Measurements"]["properties"].items()}
    for name in set(known) - {"waistToArmhole"}:
        assert texts[f"about.{name}"] == described[name]


def test_lengths_are_read_and_written(visitor: Visitor, page: Page) -> None:
    visitor.open("/sign-in")
    found = run(page, "units", "return argument.map(([text, unit]) => it.read(text, unit))", [[*key] for key in READ])
    assert [repr(value) for value in found] == [repr(value) for value in READ.values()]
    written = run(
        page, "units", "return argument.map(([value, unit]) => it.written(value, unit))", [[*key] for key in WRITTEN]
    )
    assert written == [*WRITTEN.values()]


def test_no_value_of_an_adult_size_is_questioned_and_every_measurement_is_in_a_group(
    visitor: Visitor, page: Page
) -> None:
    visitor.open("/sign-in")
    values = [size["measies"] for size in sizes()]
    code = "return argument.flatMap((size) => Object.keys(size).map((name) => it.questionAbout(name, size, false)))"
    assert set(run(page, "measurements", code, values)) == {""}
    grouped = run(page, "measurements", "return it.GROUPS.flatMap(([, names]) => names)", None)
    assert sorted(grouped) == sorted(SCHEMAS["MeasurementName"]["enum"])
