"""Copies: they are the caller's own, and private, whatever was copied."""

from typing import Any

from tests.contract.checks.kinds import CURATED_SET, PATTERN, SET
from tests.contract.checks.problems import is_problem
from tests.contract.deployment import Deployment
from tests.service import Person


def _copy(there: Deployment, operation: str, member: str, who: Person, record: dict[str, Any], **body: Any) -> Any:
    reply = there.call(operation, who, id=record["id"], json=body or None)
    assert reply.status_code in (200, 201), f"{operation} is answered {reply.status_code}"
    return reply.json()[member]


def test_a_clone_of_a_public_set_is_private(there: Deployment) -> None:
    public = SET.make(there, public=True)
    clone = _copy(there, "clone_set", "set", there.alice, public)
    assert clone["public"] is False, "a clone of a public set is public"
    assert clone["measies"] == public["measies"] and clone["userId"] == there.alice.id
    is_problem(there.call("read_set_json", id=clone["id"]), 404, "notFound")
    for record in (public, clone):
        SET.remove(there, record)


def test_every_account_can_clone_a_public_set_but_no_other_a_private_one(there: Deployment) -> None:
    public, private = SET.make(there, public=True), SET.make(there)
    clone = _copy(there, "clone_set", "set", there.bob, public)
    assert clone["userId"] == there.bob.id, "a clone is not the caller's"
    is_problem(there.call("clone_set", there.bob, id=private["id"]), 403, "insufficientAccessLevel")
    there.call("delete_set", there.bob, id=clone["id"])
    for record in (public, private):
        SET.remove(there, record)


def test_a_clone_of_a_pattern_is_private_and_keeps_its_sets(there: Deployment) -> None:
    drafted_from = SET.make(there)
    pattern = PATTERN.make(there, public=True, set=drafted_from["id"])
    clone = _copy(there, "clone_pattern", "pattern", there.alice, pattern)
    assert clone["public"] is False, "a clone of a public pattern is public"
    assert clone["setId"] == drafted_from["id"], "a clone lost its set"
    assert (clone["settings"], clone["userId"]) == (pattern["settings"], there.alice.id)
    for record in (pattern, clone):
        PATTERN.remove(there, record)
    SET.remove(there, drafted_from)


def test_a_clone_of_a_curated_set_is_in_one_language(there: Deployment) -> None:
    curated = CURATED_SET.make(there, nameDe="Vertrag", notesEn="in English")
    for language, name in (("de", "Vertrag"), ("fr", "contract")):
        clone = _copy(there, "clone_curated_set", "set", there.alice, curated, language=language)
        assert clone["name"] == name, f"the name of a clone is not in the language {language}"
        assert (clone["public"], clone["measies"]) == (False, curated["measies"])
        assert clone["notes"] == "in English"
        SET.remove(there, clone)
    CURATED_SET.remove(there, curated)
