"""Each measurement is theirs of the same place on the body, in both directions; what only sounds alike is not."""

import re

import pytest
from lxml import etree

from core import document
from services import interchange
from services.interchange.table import ALIASES, OURS, TABLE, THEIRS
from tests.interchange.files import FORMS, reasons, tape, values, written
from tests.interchange.golden import FALLBACKS, NAMES, TRAPS
from tests.service import ROOT

by_name = pytest.mark.parametrize(("ours", "theirs", "trust"), NAMES, ids=[ours for ours, _, _ in NAMES])


def test_the_table_has_every_measurement_of_the_document_and_no_other() -> None:
    schemas = document.load()["components"]["schemas"]
    assert set(schemas["Measurements"]["properties"]) == OURS == set(schemas["MeasurementName"]["enum"])
    assert [ours for ours, _, _ in NAMES] == list(TABLE)
    assert {choice.trust for choices in TABLE.values() for choice in choices} == {"A", "B", "C"}
    assert [trust for _, _, trust in NAMES].count("A") == 23


def test_what_differs_is_said_where_anything_does_and_fits_the_document() -> None:
    longest = document.load()["components"]["schemas"]["ImportedMeasurement"]["properties"]["note"]["maxLength"]
    for choices in TABLE.values():
        for choice in choices:
            assert bool(choice.note) == (choice.trust != "A"), choice
            assert len(choice.note) <= longest


@pytest.mark.parametrize("form", FORMS)
@by_name
def test_a_measurement_of_ours_is_written_as_theirs_and_alone(ours: str, theirs: str, trust: str, form: str) -> None:
    found = etree.fromstring(written(form, {ours: 12.5})).findall("body-measurements/m")
    assert [dict(each.attrib) for each in found] == [{"name": theirs, "value": "12.5"}]


@by_name
def test_a_measurement_of_theirs_is_read_as_ours_and_alone(ours: str, theirs: str, trust: str) -> None:
    report = interchange.read(tape({theirs: "12.5"}), "smis")
    [found] = report.measurements
    how = "exact" if trust == "A" else "approximated"
    assert (found.name, found.source, found.value, found.how) == (ours, theirs, 12.5, how)
    assert (found.confidence, bool(found.note)) == (trust, trust != "A")
    assert report.dropped == []


@pytest.mark.parametrize(("ours", "file", "value", "trust", "how"), FALLBACKS, ids=lambda value: str(value)[:60])
def test_what_lacks_is_taken_from_the_next_best(
    ours: str, file: dict[str, float], value: float, trust: str, how: str
) -> None:
    report = interchange.read(tape(file), "smis")
    [found] = [found for found in (*report.measurements, *report.derived) if found.name == ours]
    assert (found in report.derived) == (len(file) > 1)
    assert (found.value, found.confidence, found.how) == (value, trust, how)
    assert set(re.findall(r"[a-z_]{3,}", found.source)) == set(file)
    assert report.dropped == []


def test_every_fallback_of_the_table_is_tried_here() -> None:
    tried = {(ours, frozenset(file)) for ours, file, _, _, _ in FALLBACKS}
    assert tried == {(ours, choice.names) for ours, choices in TABLE.items() for choice in choices[1:]}


@pytest.mark.parametrize(
    ("ours", "file", "value"), [case[:3] for case in FALLBACKS], ids=lambda value: str(value)[:60]
)
def test_the_closer_measurement_is_used_and_an_unused_one_is_reported(
    ours: str, file: dict[str, float], value: float
) -> None:
    closer = TABLE[ours][0].text
    report = interchange.read(tape({**file, closer: 55}), "smis")
    assert values(report)[ours] == 55
    used = {
        name for found in (*report.measurements, *report.derived) for name in re.findall(r"[a-z_]{3,}", found.source)
    }
    assert reasons(report) == dict.fromkeys(set(file) - used, "unused")


@pytest.mark.parametrize("name", TRAPS)
def test_what_only_sounds_alike_gives_nothing(name: str) -> None:
    report = interchange.read(tape({name: 500}), "smis")
    assert (report.measurements, reasons(report)) == ([], {name: "unknown"})


def test_their_hip_is_our_seat_and_their_high_hip_our_hips() -> None:
    report = interchange.read(tape({"hip_circ": 1000, "highhip_circ": 900}), "vit")
    assert values(report) == {"seat": 1000, "hips": 900}


def test_an_angle_is_never_scaled_and_a_sum_that_makes_no_sense_is_not_taken() -> None:
    angle = {"shoulder_slope_neck_side_angle": 13}
    assert values(interchange.read(tape(angle, unit="inch"), "smis")) == {"shoulderSlope": 13}
    report = interchange.read(tape({"shoulder_slope_shoulder_tip_angle": 95}), "smis")
    assert (values(report), reasons(report)) == ({}, {"shoulder_slope_shoulder_tip_angle": "unused"})


def test_what_version_3_calls_otherwise_is_written_once_and_the_newer_name_counts() -> None:
    assert set(ALIASES) == {"waistToArmhole"} and not THEIRS & OURS
    for measies, value in (
        ({"waistToArmhole": 21}, 21),
        ({"waistToArmhole": 21, "waistToArmpit": 22}, 22),
        ({"waistToArmpit": 22, "waistToArmhole": 21}, 22),
    ):
        assert values(interchange.read(written("vit", measies), "vit")) == {"waistToArmpit": value}


def test_the_documentation_has_the_same_table() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (.*?) \| ([ABC]) \| (.*?) \|$", (ROOT / "docs/interchange.md").read_text(), re.M
    )
    documented = [(ours, theirs.replace("`", ""), trust, note) for ours, theirs, trust, note in rows]
    assert documented == [
        (ours, choice.text, choice.trust, choice.note) for ours, choices in TABLE.items() for choice in choices
    ]
