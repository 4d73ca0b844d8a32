"""Imports of files: their formats, the report, and the stored set."""

from typing import Any

import pytest

from tests.contract.checks.kinds import SET
from tests.contract.checks.problems import is_problem
from tests.contract.deployment import Deployment
from tests.service import FILE

CSV = b"measurement,value,unit\nchest,920,mm\nwaist,30,inch\nchest,910,mm\nwingspan,1,mm\nneck,1+1,mm\nhips,0,mm\n"
SMIS = """<?xml version="1.0" encoding="UTF-8"?>
<smis><version>{version}</version><read-only>false</read-only><notes/><unit>{unit}</unit><pm_system>998</pm_system>
<personal><family-name>Stranger</family-name><given-name>Ada</given-name><birth-date>1901-02-03</birth-date>
<gender>unknown</gender><email>ada@example.org</email></personal>
<body-measurements>{measurements}</body-measurements></smis>"""
# The leg from waist to floor, and its inseam: how far the legs begin below the waist follows.
LEG = '<m name="height_waist_side" value="104"/><m name="leg_crotch_to_floor" value="78"/>'


def _smis(measurements: str, *, version: str = "0.3.4", unit: str = "cm") -> bytes:
    return SMIS.format(measurements=measurements, version=version, unit=unit).encode()


def _import(there: Deployment, file: bytes, form: str, **query: str) -> Any:
    headers = {**FILE, "Authorization": there.alice.authorization}
    reply = there.http.post("/sets/import", params={"format": form, **query}, content=file, headers=headers)
    if reply.status_code == 201:
        there.note_made(reply)
    there.book.hold("import_set", reply)
    return reply


def _values(report: dict[str, Any], part: str = "measurements") -> dict[str, float]:
    return {one["name"]: one["value"] for one in report[part]}


def _dropped(report: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["source"], one["reason"]) for one in report["dropped"]}


def test_an_import_stores_a_set_only_on_request(there: Deployment) -> None:
    before = len(SET.listed(there))
    assert _import(there, CSV, "csv", name="contract").status_code == 200, "without store the answer is not 200"
    assert len(SET.listed(there)) == before, "an import stores without being asked"
    reply = _import(there, CSV, "csv", name="contract", store="true")
    made = reply.json()["set"]
    assert (reply.status_code, made["public"]) == (201, False), "an imported set is public"
    assert made["measies"] == _values(reply.json()["report"]) == {"chest": 920, "waist": 762}
    SET.remove(there, made)
    public = _import(there, CSV, "csv", name="contract", store="true", public="true").json()["set"]
    assert public["public"] is True
    SET.remove(there, public)


def test_of_two_values_the_first_counts(there: Deployment) -> None:
    report = _import(there, CSV, "csv").json()["report"]
    assert _values(report)["chest"] == 920, "of two values another one than the first counts"
    assert ("chest", "duplicate") in _dropped(report), "the second value is not listed"


def test_dropped_measurements_are_listed_with_their_reason(there: Deployment) -> None:
    file = CSV + b"knee,-1,mm\nseat,100001,mm\nhead,55,deg\nbiceps,many,mm\n"
    report = _import(there, file, "csv").json()["report"]
    reasons = {source: reason for source, reason in _dropped(report) if source != "chest"}
    wanted = {"wingspan": "unknown", "hips": "notMeasured", "knee": "outOfRange", "seat": "outOfRange"}
    wanted |= {"neck": "formula", "head": "unitUnknown", "biceps": "notANumber"}
    assert reasons == wanted, f"dropped are {reasons}"


def test_derived_values_are_stored_only_if_asked_for(there: Deployment) -> None:
    report = _import(there, _smis(LEG), "smis").json()["report"]
    derived = _values(report, "derived")
    assert derived and not set(derived) & set(_values(report)), "computed measurements are not listed apart"
    for asked, wanted in (({}, set()), ({"derived": "true"}, set(derived))):
        made = _import(there, _smis(LEG), "smis", name="contract", store="true", **asked).json()["set"]
        SET.remove(there, made)
        stored = set(made["measies"]) & set(derived)
        assert stored == wanted, f"with {asked or 'nothing asked'} computed measurements are stored: {stored}"


def test_people_in_a_file_are_left_out(there: Deployment) -> None:
    reply = _import(there, _smis(LEG), "smis")
    assert not any(text in reply.text for text in ("Stranger", "Ada", "1901", "ada@example")), "a person is told of"
    assert "personal" in {reason for _, reason in _dropped(reply.json()["report"])}, "that is not listed"
    is_problem(_import(there, _smis(LEG), "smis", store="true"), 400, "nameMissing")
    made = _import(there, _smis(LEG), "smis", store="true", personal="true").json()["set"]
    SET.remove(there, made)
    assert "Ada" in made["name"], "a set is not named after the person although that was asked for"


def test_an_old_format_and_an_unknown_unit_are_rejected(there: Deployment) -> None:
    for file in (_smis(LEG, version="0.2.0"), _smis(LEG, unit="ell")):
        is_problem(_import(there, file, "smis"), 400, "fileInvalid")


def test_lengths_are_in_the_unit_stated(there: Deployment) -> None:
    plain = b"measurement,value\nchest,36\n"
    is_problem(_import(there, plain, "csv"), 400, "unitsMissing")
    for units, value in (("inch", 914.4), ("cm", 360.0), ("mm", 36.0)):
        report = _import(there, plain, "csv", units=units).json()["report"]
        assert _values(report)["chest"] == pytest.approx(value, abs=0.001), f"36 {units} are another length"
    report = _import(there, _smis(LEG, unit="inch"), "smis", units="mm").json()["report"]
    assert report["imperial"] is True, "the unit of the file does not win"
    assert _import(there, b'{"chest": 920}', "json").json()["report"]["measurements"][0]["value"] == 920


def test_the_set_has_the_name_of_the_request_or_the_file(there: Deployment) -> None:
    own = SET.make(there, name="contract, of the file", public=True)
    file = there.call("read_set_json", id=own["id"]).content
    for asked, name in (({}, "contract, of the file"), ({"name": "contract, asked for"}, "contract, asked for")):
        made = _import(there, file, "json", store="true", **asked).json()["set"]
        SET.remove(there, made)
        assert made["name"] == name, f"the set is called {made['name']}"
    SET.remove(there, own)


def test_each_format_is_read(there: Deployment) -> None:
    own = SET.make(there, public=True, measies={"chest": 920, "waist": 760})
    for form in ("json", "yaml", "csv", "smis", "vit"):
        file = there.call(f"read_set_{form}", id=own["id"]).content
        read = _values(_import(there, file, form).json()["report"])
        assert read == pytest.approx(own["measies"], abs=0.01), f"a file of ours is read as {read} from {form}"
    SET.remove(there, own)


def test_a_file_has_at_most_1000_measurements(there: Deployment) -> None:
    rows = "".join(f"m{number},1,mm\n" for number in range(1001)).encode()
    is_problem(_import(there, b"measurement,value,unit\n" + rows, "csv"), 400, "fileInvalid")
