"""Every fault, the check that catches it, and what that says."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from tests.contract.checks import test_access as access
from tests.contract.checks import test_conditions as conditions
from tests.contract.checks import test_idempotency as idempotency
from tests.contract.checks import test_lists as lists
from tests.contract.checks import test_published as published
from tests.contract.checks import test_records as records
from tests.contract.checks import test_refusals as refusals
from tests.contract.checks.kinds import BOOKMARK, CURATED_SET, KINDS, PATTERN, SET, Kind
from tests.contract.faults import promised as _promised  # noqa: F401 (registers faults)
from tests.contract.faults.registry import FAULTS, Promised

NOUNS: dict[str, Any] = {kind.noun: kind for kind in KINDS}


@dataclass(frozen=True)
class Catch:
    """The check that catches a fault, what it is called with, and (a pattern) what it then says."""

    check: Callable[..., None]
    message: str
    arguments: dict[str, Any]

    @property
    def name(self) -> str:
        """The check, as it is called in reports."""
        shown = [value.noun if isinstance(value, Kind) else str(value) for value in self.arguments.values()]
        module = self.check.__module__.rpartition(".")[2]
        return f"{module}::{self.check.__name__}" + (f"[{'-'.join(shown)}]" if shown else "")


def promised() -> dict[str, Catch]:
    """The faults of promises, each registered with its check."""
    return {name: _of(fault) for name, fault in FAULTS.items()}


def _of(fault: Promised) -> Catch:
    module, _, function = fault.check.partition("::")
    check = getattr(import_module(f"tests.contract.checks.{module}"), function)
    arguments = {name: NOUNS.get(str(value), value) for name, value in fault.arguments.items()}
    return Catch(check, fault.message, arguments)


def _by(check: Callable[..., None], message: str, **arguments: Any) -> Catch:
    return Catch(check, message, arguments)


PUT_SETS = {"path": "/sets", "method": "PUT"}

CATCHES: dict[str, Catch] = {
    "a field is missing": _by(
        records.test_a_read_returns_the_stored_record, '"notes" is a required property', kind=SET
    ),
    "a status is not documented": _by(
        records.test_a_new_record_stands_last_in_its_list, "Received: 203", kind=BOOKMARK
    ),
    "a number is sent as text": _by(
        records.test_a_read_returns_the_stored_record, 'is not of type "integer"', kind=PATTERN
    ),
    "a member is null that never is": _by(
        records.test_a_read_returns_the_stored_record, "null is not of type", kind=SET
    ),
    "a reply is of another content type": _by(
        records.test_a_read_returns_the_stored_record, "Received: text/plain", kind=SET
    ),
    "a created record is answered 200": _by(refusals.test_a_good_body_is_not_refused, "Received: 200", kind=SET),
    "a record has no tag": _by(
        conditions.test_a_conditional_read_of_an_unchanged_record_gets_304, "without the header .*etag", kind=SET
    ),
    "rate limit headers are missing": _by(
        published.test_rate_limit_headers_are_sent_and_count_down, "without the header .*ratelimit-policy"
    ),
    "the remaining quota stays the same": _by(
        published.test_rate_limit_headers_are_sent_and_count_down, "costs nothing"
    ),
    "a 401 has no challenge": _by(
        access.test_requests_without_credentials_are_rejected,
        "without the header .*www-authenticate",
        name="list_sets",
    ),
    "a 405 does not list the allowed methods": _by(
        refusals.test_a_405_lists_the_methods_of_the_path, r"Allow is \[''\]", **PUT_SETS
    ),
    "a 405 lists a method that does not exist": _by(
        refusals.test_a_405_lists_the_methods_of_the_path, "Allow is .*TRACE", **PUT_SETS
    ),
    "a link to the next page leads nowhere": _by(
        lists.test_a_walk_along_the_links_sees_each_record_once, "Received: 404", kind=SET
    ),
    "a link to the next page is missing": _by(
        lists.test_a_walk_along_the_links_sees_each_record_once, "other records than the whole list", kind=SET
    ),
    "a link to a created record has a wrong id": _by(
        published.test_a_link_leads_to_an_existing_record, "read_bookmark is answered 404", kind=BOOKMARK
    ),
    "a removed record can still be read": _by(
        records.test_a_removed_record_is_gone_everywhere, r"GET /sets/\d+: 200", kind=SET
    ),
    "bad input ends in a 500": _by(refusals.test_a_body_that_is_none_is_refused, "Server error", kind=SET),
    "an error has another shape": _by(
        refusals.test_an_impossible_id_is_not_found, '"result" is a required property', kind=SET
    ),
    "an error has an unknown code": _by(
        refusals.test_an_impossible_id_is_not_found, '"noSuchThing" is not one of', kind=SET
    ),
    "an error says another status": _by(
        refusals.test_an_impossible_id_is_not_found, "does not say its own status", kind=SET
    ),
    "an unknown record is answered 200": _by(
        refusals.test_an_impossible_id_is_not_found, '"set" is a required property', kind=SET
    ),
    "a page repeats a record": _by(
        lists.test_a_walk_along_the_links_sees_each_record_once, "sees a record twice", kind=BOOKMARK
    ),
    "a page loses a record": _by(
        lists.test_a_walk_along_the_links_sees_each_record_once, "other records than the whole list", kind=BOOKMARK
    ),
    "a page holds more than was asked for": _by(
        lists.test_a_walk_along_the_links_sees_each_record_once, "more than was asked for", kind=BOOKMARK
    ),
    "a new record is not listed": _by(
        records.test_a_new_record_stands_last_in_its_list, "a record is not listed", kind=BOOKMARK
    ),
    "head has another status than get": _by(
        conditions.test_head_of_a_record_is_get_without_the_body, "is 204, GET 200", kind=BOOKMARK
    ),
    "a time does not say that it is utc": _by(
        published.test_every_time_is_utc_in_milliseconds, "shorter than 24 characters", kind=BOOKMARK
    ),
    "a value is not in its list": _by(access.test_a_revoked_key_is_refused, '"asleep" is not one of'),
    "a list is longer than any may be": _by(
        records.test_a_new_record_stands_last_in_its_list, "more than 1000 items", kind=CURATED_SET
    ),
    "a number is out of its bounds": _by(
        records.test_a_read_returns_the_stored_record, "greater than the maximum", kind=SET
    ),
    "a secret is shown again": _by(access.test_a_secret_is_shown_once, "a secret is shown again"),
    "a read returns the former record": _by(
        conditions.test_a_conditional_read_of_an_unchanged_record_gets_304, "is told to be unchanged", kind=BOOKMARK
    ),
    "the document served lacks an operation": _by(
        published.test_the_document_is_the_one_of_this_version, "serves another document"
    ),
    "the two forms of the document differ": _by(
        published.test_both_forms_of_the_document_say_the_same, "the two forms differ"
    ),
    "browsers may not read": _by(
        published.test_scripts_of_any_origin_may_read, "may not be read by any origin", name="list_sets"
    ),
    "browsers may send cookies": _by(published.test_scripts_of_any_origin_may_read, "cookies", name="list_sets"),
    "two requests have one name": _by(refusals.test_every_error_is_a_request_of_its_own, "have one name"),
    "a level is not enforced": _by(
        access.test_a_key_of_too_low_a_level_may_not, "POST /sets: 400", name="create_set"
    ),
    "an expired key is accepted": _by(access.test_an_expired_key_is_refused, "in vain for a key to expire"),
    "a revoked key is accepted": _by(access.test_a_revoked_key_is_refused, "GET /sets: 200"),
    "records of others can be read and changed": _by(
        records.test_a_record_of_one_account_is_closed_to_another, "is answered 200 to a stranger", kind=SET
    ),
    "private records can be read by everybody": _by(
        records.test_only_the_owner_reads_a_private_record_and_every_client_a_public_one,
        "can be read without credentials",
        kind=SET,
    ),
    "an invalid value is corrected silently": _by(
        refusals.test_a_member_of_the_wrong_type_is_refused, "POST /sets: 201", kind=SET
    ),
    "a request is not validated": _by(
        refusals.test_a_member_of_the_wrong_type_is_refused, "Server error|: 201", kind=SET
    ),
    "a good body is refused": _by(
        refusals.test_a_good_body_is_not_refused, "a good body is answered 400", kind=BOOKMARK
    ),
    "if match is ignored": _by(
        conditions.test_an_update_with_an_old_tag_is_rejected, r"PATCH /bookmarks/\d+: 200", kind=BOOKMARK
    ),
    "if none match is ignored": _by(
        conditions.test_a_conditional_read_of_an_unchanged_record_gets_304, "is sent again", kind=BOOKMARK
    ),
    "an idempotency key is ignored": _by(
        idempotency.test_a_request_that_is_sent_again_makes_one_record, "a repeat makes another record", kind=SET
    ),
    "an alias takes any credentials": _by(
        access.test_an_alias_takes_its_own_credentials_only, "GET /sets/jwt: 403", name="list_sets"
    ),
    "bad credentials count as none": _by(
        access.test_bad_credentials_do_not_hide_public_records, r"GET /curated-sets/\d+: 404"
    ),
    "bad credentials hide public records": _by(
        access.test_bad_credentials_do_not_hide_public_records, "bad credentials hide a public list: 401"
    ),
    "a key can be made above its makers level": _by(
        access.test_a_key_gives_no_higher_level_than_its_makers, "POST /apikeys: 201"
    ),
} | promised()
