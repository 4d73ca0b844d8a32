"""Tables as spreadsheets make them, and data in JSON and YAML."""

import json
from pathlib import Path

import pytest

from core.errors import UnitsMissing
from services import interchange
from tests.interchange.files import reasons, values

CASES = Path(__file__).parent / "cases"
TABLES = {
    "a semicolon and commas": "measurement;value;unit\r\nchest;90,5;cm\r\n",
    "tabs": "measurement\tvalue\tunit\nchest\t90.5\tcm",
    "other order, case and columns": "Unit,Note,VALUE,Name\ncm,x,90.5,chest",
    "empty lines and spaces": "\n\n measurement , value , unit \n\n chest , 90.5 , CM \n,,\n",
    "a comma in quotes": 'measurement,value,unit\nchest,"90,5",cm',
    "old line ends": "measurement,value,unit\rchest,90.5,cm\r",
    "a declared separator": "sep=;\r\nmeasurement;value;unit\r\nchest;90,5;cm\r\n",
    "inches": "measurement,value,unit\nchest,35.6299212598425197,in",
}


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES)
def test_tables_are_read_as_spreadsheets_write_them(text: str) -> None:
    report = interchange.read(text.encode(), "csv")
    assert {name: round(value, 9) for name, value in values(report).items()} == {"chest": 905}
    assert report.imperial == (",in" in text)


def test_a_column_that_is_not_imported_is_reported_as_dropped() -> None:
    report = interchange.read(b"measurement,value,unit,Taken on\nchest,900,mm,Monday", "csv")
    assert (values(report), reasons(report)) == ({"chest": 900}, {"taken on": "unsupported"})


def test_a_file_that_excel_wrote_is_read() -> None:
    assert values(interchange.read(CASES.joinpath("excel-sep.csv").read_bytes(), "csv")) == {"chest": 925}


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ("0,125", 0.125),
        ("36,25", 36.25),
        ("1,234", "notANumber"),
        ("-36,5", "outOfRange"),
        ("920,500", "notANumber"),
        ("1.234", "notANumber"),
        ("12.500", "notANumber"),
        ("0.234", 0.234),
        ("1234.125", 1234.125),
        ("36.25", 36.25),
        ("1.234,5", "notANumber"),
        ("1 234", "notANumber"),
        ("1\u00a0234,5", "notANumber"),
        ("1'234", "notANumber"),
        ('36.5"', "notANumber"),
        ("92,5 cm", "notANumber"),
        ("36½", "notANumber"),
        ("1,2,3", "notANumber"),
        ("=A1", "formula"),
        ("@SUM(1)", "formula"),
    ],
)
def test_a_decimal_comma_is_one_where_it_can_be_nothing_else(value: str, outcome: object) -> None:
    report = interchange.read(f"measurement;value;unit\nchest;{value};mm".encode(), "csv")
    found: object = values(report).get("chest") or reasons(report)["chest"]
    assert found == outcome


@pytest.mark.parametrize("separator", [",", "\t"], ids=["comma", "tab"])
def test_an_eighth_of_an_inch_is_one_where_points_are_decimal(separator: str) -> None:
    file = f"measurement{separator}value\nchest{separator}36.125".encode()
    assert values(interchange.read(file, "csv", "inch")) == {"chest": 917.575}


def test_lines_of_a_table_have_units_of_their_own() -> None:
    lines = (
        "chest,36,in",
        "waist,700,mm",
        "hips,90,",
        "neck,3,mile",
        "shoulderSlope,13,",
        "knee,3,deg",
        'head,22,"""",',
    )
    text = "\n".join(("measurement,value,unit", *lines))
    report = interchange.read(text.encode(), "csv", "cm")
    assert values(report) == {"chest": 914.4, "waist": 700, "hips": 900, "shoulderSlope": 13, "head": 558.8}
    assert reasons(report) == {"neck": "unitUnknown", "knee": "unitUnknown"}
    assert not report.imperial
    with pytest.raises(UnitsMissing):
        interchange.read(text.encode(), "csv")


@pytest.mark.parametrize("unit", ["mm", "cm", "inch", "in", "rad"])
def test_an_angle_that_is_said_to_be_a_length_is_none(unit: str) -> None:
    lines = f"shoulderSlope,45,{unit}\nshoulderSlope,13,deg\nchest,90,cm"
    report = interchange.read(f"measurement,value,unit\n{lines}".encode(), "csv", "inch")
    assert values(report) == {"chest": 900}
    assert [dropped.reason for dropped in report.dropped] == ["unitUnknown", "duplicate"]


