"""Faults of records of every kind, of accounts that end, and of the ways to a path."""

from typing import Any

from services import idempotency
from tests.contract.faults.exchange import Exchange
from tests.contract.faults.registry import Replaced, in_code, in_replies


@in_replies("test_access::test_a_deleted_key_is_refused_and_not_listed", "GET /sets: 200|assert")
def a_deleted_key_is_listed(e: Exchange) -> None:
    if e.is_to("POST", "/apikeys", 201):
        e.change(lambda body: e.memory.update(made=body["apikey"]))
    if e.is_to("GET", "/apikeys", 200):
        shown = {name: value for name, value in e.memory["made"].items() if name != "secret"}
        more = {"id": shown["key"], "calls": 0, "lastSeen": None}
        e.change(lambda body: body["apikeys"].append({**shown, **more}))


@in_replies("test_access::test_an_alias_answers_as_the_clean_path", "assert")
def an_alias_answers_otherwise(e: Exchange) -> None:
    if e.is_to("GET", "/sets/key", 200):
        e.body += b" "


@in_replies("test_accounts::test_a_removed_account_is_gone_with_all_that_it_held", "GET /sets/.*: 200")
def a_public_set_outlives_its_account(e: Exchange) -> None:
    if e.is_to("GET", r"/sets/\d+\.json", 404):
        e.status, e.body = 200, b"{}"
        member = {"id": 1, "uuid": "0" * 8 + "-0000-4000-8000-" + "0" * 12, "img": "default-avatar", "name": "a"}
        times = dict.fromkeys(("createdAt", "updatedAt"), "2026-01-01T00:00:00.000Z")
        public = {"result": "success", "author": "FreeSewing.org", "type": "measurementsSet", "about": "a"}
        e.headers |= {"etag": '"a"', "cache-control": "public, no-cache"}
        e.headers["last-modified"] = "Thu, 01 Jan 2026 00:00:00 GMT"
        e.change(lambda _: {**public, **member, **times, "notes": "n", "measurements": {}, "units": "metric"})


@in_replies("test_accounts::test_a_sign_up_does_not_reveal_whether_an_address_is_known", '"created" is not one of')
def a_sign_up_tells_of_a_known_address(e: Exchange) -> None:
    if e.is_to("POST", "/signup", 201):
        e.status = 409


@in_replies("test_accounts::test_the_data_of_an_account_is_all_that_it_holds", "not among the data")
def the_data_of_an_account_lacks_bookmarks(e: Exchange) -> None:
    if e.is_to("GET", r"/users/\d+/data", 200):
        e.change(lambda body: body["data"].update(bookmarks=[]))


@in_replies("test_conditions::test_head_is_get_without_the_body", "has other headers", name="list_curated_sets")
def head_has_other_headers_than_get(e: Exchange) -> None:
    if e.method == "HEAD":
        e.headers["cache-control"] = "no-store"


@in_code("test_idempotency::test_a_key_is_not_for_another_request", "POST /bookmarks: 201", kind="bookmark")
def an_idempotency_key_is_good_for_any_request() -> Replaced:
    async def same(*_: Any) -> str:
        return "the same"

    yield idempotency.Idempotency, "fingerprint_of", same


@in_replies(
    "test_lists::test_a_walk_through_pages_is_not_disturbed_by_deletions", "a walk lost a record", kind="bookmark"
)
def a_walk_loses_a_record_after_a_removal(e: Exchange) -> None:
    if e.is_to("DELETE", r"/bookmarks/\d+", 204):
        e.memory["removed"] = True
    if e.is_to("GET", "/bookmarks", 200) and e.memory.pop("removed", False):
        e.change(lambda body: body.update(bookmarks=[]))


@in_replies("test_published::test_a_preflight_is_answered", "assert")
def a_preflight_does_not_allow_changes(e: Exchange) -> None:
    if e.method == "OPTIONS":
        e.headers["access-control-allow-methods"] = "GET"


@in_replies("test_records::test_an_update_changes_only_the_sent_members", "is not as it was sent", kind="bookmark")
def an_update_changes_nothing(e: Exchange) -> None:
    if e.is_to("POST", "/bookmarks", 201):
        e.change(lambda body: e.memory.update(made=body["bookmark"]))
    if e.is_to("GET", r"/bookmarks/\d+", 200):
        e.change(lambda body: body.update(bookmark=e.memory["made"]))
