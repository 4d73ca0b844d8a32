"""Files as programs and people make them, and the reports of their imports."""

import codecs
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ApiError, FileInvalid, UnitsMissing
from services import interchange
from services.interchange.table import OURS
from tests.interchange.files import around, reasons, tape, values

CASES = Path(__file__).parent / "cases"
CHEST = {"bust_circ": "90.5"}


@pytest.mark.parametrize(
    ("unit", "mm"),
    [
        ("mm", 90.5),
        ("cm", 905),
        ("inch", 2298.7),
        (" CM ", 905),
        ("Millimetres", 90.5),
        ("inches", 2298.7),
        ("in.", 2298.7),
    ],
)
def test_a_length_is_in_the_unit_of_its_file(unit: str, mm: float) -> None:
    report = interchange.read(tape(CHEST, unit=unit), "smis", "inch")
    assert (values(report), report.imperial) == ({"chest": mm}, unit.startswith("in"))
    assert report.measurements[0].how == ("exact" if mm == 90.5 else "converted")


@pytest.mark.parametrize("unit", ["mile", "deg", "metric", "0"])
def test_an_unknown_unit_is_rejected_whatever_the_request_says(unit: str) -> None:
    with pytest.raises(FileInvalid):
        interchange.read(tape(CHEST, unit=unit), "vit", "cm")


def test_a_file_in_an_old_format_is_rejected_with_its_version() -> None:
    with pytest.raises(FileInvalid, match=r"version 0\.2\.0"):
        interchange.read(CASES.joinpath("old-0.2.0.vit").read_bytes(), "vit", "cm")


def test_a_file_in_inches_by_another_name_is_not_scaled_by_the_unit_of_the_request() -> None:
    report = interchange.read(CASES.joinpath("unit-inches.vit").read_bytes(), "vit", "cm")
    assert (values(report), report.imperial) == ({"chest": 914.4}, True)


def test_a_file_that_does_not_say_its_unit_is_rejected_unless_the_request_does() -> None:
    file = tape(CHEST, unit="")
    assert values(interchange.read(file, "vit", "cm")) == {"chest": 905}
    with pytest.raises(UnitsMissing):
        interchange.read(file, "vit")


@pytest.mark.parametrize("root", ["smis", "vit"])
@pytest.mark.parametrize("form", ["smis", "vit"])
def test_the_root_says_which_of_the_two_it_is(form: str, root: str) -> None:
    assert interchange.read(tape(CHEST, root=root), form).format == root


NUMBERS = {
    "0": "notMeasured",
    "0.0": "notMeasured",
    "-0": "notMeasured",
    "": "notMeasured",
    "  ": "notMeasured",
    "-1": "outOfRange",
    "100000.0001": "outOfRange",
    "1e999": "outOfRange",
    "1e-999": "outOfRange",
    "NaN": "notANumber",
    "Infinity": "notANumber",
    "inf": "notANumber",
    "1,5": "notANumber",
    "1 000": "notANumber",
    "0x1F": "notANumber",
    "१२३": "notANumber",
    "9" * 65: "notANumber",
    "1e9999": "notANumber",
    "@M_J10 + waist_circ": "formula",
    "(waist_circ)": "formula",
    "waist_circ": "formula",
    "900/2": "formula",
    "=1+1": "formula",
    "+5": "formula",
}


@pytest.mark.parametrize(("text", "reason"), NUMBERS.items(), ids=[text[:20] or "nothing" for text in NUMBERS])
def test_a_value_that_is_not_positive_is_dropped_and_reported(text: str, reason: str) -> None:
    report = interchange.read(tape({"bust_circ": text, "waist_circ": 760}), "smis")
    assert (values(report), reasons(report)) == ({"waist": 760}, {"bust_circ": reason})


@pytest.mark.parametrize("text", ["900", "900.0", "9e2", "9E+2", "0900", " 900 ", "900."])
def test_a_number_may_be_written_in_many_ways(text: str) -> None:
    assert values(interchange.read(tape({"bust_circ": text}), "smis")) == {"chest": 900}


