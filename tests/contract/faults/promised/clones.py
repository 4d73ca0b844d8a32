"""Faults of clones."""

from typing import Any

from handlers.support import ownership
from handlers.support.ids import record_id
from storage import patterns, sets
from tests.contract.faults.exchange import Exchange
from tests.contract.faults.registry import Replaced, in_code, in_replies


def _public(create: Any) -> Any:
    def made(connection: Any, **fields: Any) -> Any:
        return create(connection, **{**fields, "public": True})

    return made


@in_code("test_clones::test_a_clone_of_a_public_set_is_private", "a clone of a public set is public")
def a_clone_of_a_public_set_stays_public() -> Replaced:
    yield sets, "create", _public(sets.create)


@in_code(
    "test_clones::test_a_clone_of_a_pattern_is_private_and_keeps_its_sets", "a clone of a public pattern is public"
)
def a_clone_of_a_public_pattern_stays_public() -> Replaced:
    yield patterns, "create", _public(patterns.create)


@in_replies("test_clones::test_a_clone_of_a_pattern_is_private_and_keeps_its_sets", "a clone lost its set")
def a_clone_of_a_pattern_loses_its_set(e: Exchange) -> None:
    if e.is_to("POST", r"/patterns/\d+/clone", 200):
        e.change(lambda body: body["pattern"].update(set=None, setId=None))


@in_replies("test_clones::test_a_clone_of_a_curated_set_is_in_one_language", "not in the language")
def a_clone_of_a_curated_set_is_in_english(e: Exchange) -> None:
    if e.is_to("POST", r"/curated-sets/\d+/clone", 201):
        e.change(lambda body: body["set"].update(name="contract"))


@in_code("test_clones::test_every_account_can_clone_a_public_set_but_no_other_a_private_one", "/clone: 201")
def a_private_set_of_another_can_be_cloned() -> Replaced:
    async def found(services: Any, find: Any, id: str, caller: Any) -> Any:
        return await services.storage.read(find, record_id(id))

    yield ownership, "to_clone", found