@pytest.mark.parametrize("units", ["mm", "cm", "inch"])
@pytest.mark.parametrize("form", ["csv", "json"])
def test_an_angle_is_in_degrees_whatever_the_unit_of_the_lengths(form: str, units: str) -> None:
    file = {"csv": b"measurement,value\nshoulderSlope,13", "json": b'{"shoulderSlope": 13}'}[form]
    report = interchange.read(file, form, units)
    assert [(found.value, found.how) for found in report.measurements] == [(13, "exact")]


TORN = {
    "a comma that separates": ("measurement,value", "chest,36,5"),
    "other order": ("unit,measurement,value", "cm,chest,92,5"),
    "a unit behind it": ("measurement,value,unit", "chest,92,5,cm"),
    "a heading without a name": ("measurement,value, ", "chest,36,5"),
    "quotes that are none": ("measurement,value", 'chest, "36,5"'),
    "an empty note behind it": ("measurement,value,note", "chest,36,5,"),
    "nothing before it": ("measurement,value", "chest,,,36"),
}


@pytest.mark.parametrize(("heading", "line"), TORN.values(), ids=TORN)
def test_a_number_that_a_comma_tears_in_two_is_not_cut_off(heading: str, line: str) -> None:
    report = interchange.read(f"{heading}\n{line}".encode(), "csv", "inch")
    assert (values(report), reasons(report)["chest"]) == ({}, "notANumber")


def test_empty_cells_at_the_end_of_a_line_do_no_harm() -> None:
    for heading, line in ((b"measurement,value,,", b"chest,36, ,,,"), (b"measurement,value,note", b"chest,36,,")):
        assert values(interchange.read(heading + b"\n" + line, "csv", "inch")) == {"chest": 914.4}


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_names_with_their_numbers_and_a_set_of_ours_are_read(form: str) -> None:
    plain = (
        b'{"chest": 36.25, "waist": null, "wings": 3, "hips": "900,5", "neck": [1], "knee": true, "head": "560.5"}'
    )
    report = interchange.read(plain, form, "inch")
    assert (values(report), report.imperial) == ({"chest": 920.75, "head": 14236.7}, True)
    reported = {
        "waist": "notMeasured",
        "wings": "unknown",
        "hips": "notANumber",
        "neck": "notANumber",
        "knee": "notANumber",
    }
    assert reasons(report) == reported
    assert values(interchange.read(plain, form))["chest"] == 36.25
    ours = b'{"name":"A","notes":5,"units":"imperial","measurements":{"waistToArmhole":21.5},"id":3,"img":"x"}'
    report = interchange.read(ours, form, "cm")
    assert (values(report), report.name, report.imperial) == ({"waistToArmhole": 21.5}, "A", True)
    assert reasons(report) == {"img": "unsupported", **({"notes": "unusable"} if form == "json" else {})}


@pytest.mark.parametrize(
    ("said", "mm", "imperial"),
    [({}, 914.4, True), ({"type": "curatedMeasurementsSet"}, 36, False), ({"units": "metric"}, 36, False)],
    ids=["nothing", "what it is", "how to show it"],
)
def test_a_set_is_in_millimetres_if_it_is_one_that_we_published(
    said: dict[str, str], mm: float, imperial: bool
) -> None:
    file = json.dumps({"measurements": {"chest": 36}, **said}).encode()
    report = interchange.read(file, "json", "inch")
    assert (values(report), report.imperial) == ({"chest": mm}, imperial)
    assert values(interchange.read(file, "json")) == {"chest": 36}


def test_in_yaml_nothing_is_made_of_a_text_but_what_it_says() -> None:
    text = "chest: 12:30\nwaist: 1_000\nhips: 0o17\nneck: .inf\nhead: ~\nknee: 5e2\non: 5\nwrist: 2001-01-01"
    report = interchange.read(text.encode(), "yaml")
    assert values(report) == {"knee": 500}
    assert reasons(report) == {
        **dict.fromkeys(("chest", "hips", "neck", "waist"), "notANumber"),
        "wrist": "formula",
        "head": "notMeasured",
        "on": "unknown",
    }
