"""What both sides know comes back as it was: each measurement, to the last digit, in both systems, in all formats."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from core import document
from services import interchange
from services.interchange import numerals
from services.interchange.report import LONGEST
from services.interchange.table import OURS, TABLE
from tests.interchange.files import SCHEMAS, reasons, record, tape, values, written

CASE = Path(__file__).parent / "cases" / "roundtrip_mm.smis"
thoroughly = settings(max_examples=200, deadline=None, derandomize=True, database=None)
sometimes = settings(max_examples=40, deadline=None, derandomize=True, database=None)
numbers = st.one_of(
    st.floats(min_value=0, max_value=100_000, exclude_min=True),
    st.integers(min_value=1, max_value=100_000),
    st.decimals(min_value="0.1", max_value=3000, places=1).map(float),
    st.decimals(min_value="0.125", max_value=120, places=3).map(lambda inches: float(inches * Decimal("25.4"))),
)
systems = pytest.mark.parametrize("imperial", [False, True], ids=["metric", "imperial"])
forms = pytest.mark.parametrize("form", list(interchange.WRITERS))


@pytest.mark.parametrize("unit", ["mm", "cm", "inch"])
@thoroughly
@given(value=numbers)
def test_a_number_comes_back_from_every_unit_as_it_was(unit: str, value: float) -> None:
    text = numerals.shown(value, unit)
    number = numerals.read(text)
    assert number is not None
    back = numerals.stored(numerals.scaled(number, unit))
    assert back == value
    # A whole number is one: 925 is not answered as 925.0.
    assert isinstance(back, int) == float(value).is_integer()


@forms
@systems
@sometimes
@given(measies=st.fixed_dictionaries(dict.fromkeys(TABLE, numbers)))
def test_every_measurement_comes_back_as_it_was(form: str, imperial: bool, measies: dict[str, float]) -> None:
    report = interchange.read(written(form, measies, imperial=imperial), form)
    assert values(report) == measies
    assert report.imperial == imperial


@forms
@systems
@sometimes
@given(measies=st.dictionaries(st.sampled_from(sorted(TABLE)), numbers, min_size=1))
def test_so_does_any_part_of_them_and_nothing_is_added(form: str, imperial: bool, measies: dict[str, float]) -> None:
    assert values(interchange.read(written(form, measies, imperial=imperial), form)) == measies


def test_a_computed_measurement_is_offered_but_not_part_of_the_set() -> None:
    report = interchange.read(CASE.read_bytes(), "smis")
    assert values(report) == {"inseam": 799, "waistToFloor": 1013}
    [derived] = report.derived
    assert (derived.name, derived.value, derived.how) == ("waistToUpperLeg", 214, "approximated")


def test_a_table_keeps_the_older_name_too() -> None:
    measies = {name: 100 + place for place, name in enumerate(sorted(OURS))}
    assert values(interchange.read(written("csv", measies), "csv")) == measies


@pytest.mark.parametrize(("inches", "mm"), [("36.25", 920.75), ("1", 25.4), ("0.1", 2.54), ("35.5", 901.7)])
def test_lengths_in_inches_survive_a_round_trip_through_millimetres(inches: str, mm: float) -> None:
    assert values(interchange.read(tape({"bust_circ": inches}, unit="inch"), "smis")) == {"chest": mm}
    assert f'"{inches}"'.encode() in written("smis", {"chest": mm}, imperial=True)


def test_other_lengths_are_written_with_as_few_digits_as_needed() -> None:
    assert numerals.shown(920, "inch") == "36.22047244094488"
    assert numerals.shown(25.4, "inch") == "1"
    assert numerals.shown(920.5, "cm") == "92.05"
    assert numerals.shown(100_000, "mm") == "100000"


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Anything that a set's name or notes may be."""
    return draw(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=200))


@pytest.mark.parametrize("form", ["smis", "vit"])
@thoroughly
@given(name=texts(), notes=texts())
def test_any_name_and_notes_can_be_written_and_what_xml_can_hold_comes_back(form: str, name: str, notes: str) -> None:
    report = interchange.read(written(form, {"chest": 900}, name=name, notes=notes), form, named=True)
    assert report.notes == _held(notes)
    assert report.name == _held(name).strip()


def _held(text: str) -> str:
    return "".join(letter if letter in "\t\n\r" or (letter >= " " and letter not in "￾￿") else "�" for letter in text)


@pytest.mark.parametrize(
    "text",
    [
        "<&>\"'",
        "]]>",
        "a\r\nb\tc",
        "🧵 Ünïcødé",
        "n" * 20_000,
        "<" * 20_000,
        "='=" * 6_666,
        "<!-- -->",
        "<?x?>",
        "&amp;",
    ],
)
def test_what_could_be_taken_for_xml_is_text(text: str) -> None:
    report = interchange.read(written("smis", {"chest": 900}, name="x", notes=text), "smis")
    assert (report.notes, reasons(report)) == (text, {"given-name": "personal"})


@pytest.mark.parametrize("form", ["smis", "vit"])
def test_a_set_without_notes_gives_a_file_without_notes(form: str) -> None:
    assert interchange.read(written(form, {"chest": 900}, notes="--"), form).notes == ""


def test_a_file_may_have_texts_as_long_as_those_of_any_set() -> None:
    fields = document.load()["components"]["schemas"]["MeasurementsSet"]["properties"]
    assert {field: fields[field]["maxLength"] for field in LONGEST} == LONGEST


def test_notes_that_are_too_long_for_a_set_are_reported() -> None:
    report = interchange.read(written("smis", {"chest": 900}, name="", notes="n" * 21_001), "smis")
    assert (report.notes, reasons(report)) == (None, {"notes": "unusable"})


def test_a_file_tells_nothing_but_what_the_public_form_tells() -> None:
    row = {**record({"chest": 900}), "user_id": 4711, "email": "alice@example.org", "img": "set-x"}
    for write in interchange.WRITERS.values():
        assert not any(secret in write(row) for secret in (b"4711", b"alice@example.org", b"set-x"))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (b"<unit>mm</unit>", b"<unit>m</unit>"),
        (b"<unit>mm</unit>", b""),
        (b"<read-only>false</read-only>", b"<read-only>no</read-only>"),
        (b"1800-01-01", b""),
        (b"hip_circ", b"bust_circ"),
        (b'"900"', b'"x"'),
        (b"<pm_system>998</pm_system>", b"<pm_system>55</pm_system>"),
    ],
)
@pytest.mark.parametrize("form", ["smis", "vit"])
def test_the_form_that_is_asked_of_our_files_is_a_strict_one(form: str, right: bytes, wrong: bytes) -> None:
    file = written(form, {"chest": 900, "seat": 950})
    assert file.count(right) == 1
    assert not SCHEMAS[form].validate(etree.fromstring(file.replace(right, wrong)))
