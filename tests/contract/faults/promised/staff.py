"""Faults of levels, of what staff do, and of impersonation."""

from typing import Any

import handlers.admin
import security
from handlers.support import audited_changes, ownership
from services.usage import counting
from storage import accounts, administration, audit_log, security_log
from storage import sessions as stored
from tests.contract.faults.exchange import Exchange
from tests.contract.faults.registry import Replaced, in_code, in_replies

LEVELS = "test_levels::test_"
STAFF = "test_staff::test_"
ACTING = "test_impersonation::test_"


def _nothing(*_: Any, **__: Any) -> None:
    """Do nothing."""


@in_code(LEVELS + "a_token_has_the_level_of_its_role", "has another level than 6", role="bughunter")
def a_bughunter_has_the_level_of_support() -> Replaced:
    yield security, "ROLE_LEVELS", {**security.ROLE_LEVELS, "bughunter": 8}


@in_code(LEVELS + "records_of_others_need_the_level_stated", "PATCH /sets/.*: 200")
def level_6_writes_sets_of_others() -> Replaced:
    yield ownership, "WRITE_OTHERS", 6


@in_code(LEVELS + "a_key_falls_with_the_role_of_its_owner", "still works|: 403")
def keys_stay_when_a_role_falls() -> Replaced:
    set_role = accounts.set_role

    def keeping(connection: Any, user_id: int, role: str, level: int, **rest: Any) -> None:
        set_role(connection, user_id, role, 9, **rest)

    yield accounts, "set_role", keeping
    yield security, "ROLE_LEVELS", {**security.ROLE_LEVELS, "user": 5}


@in_replies(STAFF + "staff_find_accounts_by_each_name", "no account is found by its ihash")
def staff_find_no_account_by_its_first_address(e: Exchange) -> None:
    if e.is_to("POST", "/admin/search/users", 200):
        e.change(lambda body: body["users"].update(ihash=[]))


@in_code(STAFF + "acts_of_staff_are_recorded", "the changes are told as|recorded are")
def what_changed_is_not_recorded() -> Replaced:
    yield audit_log, "record", _recording(audit_log.record, changes=None)


def _recording(record: Any, **changed: Any) -> Any:
    def recorded(connection: Any, by: Any, act: str, **rest: Any) -> None:
        record(connection, by, act, **{**rest, **changed})

    return recorded


@in_replies(STAFF + "acts_are_found_by_actor_and_subject", "acts of others for")
def acts_of_others_are_found(e: Exchange) -> None:
    if e.is_to("GET", "/admin/acts", 200) and "subject=" in e.query:
        e.change(lambda body: body["acts"][-1].update(subjectId=0))


@in_code(STAFF + "the_audit_entry_of_a_list_names_no_account", "is not recorded", name="list_subscribers")
def reading_subscribers_is_not_recorded() -> Replaced:
    record = audit_log.record

    def partly(connection: Any, by: Any, act: str, **rest: Any) -> None:
        if act != audit_log.LIST_SUBSCRIBERS:
            record(connection, by, act, **rest)

    yield audit_log, "record", partly


@in_code(STAFF + "reading_sets_of_others_is_not_recorded", "changing a set of another is not recorded")
def changing_sets_of_others_is_not_recorded() -> Replaced:
    yield audited_changes, "record_action", _nothing


@in_code(STAFF + "a_disabled_account_is_ended", "goes on")
def a_disabled_account_goes_on() -> Replaced:
    yield accounts, "set_status", _nothing


@in_replies(STAFF + "staff_turn_a_second_factor_off_only", "is answered 200")
def staff_turn_a_second_factor_on(e: Exchange) -> None:
    if e.is_to("PATCH", r"/admin/user/\d+", 200):
        e.memory["user"] = e.body
    if e.is_to("PATCH", r"/admin/user/\d+", 400):
        e.status, e.body = 200, e.memory["user"]
        e.headers["etag"] = '"a"'


def _changed(connection: Any, handle: str, wanted: Any, _: Any, caller: Any, now: Any) -> Any:
    """Change an account without any rule."""
    return administration.update(connection, int(handle), wanted, level=9, by=audited_changes.actor(caller), now=now)


@in_code(STAFF + "staff_give_no_consent", "PATCH /admin/user/.*: 200")
def staff_give_consent() -> Replaced:
    yield handlers.admin, "_update", _changed


@in_code(STAFF + "staff_cannot_change_their_own_account", "PATCH /admin/user/.*: 200")
def staff_change_their_own_account() -> Replaced:
    yield handlers.admin, "_update", _changed


@in_replies(STAFF + "subscribers_are_listed_by_language", "required property|are listed in")
def a_language_without_subscribers_is_missing(e: Exchange) -> None:
    if e.is_to("GET", "/admin/subscribers", 200):
        e.change(lambda body: (body["subscribers"].pop("uk") and None) or None)


@in_replies(STAFF + "staff_read_an_account_with_what_it_holds", "do not see the sets")
def staff_do_not_see_sets(e: Exchange) -> None:
    if e.is_to("GET", r"/admin/user/\d+", 200):
        e.change(lambda body: body.update(sets=[]))


@in_replies(STAFF + "staff_read_the_accounts_with_the_highest_usage", "are not first")
def the_highest_usage_is_listed_last(e: Exchange) -> None:
    if e.is_to("GET", "/admin/usage", 200):
        e.change(lambda body: body["usage"]["accounts"].reverse())


@in_code(STAFF + "of_anonymous_callers_the_network_alone_is_known", "a caller is known as")
def the_address_of_an_anonymous_caller_is_kept() -> Replaced:
    yield counting, "KEPT_BITS", (32, 128)


@in_code(ACTING + "an_impersonation_acts_as_the_account", "the owner is not told")
def an_impersonation_is_no_event() -> Replaced:
    yield security_log, "record", _nothing


@in_code(ACTING + "operations_of_the_owner_are_rejected", "to an administrator who acts as the account")
def an_administrator_makes_keys_for_others() -> Replaced:
    yield audited_changes, "require_owner", _nothing


@in_code(ACTING + "each_of_its_requests_is_recorded", "recorded are")
def requests_of_an_impersonation_are_not_recorded() -> Replaced:
    record = audit_log.record

    def partly(connection: Any, by: Any, act: str, **rest: Any) -> None:
        if act != audit_log.IMPERSONATED_REQUEST:
            record(connection, by, act, **rest)

    yield audit_log, "record", partly


@in_code(ACTING + "it_ends_with_the_administrators_session", "outlives the session")
def an_impersonation_outlives_its_administrator() -> Replaced:
    yield stored, "end", _nothing


@in_code(ACTING + "it_ends_its_own_session_and_no_other", "of an ended impersonation")
def the_token_of_an_ended_impersonation_is_accepted() -> Replaced:
    yield stored, "end", _nothing


@in_code(ACTING + "an_account_that_is_not_active_is_rejected", "GET /admin/impersonate/.*: 200")
def an_account_that_is_not_active_can_be_impersonated() -> Replaced:
    yield accounts, "is_visible", lambda _: True


@in_replies(ACTING + "calls_of_an_impersonation_are_the_administrators", "counts as the account's")
def calls_of_an_impersonation_are_the_accounts(e: Exchange) -> None:
    if e.is_to("POST", "/bookmarks", 201):
        e.memory["acted"] = True
    if e.is_to("GET", "/account/usage", 200) and "acted" in e.memory:
        e.change(lambda body: [row.update(operation="create_bookmark") for row in body["usage"]["rows"]] and None)