def test_of_two_values_under_a_name_the_first_counts() -> None:
    rows = "".join(f"<m name='bust_circ' value='{value}'/>" for value in (900, 910))
    report = interchange.read(
        around(f"<unit>mm</unit><body-measurements>{rows}</body-measurements>").encode(), "smis"
    )
    assert (values(report), reasons(report)) == ({"chest": 900}, {"bust_circ": "duplicate"})
    report = interchange.read(b"measurement,value,unit\nchest,x,mm\nchest,900,mm", "csv")
    assert [dropped.reason for dropped in report.dropped] == ["notANumber", "duplicate"]


def test_a_person_is_neither_taken_nor_repeated_unless_asked_for() -> None:
    said = {
        "family-name": "Doe",
        "given-name": "Jane",
        "birth-date": "1980-01-02",
        "gender": "female",
        "email": "j@d.e",
    }
    personal = "".join(f"<{field}>{text}</{field}>" for field, text in said.items())
    file = tape(CHEST, before=f"<personal>{personal}</personal>")
    report = interchange.read(file, "smis")
    assert (report.name, reasons(report)) == (None, dict.fromkeys(said, "personal"))
    assert not any(text in repr(report) for text in said.values())
    report = interchange.read(file, "smis", named=True)
    assert (report.name, set(reasons(report))) == ("Jane Doe", {"birth-date", "gender", "email"})
    file = tape(
        CHEST, before="<personal><customer>Jane Doe</customer><gender>unknown</gender></personal>", root="vit"
    )
    assert interchange.read(file, "vit", named=True).name == "Jane Doe"
    assert reasons(interchange.read(file, "vit")) == {"customer": "personal"}


def test_parts_that_a_newer_program_adds_are_reported_as_dropped() -> None:
    rows = (
        "<m name='bust_circ' value='900' full_name='x' dimension='x'><image contentType='x'>AA</image></m>"
        "<m type='separator' name='-'/><!-- m --><?m m?><new/>"
        "<m name='waist_circ' value='1.5' specialUnits='true'/><m/><m value='3'/><m name='hip_circ'/>"
        "<m name='shoulder_slope_neck_side_angle' value='13' specialUnits='true'/>"
    )
    file = around(
        f"<new><m name='hip_circ' value='9'/></new><unit>mm</unit><body-measurements>{rows}</body-measurements>"
    )
    report = interchange.read(
        file.replace("<unit>", "<notes>a<!-- b -->c<?d?><![CDATA[<]]><i>e</i>f</notes><unit>").encode(), "vit"
    )
    assert (values(report), report.notes) == ({"chest": 900, "shoulderSlope": 13}, "ac<ef")
    reported = [(dropped.source, dropped.reason) for dropped in report.dropped]
    assert reported == [
        ("new", "unsupported"),
        ("bust_circ: full_name", "unsupported"),
        ("bust_circ: image", "unsupported"),
        ("new", "unsupported"),
        ("waist_circ", "unitUnknown"),
        ("", "notMeasured"),
        ("", "duplicate"),
        ("hip_circ", "notMeasured"),
    ]


def test_namespaces_and_declared_encodings_do_not_matter() -> None:
    plain = tape(CHEST).decode()
    for text in (
        plain.replace("<smis>", "<smis xmlns='https://example.org/x'>"),
        plain.replace("<smis>", "<s:smis xmlns:s='x'>").replace("</smis>", "</s:smis>"),
        plain.replace("UTF-8", "ISO-8859-1"),
        plain.replace("<?xml version='1.0' encoding='UTF-8'?>", ""),
    ):
        assert values(interchange.read(text.encode(), "smis")) == {"chest": 90.5}


