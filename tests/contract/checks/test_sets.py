"""Measurement sets: required members, stored measurements, and ignored ones."""

from typing import Any

from tests.contract.checks.kinds import SET
from tests.contract.deployment import Deployment

# Values of measurements that are not stored, and the reason.
IGNORED: dict[str, tuple[Any, str]] = {
    "wingspan": (900, "unknown"),
    "waist": (0, "notMeasured"),
    "hips": (-1, "outOfRange"),
    "seat": (100_001, "outOfRange"),
    "knee": (True, "notANumber"),
    "neck": ("about 400", "notANumber"),
}


def test_only_the_name_is_required(there: Deployment) -> None:
    reply = there.call("create_set", there.alice, json={"name": "contract, by its name"})
    assert reply.status_code == 201, f"a set with a name alone is answered {reply.status_code}"
    made = reply.json()["set"]
    kept = [made[name] for name in ("notes", "public", "imperial", "measies", "img")]
    assert kept == ["--", False, False, {}, "default-avatar"], f"a new set has other defaults: {kept}"
    SET.remove(there, made)


def test_invalid_measurements_are_dropped(there: Deployment) -> None:
    measies = {name: value for name, (value, _) in IGNORED.items()}
    made = SET.make(there, measies={**measies, "chest": 920, "inseam": "780.5", "head": 100_000, "wrist": None})
    assert made["measies"] == {"chest": 920, "inseam": 780.5, "head": 100_000}, f"stored are {made['measies']}"
    SET.remove(there, made)


def test_invalid_measurements_are_listed(there: Deployment) -> None:
    measies = {name: value for name, (value, _) in IGNORED.items()}
    reply = there.call("create_set", there.alice, json={"name": "contract", "measies": measies})
    made = reply.json()["set"]
    wanted = [{"name": name, "reason": why} for name, (_, why) in IGNORED.items()]
    assert reply.json()["ignored"] == wanted, "a measurement is dropped without the right reason"
    update = there.call("update_set", there.alice, id=made["id"], json={"measies": {"wingspan": 1}})
    assert update.json()["ignored"] == [{"name": "wingspan", "reason": "unknown"}], "an update drops it silently"
    read = there.call("read_set", there.alice, id=made["id"])
    assert "ignored" not in read.json() and read.headers["etag"] == update.headers["etag"]
    SET.remove(there, made)


def test_measurements_are_merged(there: Deployment) -> None:
    made = SET.make(there, measies={"chest": 900, "waist": 700, "hips": 950, "seat": 1000, "knee": 400})
    change = {"waist": 710, "hips": None, "seat": 0, "knee": "__UNSET__", "neck": "380"}
    changed = there.call("update_set", there.alice, id=made["id"], json={"measies": change}).json()["set"]
    wanted = {"chest": 900, "waist": 710, "neck": 380}
    assert changed["measies"] == wanted, f"measurements are not merged: {changed['measies']}"
    SET.remove(there, made)


def test_how_a_set_is_shown_changes_no_measurement(there: Deployment) -> None:
    made = SET.make(there, imperial=True, public=True, measies={"chest": 901.5, "shoulderSlope": 13.5})
    data = there.call("read_set_json", id=made["id"]).json()
    assert data["units"] == "imperial"
    assert data["measurements"] == made["measies"] == {"chest": 901.5, "shoulderSlope": 13.5}, "a measurement changed"
    SET.remove(there, made)
