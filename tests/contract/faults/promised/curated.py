"""Faults of curated sets, option packs and suggestions."""

from typing import Any

import handlers.curated_sets
import handlers.option_packs
from handlers.serializers import translations
from storage import sets
from tests.contract.faults.exchange import Exchange
from tests.contract.faults.registry import Replaced, in_code, in_replies

CURATED = "test_curated::test_"
SUGGESTIONS = "test_suggestions::test_"
PACKS = "test_option_packs::test_"


@in_replies(CURATED + "lists_are_in_the_order_of_numbers", "not in the order of numbers")
def curated_sets_are_listed_newest_first(e: Exchange) -> None:
    if e.is_to("GET", "/curated-sets", 200):
        e.change(lambda body: body["curatedSets"].reverse())


@in_code(CURATED + "an_unpublished_set_is_for_curators_only", "GET /curated-sets/.*: 200")
def an_unpublished_set_can_be_read() -> Replaced:
    yield handlers.curated_sets, "_curates", lambda _: True


@in_replies(CURATED + "a_change_is_seen_within_a_second", "in vain for a change")
def a_change_of_a_curated_set_is_seen_late(e: Exchange) -> None:
    if e.is_to("GET", r"/curated-sets/\d+", 200):
        e.body = e.memory.setdefault(e.path, e.body)


@in_code(CURATED + "only_the_english_name_is_required", "not those in English")
def a_name_without_a_language_is_german() -> Replaced:
    texts_of = translations.texts_of

    def german(body: Any) -> Any:
        return texts_of({("nameDe" if name == "name" else name): value for name, value in body.items()})

    yield handlers.curated_sets, "texts_of", german


@in_replies(CURATED + "shared_tags_are_for_each_language_without_its_own", "tags are kept as")
def shared_tags_are_english_only(e: Exchange) -> None:
    if e.is_to("POST", "/curated-sets", 201):
        e.change(lambda body: body["curatedSet"].update(tagsUk=[]))


@in_code(CURATED + "a_height_is_a_number_or_text", "the height .* is kept as|Server error")
def a_height_is_cut() -> Replaced:
    yield handlers.curated_sets, "centimetres", _cut


def _cut(height: Any) -> int | None:
    return int(float(str(height).removesuffix("cm"))) if height else None


@in_replies(CURATED + "an_update_shows_the_set_twice_and_merges", "does not show the set twice")
def an_update_shows_two_sets(e: Exchange) -> None:
    if e.is_to("PATCH", r"/curated-sets/\d+", 200):
        e.change(lambda body: body["set"].update(nameEn="another"))


@in_replies(SUGGESTIONS + "a_suggestion_is_a_copy_for_curators_only", "is not listed")
def a_suggestion_is_not_listed(e: Exchange) -> None:
    if e.is_to("GET", "/suggested-sets", 200):
        e.change(lambda body: body["suggestions"].pop() and None)


@in_replies(SUGGESTIONS + "a_suggestion_becomes_an_unpublished_set", "a suggestion becomes")
def an_accepted_suggestion_is_published(e: Exchange) -> None:
    if e.is_to("POST", "/curated-sets/from/.+", 201):
        e.change(lambda body: body["curatedSet"].update(published=True))


@in_code(SUGGESTIONS + "a_set_of_another_cannot_be_suggested", "POST /curated-sets/suggest: 201")
def a_set_of_another_is_suggested() -> Replaced:
    async def found(services: Any, id: str, _: Any) -> Any:
        return await services.storage.read(sets.find, int(id))

    yield handlers.curated_sets, "_own_set", found


@in_replies(SUGGESTIONS + "a_suggestion_becomes_an_option_pack", "a suggested pack becomes")
def an_accepted_pack_loses_its_notes(e: Exchange) -> None:
    if e.is_to("POST", "/option-packs/from/.+", 201):
        e.change(lambda body: body["optionPack"].update(notesEn=""))


@in_replies(SUGGESTIONS + "a_suggested_pack_is_kept_until_it_is_removed", "kept as something else")
def a_suggested_pack_loses_its_options(e: Exchange) -> None:
    if e.is_to("POST", "/option-packs/suggest", 201):
        e.change(lambda body: body["submission"].update(options={}))


@in_replies(SUGGESTIONS + "a_suggestion_goes_with_its_account", "outlives its account")
def a_suggestion_outlives_its_account(e: Exchange) -> None:
    if e.is_to("POST", "/curated-sets/suggest", 201):
        e.change(lambda body: e.memory.update(made=body["submission"]))
    if e.is_to("GET", "/suggested-sets", 200):
        e.change(lambda body: body["suggestions"].append(e.memory["made"]))


@in_replies(PACKS + "options_are_kept_as_given_and_merged", "not merged name by name")
def an_option_cannot_be_removed(e: Exchange) -> None:
    if e.is_to("PATCH", r"/option-packs/\d+", 200):
        e.change(lambda body: body["optionPack"]["options"].update(ease=0.12))


@in_replies(PACKS + "name_and_design_are_required", "the error is")
def a_missing_design_is_reported_as_a_missing_name(e: Exchange) -> None:
    if e.is_to("POST", "/option-packs", 400) and b"designMissing" in e.body:
        e.body = e.body.replace(b"designMissing", b"nameMissing")


@in_replies(PACKS + "packs_of_one_design_are_listed", "lists other packs")
def packs_of_every_design_are_listed(e: Exchange) -> None:
    if e.is_to("GET", r"/option-packs\.json", 200):
        e.change(lambda body: [*body, {**body[0], "id": body[0]["id"] + 1}])


@in_replies(PACKS + "a_pack_as_data_has_no_envelope", "has an envelope")
def a_pack_as_data_has_an_envelope(e: Exchange) -> None:
    if e.is_to("GET", r"/option-packs/\d+\.json", 200):
        e.change(lambda body: body.update(result="success"))
