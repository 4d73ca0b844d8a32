"""Suggestions: copies, for curators only, until they are accepted or removed."""

from typing import Any

import pytest

from tests.contract.checks.kinds import SET
from tests.contract.checks.problems import is_problem
from tests.contract.deployment import Deployment
from tests.service import Person


def _suggest(there: Deployment, who: Person, **fields: Any) -> dict[str, Any]:
    if there.given:
        pytest.skip("left out: leaves something behind that the account cannot remove")
    reply = there.call("suggest_curated_set", who, json=fields)
    assert reply.status_code == 201, f"a suggestion is answered {reply.status_code}"
    made: dict[str, Any] = reply.json()["submission"]
    return made


def _listed(there: Deployment, kind: str) -> list[str]:
    query: dict[str, Any] = {"limit": 1000}
    found: list[str] = []
    while True:
        reply = there.call(f"list_suggested_{kind}", there.curator, query=query)
        found += [one["id"] for one in reply.json()["suggestions"]]
        if "next" not in reply.links:
            return found
        query = dict(there.http.build_request("GET", reply.links["next"]["url"]).url.params)


def test_a_suggestion_is_a_copy_for_curators_only(there: Deployment) -> None:
    own = SET.make(there, measies={"chest": 900})
    made = _suggest(there, there.alice, set=own["uuid"], name="contract")
    SET.remove(there, own)
    assert made["measies"] == {"chest": 900}, "a suggestion lacks the measurements"
    assert made["id"] in _listed(there, "sets"), "a suggestion is not listed, or went with the set"
    is_problem(there.call("list_suggested_sets", there.alice), 403, "insufficientAccessLevel")
    is_problem(there.call("delete_suggested_set", there.alice, id=made["id"]), 403, "insufficientAccessLevel")
    assert there.call("delete_suggested_set", there.curator, id=made["id"]).status_code == 204
    assert made["id"] not in _listed(there, "sets")


def test_a_suggestion_becomes_an_unpublished_set(there: Deployment) -> None:
    own = SET.make(there)
    made = _suggest(there, there.alice, set=own["id"], notes="for curators")
    accepted = there.call("accept_suggested_set", there.curator, id=made["id"])
    again = there.call("accept_suggested_set", there.curator, id=made["id"])
    record = accepted.json()["curatedSet"]
    there.call("delete_curated_set", there.curator, id=record["id"])
    SET.remove(there, own)
    kept = (record["published"], record["nameEn"], record["notesEn"], record["measies"])
    assert kept == (False, "Untitled", "for curators", own["measies"]), f"a suggestion becomes {kept}"
    is_problem(again, 404, "notFound")


def test_a_set_of_another_cannot_be_suggested(there: Deployment) -> None:
    own = SET.make(there, public=True)
    reply = there.call("suggest_curated_set", there.bob, json={"set": own["id"]})
    SET.remove(there, own)
    is_problem(reply, 400, "setUnknown")


def test_a_suggested_pack_is_kept_until_it_is_removed(there: Deployment) -> None:
    if there.given:
        pytest.skip("left out: leaves something behind that the account cannot remove")
    body = {"name": "contract", "design": "aaron", "options": {"ease": 0.1}, "notes": "n"}
    reply = there.call("suggest_option_pack", there.alice, json=body)
    made = reply.json()["submission"]
    listed = made["id"] in _listed(there, "packs")
    assert there.call("delete_suggested_pack", there.curator, id=made["id"]).status_code == 204
    assert listed, "a suggested pack is not listed"
    assert {name: made[name] for name in body} == body, "a suggested pack is kept as something else"
    is_problem(there.call("delete_suggested_pack", there.curator, id=made["id"]), 404, "notFound")


def test_a_suggestion_becomes_an_option_pack(there: Deployment) -> None:
    body = {"design": "aaron", "options": {"ease": 0.1}, "notes": "for curators"}
    made = there.call("suggest_option_pack", there.alice, json=body).json()["submission"]
    accepted = there.call("accept_suggested_pack", there.curator, id=made["id"])
    again = there.call("accept_suggested_pack", there.curator, id=made["id"])
    record = accepted.json()["optionPack"]
    there.call("delete_option_pack", there.curator, id=record["id"])
    kept = {name: record[name] for name in ("nameEn", "notesEn", "design", "options")}
    wanted = {"nameEn": "Untitled", "notesEn": "for curators", "design": "aaron", "options": {"ease": 0.1}}
    assert kept == wanted, f"a suggested pack becomes {kept}"
    is_problem(again, 404, "notFound")


def test_a_suggestion_goes_with_its_account(there: Deployment) -> None:
    if there.given:
        pytest.skip("left out: ends the account")
    person = there.sign_up()
    own = there.call("create_set", person, json={"name": "contract"}).json()["set"]
    made = _suggest(there, person, set=own["id"])
    assert there.call("remove_account", person).status_code == 200
    left = made["id"] in _listed(there, "sets")
    if left:
        there.call("delete_suggested_set", there.curator, id=made["id"])
    assert not left, "a suggestion outlives its account"
