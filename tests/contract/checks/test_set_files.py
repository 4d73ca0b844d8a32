"""A set as a file: YAML, CSV, and the files of Seamly2D and Valentina."""

import csv
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from tests.contract.checks.kinds import PATTERN, SET
from tests.contract.deployment import Deployment


def test_yaml_says_the_same_as_json(there: Deployment) -> None:
    made, pattern = SET.make(there, public=True), PATTERN.make(there, public=True)
    for name, record in (("set", made), ("pattern", pattern)):
        in_yaml = yaml.safe_load(there.call(f"read_{name}_yaml", id=record["id"]).text)
        assert in_yaml == there.call(f"read_{name}_json", id=record["id"]).json(), f"the YAML of a {name} differs"
    for name in ("list_curated_sets", "list_option_packs"):
        listed = yaml.safe_load(there.call(f"{name}_yaml", query={"limit": 5}).text)
        assert listed == there.call(f"{name}_json", query={"limit": 5}).json(), f"the YAML of {name} differs"
    SET.remove(there, made)
    PATTERN.remove(there, pattern)


@pytest.mark.parametrize("imperial", [False, True], ids=["metric", "imperial"])
def test_csv_has_a_line_for_each_measurement(there: Deployment, imperial: bool) -> None:
    made = SET.make(there, public=True, imperial=imperial, measies={"chest": 254, "shoulderSlope": 13.5})
    reply = there.call("read_set_csv", id=made["id"])
    rows = {row["measurement"]: (float(row["value"]), row["unit"]) for row in csv.DictReader(reply.text.splitlines())}
    chest = (10.0, "inch") if imperial else (254.0, "mm")
    assert rows == {"chest": chest, "shoulderSlope": (13.5, "deg")}, f"the rows are {rows}"
    assert "attachment" in reply.headers["content-disposition"], "a browser is not told to keep a file"
    SET.remove(there, made)


@pytest.mark.parametrize("form", ["smis", "vit"])
def test_a_file_of_a_design_tool_holds_the_set(there: Deployment, form: str) -> None:
    made = SET.make(there, public=True, imperial=True, name="contract, a tape", measies={"waist": 762})
    # Of the deployment, which the caller of the suite trusts.
    root = ElementTree.fromstring(there.call(f"read_set_{form}", id=made["id"]).content)
    assert root.tag == form and root.findtext("unit") == "inch", f"the root is {root.tag} in {root.findtext('unit')}"
    person: Any = root.find("personal")
    given = {part.text for part in person.iter()} if person is not None else set()
    assert "contract, a tape" in given, "the name of the set is not the given name"
    values = {one.get("name"): float(one.get("value") or 0) for one in root.iter("m")}
    assert 30.0 in values.values(), f"the waist is not 30 inches: {values}"
    SET.remove(there, made)
