"""Patterns: their stored members, and the sets they are drafted from."""

from typing import Any

from tests.contract.checks.kinds import PATTERN, SET
from tests.contract.checks.problems import is_problem
from tests.contract.deployment import Deployment

SETTINGS: dict[str, Any] = {
    "sa": 10,
    "ease": 0.125,
    "complete": True,
    "only": None,
    "largest": 2**63 - 1,
    "nested": {"ё": ["a", [], {}], "": "empty name"},
}


def test_settings_are_kept_value_for_value(there: Deployment) -> None:
    made = PATTERN.make(there, settings=SETTINGS, data=SETTINGS)
    read = there.call("read_pattern", there.alice, id=made["id"]).json()["pattern"]
    assert read["settings"] == read["data"] == SETTINGS, "settings are not kept as they were sent"
    PATTERN.remove(there, made)
    for too_much in ({"number": 2**64}, {"text": "a" * 200_000}):
        reply = there.call("create_pattern", there.alice, json={**PATTERN.body, "settings": too_much})
        is_problem(reply, 400, "validationFailed")


def test_settings_are_replaced_and_the_design_stays(there: Deployment) -> None:
    drafted_from, made = SET.make(there), PATTERN.make(there, data={"kept": 1})
    change = {"settings": {"scale": 2}, "design": "bella", "set": drafted_from["id"]}
    changed = there.call("update_pattern", there.alice, id=made["id"], json=change).json()["pattern"]
    assert changed["settings"] == {"scale": 2}, "settings are merged in place of being replaced"
    kept = (changed["data"], changed["design"], changed["setId"])
    assert kept == ({"kept": 1}, "aaron", None), "the design, the set or the data changed"
    PATTERN.remove(there, made)
    SET.remove(there, drafted_from)


def test_a_pattern_has_defaults(there: Deployment) -> None:
    made = PATTERN.make(there)
    kept = [made[name] for name in ("name", "notes", "public", "data", "set", "cset")]
    assert kept == ["--", "--", False, {}, None, None], f"a new pattern has other defaults: {kept}"
    PATTERN.remove(there, made)


def test_a_pattern_is_drafted_from_sets_that_the_caller_may_use(there: Deployment) -> None:
    own = SET.make(there)
    for choice in (own["id"], str(own["id"]), own["uuid"], own):
        made = PATTERN.make(there, set=choice)
        assert made["setId"] == own["id"], f"a pattern is not drafted from the set {choice!r}"
        PATTERN.remove(there, made)
    assert PATTERN.make(there, set=None)["setId"] is None
    for field, code in (("set", "setUnknown"), ("cset", "csetUnknown")):
        reply = there.call("create_pattern", there.alice, json={**PATTERN.body, field: 10**14})
        is_problem(reply, 400, code)
    SET.remove(there, own)


def test_a_private_set_of_another_is_no_choice(there: Deployment) -> None:
    private, public = SET.make(there), SET.make(there, public=True)
    refused = there.call("create_pattern", there.bob, json={**PATTERN.body, "set": private["id"]})
    if refused.status_code == 201:
        there.call("delete_pattern", there.bob, id=refused.json()["pattern"]["id"])
    is_problem(refused, 400, "setUnknown")
    made = there.call("create_pattern", there.bob, json={**PATTERN.body, "set": public["id"]})
    assert made.status_code == 201, "a public set cannot be drafted from"
    there.call("delete_pattern", there.bob, id=made.json()["pattern"]["id"])
    for record in (private, public):
        SET.remove(there, record)


def test_a_private_set_is_not_shown_with_a_public_pattern(there: Deployment) -> None:
    for public in (False, True):
        drafted_from = SET.make(there, public=public)
        made = PATTERN.make(there, public=True, set=drafted_from["id"])
        shown = there.call("read_pattern_json", id=made["id"]).json()["set"]
        assert (shown is not None) == public, f"the set, public: {public}, is shown as {shown}"
        assert made["set"]["id"] == drafted_from["id"], "the owner does not see the set of a pattern"
        PATTERN.remove(there, made)
        SET.remove(there, drafted_from)
