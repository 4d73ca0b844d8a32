"""Faults of patterns and bookmarks."""

from typing import Any

import handlers.bookmarks
import handlers.patterns
from handlers.serializers.patterns import pattern_for_public
from storage import patterns
from tests.contract.faults.exchange import Exchange
from tests.contract.faults.registry import Replaced, in_code, in_replies

PATTERNS = "test_patterns::test_"
BOOKMARKS = "test_bookmarks::test_"


@in_replies(PATTERNS + "settings_are_kept_value_for_value", "not kept as they were sent")
def an_empty_name_in_settings_is_lost(e: Exchange) -> None:
    if e.is_to("GET", r"/patterns/\d+", 200):
        e.change(lambda body: body["pattern"]["settings"].get("nested", {}).pop("", None) and None)


@in_code(PATTERNS + "settings_are_replaced_and_the_design_stays", "settings are merged")
def settings_are_merged() -> Replaced:
    edit = patterns.edit

    def merged(connection: Any, locked: Any, **fields: Any) -> Any:
        if "settings" in fields:
            fields["settings"] = {**locked["settings"], **fields["settings"]}
        return edit(connection, locked, **fields)

    yield patterns, "edit", merged


@in_replies(PATTERNS + "a_pattern_has_defaults", "other defaults")
def a_new_pattern_has_no_name(e: Exchange) -> None:
    if e.is_to("POST", "/patterns", 201):
        e.change(lambda body: body["pattern"].update(name="untitled"))


@in_replies(PATTERNS + "a_pattern_is_drafted_from_sets_that_the_caller_may_use", "not drafted from the set")
def a_pattern_forgets_its_set(e: Exchange) -> None:
    if e.is_to("POST", "/patterns", 201):
        e.change(lambda body: body["pattern"].update(setId=None))


@in_code(PATTERNS + "a_private_set_of_another_is_no_choice", "POST /patterns: 201")
def a_pattern_is_drafted_from_a_private_set_of_another() -> Replaced:
    yield handlers.patterns, "may_draft_from", lambda *_: True


@in_code(PATTERNS + "a_private_set_is_not_shown_with_a_public_pattern", "is shown as {")
def a_private_set_is_shown_with_a_public_pattern() -> Replaced:
    serialize = pattern_for_public

    def shown(row: Any) -> Any:
        return serialize({**row, "set": row["set"] and {**row["set"], "public": True}})

    yield handlers.patterns, "pattern_for_public", shown


@in_code(BOOKMARKS + "a_bookmark_is_its_owners_alone", "GET /bookmarks/.*: 200")
def an_administrator_reads_bookmarks_of_others() -> Replaced:
    async def found(services: Any, find: Any, id: str, _: Any) -> Any:
        return await services.storage.read(find, int(id))

    yield handlers.bookmarks, "_own", found


@in_code(BOOKMARKS + "the_type_of_a_bookmark_cannot_change", "changes the type")
def the_type_of_a_bookmark_changes() -> Replaced:
    yield handlers.bookmarks, "FIELDS", ("title", "url", "type")


@in_replies(BOOKMARKS + "any_text_is_an_address", "stored as something else")
def a_bookmarks_address_is_made_a_link(e: Exchange) -> None:
    if e.is_to("POST", "/bookmarks", 201):
        e.change(lambda body: body["bookmark"].update(url="https:" + body["bookmark"]["url"]))