@pytest.mark.parametrize("form", ["smis", "csv", "json", "yaml"])
def test_utf_8_with_a_mark_and_utf_16_are_read_and_others_refused(form: str) -> None:
    text = {
        "smis": tape(CHEST, before="<notes>Ü</notes>").decode().replace("UTF-8", "UTF-16"),
        "csv": "measurement,value,unit,Ü\nchest,90.5,mm",
        "json": '{"measurements": {"chest": 90.5}, "notes": "Ü"}',
        "yaml": "measurements: {chest: 90.5}\nnotes: Ü",
    }[form]
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        report = interchange.read(mark + text.encode(encoding), form)
        assert (values(report), report.notes) == ({"chest": 90.5}, None if form == "csv" else "Ü")
    for raw in (text.encode("latin-1"), text.encode("utf-16-le"), text.encode("utf-32"), text.encode() + b"\x00"):
        with pytest.raises(FileInvalid):
            interchange.read(raw, form)


def test_a_second_section_of_measurements_is_reported_as_dropped() -> None:
    file = tape(CHEST).replace(
        b"</smis>", b"<body-measurements><m name='hip_circ' value='9'/></body-measurements></smis>"
    )
    report = interchange.read(file, "smis")
    assert (values(report), reasons(report)) == ({"chest": 90.5}, {"body-measurements": "duplicate"})


def test_a_long_name_is_truncated_in_the_report() -> None:
    [dropped] = interchange.read(tape({"x" * 5_000: 1}), "smis").dropped
    assert dropped.source == "x" * 100


def test_a_thousand_measurements_are_read_and_one_more_is_not() -> None:
    names = {f"@{number}": 1 for number in range(1_000)}
    assert len(interchange.read(tape(names), "smis").dropped) == 1_000
    with pytest.raises(ApiError):
        interchange.read(tape({**names, "bust_circ": 1}), "smis")


@pytest.mark.parametrize("form", ["smis", "json"])
def test_a_report_of_dropped_parts_is_bounded(form: str) -> None:
    file = {
        "smis": around("<unit>mm</unit>" + "<new/>" * 1_101).encode(),
        "json": json.dumps({"measurements": {}, **{f"@{number}": 1 for number in range(1_101)}}).encode(),
    }[form]
    with pytest.raises(FileInvalid):
        interchange.read(file, form)


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[str, bytes]:
    """A good file of some format, with something cut out of it and something put there."""
    form = draw(st.sampled_from(sorted(GOOD)))
    file = GOOD[form]
    start, length = draw(st.integers(0, len(file))), draw(st.integers(0, 20))
    put = draw(st.one_of(st.binary(max_size=10), st.text(max_size=10).map(str.encode), st.sampled_from(PIECES)))
    return form, file[:start] + put + file[start + length :]


GOOD = {
    "smis": tape(
        {"bust_circ": "90.5", "hip_circ": "1e2"}, before="<notes>Ü</notes><personal><email>x</email></personal>"
    ),
    "csv": b'measurement,value,unit\nchest,"90,5",cm\nwaist,7e2,mm\n',
    "json": b'{"measurements": {"chest": 90.5, "waist": "7"}, "name": "A", "units": "imperial"}',
    "yaml": b"measurements: {chest: 90.5}\nname: A\nnotes: |\n  x\n",
}
PIECES = [
    b"&lt;",
    b"<!--",
    b"]]>",
    b"<![CDATA[",
    b"&#x0;",
    b"{",
    b"[",
    b"- ",
    b'"',
    b"\xff\xfe",
    b": ",
    b"1e9",
    b"*a",
    b"!!x ",
]


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(spoilt=spoilt())
def test_whatever_a_file_holds_it_is_read_or_refused(spoilt: tuple[str, bytes]) -> None:
    form, file = spoilt
    try:
        report = interchange.read(file, form, "mm")
    except ApiError:
        return
    assert all(0 < value <= 100_000 for value in values(report).values())
    assert all(found.name in OURS and len(found.source) <= 100 for found in report.measurements)
