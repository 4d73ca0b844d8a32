"""Faults of accounts: sign-in, sessions, passwords, consent, addresses."""

from typing import Any

import handlers.account
import handlers.sessions
import handlers.support.second_factor
from core import email_addresses
from handlers.support import own_sessions, usernames
from services.auth import attempts, mfa, passwords, tokens
from storage import accounts, confirmations, security_log
from storage import sessions as stored
from tests.contract.faults.exchange import Exchange
from tests.contract.faults.registry import Replaced, in_code, in_replies

ACCOUNTS = "test_accounts::test_"
SESSIONS = "test_sessions::test_"
MFA = "test_mfa::test_"
ADDRESSES = "test_addresses::test_"


def _nothing(*_: Any, **__: Any) -> None:
    """Do nothing."""


@in_code("test_sign_in::test_every_name_of_an_account_signs_in", "signing in as")
def names_are_compared_without_case_folding() -> Replaced:
    find = accounts.find_by_login
    by_capitals = lambda connection, login: None if str(login).isupper() else find(connection, login)  # noqa: E731
    yield accounts, "find_by_login", by_capitals


@in_replies("test_sign_in::test_a_failed_sign_in_tells_nothing", "tells whether an account exists")
def a_failed_sign_in_tells_whether_an_account_exists(e: Exchange) -> None:
    if e.is_to("POST", "/signin", 401) and b"nobody" in e.sent:
        e.change(lambda body: body.update(detail="There is no such account."))


@in_replies("test_sign_in::test_a_link_is_on_its_way_to_anybody", "an unknown account is told of|Received")
def a_link_for_an_unknown_user_is_refused(e: Exchange) -> None:
    if e.is_to("POST", "/signinlink", 200):
        e.status = 404


@in_code("test_sign_in::test_no_code_may_be_sent_as_false", "is answered")
def a_code_must_be_text() -> Replaced:
    signed_in = handlers.sessions._signed_in

    async def strict(services: Any, attempt: Any, body: Any, *rest: Any) -> Any:
        if body.get("token") is False:
            raise attempts.failed(False)
        return await signed_in(services, attempt, body, *rest)

    yield handlers.sessions, "_signed_in", strict


@in_replies(SESSIONS + "a_sign_in_begins_a_session", "not listed newest first")
def sessions_are_listed_oldest_first(e: Exchange) -> None:
    if e.is_to("GET", "/account/sessions", 200):
        e.change(lambda body: body["sessions"].reverse())


@in_code(SESSIONS + "an_ended_session_rejects_its_token", "the token of an ended session works")
def an_ended_session_goes_on() -> Replaced:
    yield stored, "end", _nothing


@in_code(SESSIONS + "ending_the_others_leaves_this_session_and_keys", "another session goes on")
def other_sessions_go_on() -> Replaced:
    yield stored, "end_all", _nothing


@in_code(SESSIONS + "every_session_ends_where_that_is_asked", "the session of the request goes on")
def the_session_of_the_request_never_ends() -> Replaced:
    end_all = own_sessions.end_all

    def keeping(connection: Any, keep: Any, caller: Any, now: Any) -> Any:
        return end_all(connection, caller.session, caller, now)

    yield own_sessions, "end_all", keeping


@in_code(SESSIONS + "a_token_is_good_for_seven_days", "is good for")
def a_token_is_good_for_a_month() -> Replaced:
    yield tokens, "LIFETIME", tokens.LIFETIME * 4


@in_code("test_passwords::test_a_bad_password_is_refused", "PATCH /account: 200")
def a_common_password_is_accepted() -> Replaced:
    yield passwords, "is_common", lambda _: False


@in_code("test_passwords::test_a_new_password_ends_every_other_session", "goes on after a new password")
def other_sessions_go_on_after_a_new_password() -> Replaced:
    yield stored, "end_all", _nothing


@in_code(MFA + "a_second_factor_is_turned_on_used_and_turned_off", "POST /signin: 200")
def a_scratch_code_works_again() -> Replaced:
    change = accounts.change

    def keeping(connection: Any, user_id: int, **fields: Any) -> Any:
        if set(fields) != {"mfa_scratch"}:
            change(connection, user_id, **fields)

    yield accounts, "change", keeping


@in_code(MFA + "a_second_factor_ends_every_other_session", "goes on after a second factor")
def other_sessions_go_on_after_a_second_factor() -> Replaced:
    yield stored, "end_all", _nothing


@in_code(MFA + "a_code_that_does_not_fit_turns_nothing_on", "POST /account/mfa: 200|Server error")
def any_code_turns_a_second_factor_on() -> Replaced:
    yield mfa, "matching_step", lambda *_, **__: 1
    yield (
        handlers.support.second_factor,
        "_turn_on",
        lambda _, fields, caller, *rest: accounts.find(_, caller.user_id),
    )


@in_replies("test_consent::test_an_account_without_consent_can_give_it", "the new token does not work")
def consent_returns_no_good_token(e: Exchange) -> None:
    if e.is_to("PATCH", "/consent", 200):
        e.memory["token"] = True
    elif e.is_to("GET", "/sets", 200) and "token" in e.memory:
        e.memory.clear()
        e.status = 401
        problem = {"result": "error", "error": "unauthorized", "title": "t", "status": 401, "detail": "d"}
        e.headers["www-authenticate"] = "Bearer"
        e.change(lambda _: {**problem, "type": "/docs/errors#unauthorized", "instance": "urn:uuid:" + "0" * 36})


@in_code("test_consent::test_withdrawing_consent_revokes_every_key", "a key works again")
def keys_stay_when_consent_is_withdrawn() -> Replaced:
    edit = accounts.edit

    def keeping(connection: Any, user_id: int, *, fields: Any, data: Any, origin: Any, now: Any) -> Any:
        if "consent" in fields:
            accounts.change(connection, user_id, updated_at=now, **fields)
            return accounts.find(connection, user_id)
        return edit(connection, user_id, fields=fields, data=data, origin=origin, now=now)

    yield accounts, "edit", keeping


@in_replies(ADDRESSES + "an_address_changes_once_it_is_confirmed", "changes before it is confirmed")
def an_address_changes_unconfirmed(e: Exchange) -> None:
    if e.is_to("PATCH", "/account", 200) and b'"confirmation"' in e.body and b'"email"' in e.sent:
        e.change(lambda body: body["account"].update(email="changed@example.org"))


@in_code(ADDRESSES + "a_pending_change_is_replaced_and_cancelled", "PATCH /account: 200")
def a_change_that_was_replaced_is_still_good() -> Replaced:
    yield confirmations, "drop", lambda *_: True


@in_code(ADDRESSES + "a_new_password_cancels_a_change", "PATCH /account: 200")
def a_change_of_address_outlives_a_new_password() -> Replaced:
    yield confirmations, "drop_all", _nothing


@in_replies(ADDRESSES + "a_change_to_a_known_address_looks_the_same", "reveals whether an address has an account")
def a_known_address_is_revealed(e: Exchange) -> None:
    if e.is_to("PATCH", "/account", 200) and b"unknown" in e.sent:
        e.change(lambda body: body.update(free=True))


@in_code(ADDRESSES + "an_address_is_trimmed_and_made_small", "an address is kept as")
def an_address_keeps_its_capitals() -> Replaced:
    issue = confirmations.issue

    def capital(connection: Any, kind: str, *, user_id: int, now: Any, data: Any = None) -> Any:
        data = {"email": data["email"].upper()} if data else data
        return issue(connection, kind, user_id=user_id, now=now, **({"data": data} if data else {}))

    yield confirmations, "issue", capital


@in_code(ADDRESSES + "an_internationalised_domain_has_two_forms", "is shown as")
def an_internationalised_domain_is_shown_with_a_labels() -> Replaced:
    yield email_addresses, "shown", str


@in_code(ACCOUNTS + "the_data_of_an_account_is_merged", "not merged key by key")
def null_is_kept_in_the_data_of_an_account() -> Replaced:
    edit = accounts.edit

    def keeping(connection: Any, user_id: int, *, data: Any, **rest: Any) -> Any:
        return edit(connection, user_id, data={name: value or "" for name, value in data.items()}, **rest)

    yield accounts, "edit", keeping


@in_code(ACCOUNTS + "a_frozen_account_is_closed_until_it_is_lifted", "POST /signin: 200|goes on")
def a_frozen_account_is_open() -> Replaced:
    yield accounts, "set_status", _nothing


@in_replies("test_exports::test_an_export_holds_what_the_account_owns", "an export lacks a")
def an_export_lacks_the_newest_record(e: Exchange) -> None:
    if e.is_to("GET", "/exports/.+", 200):
        e.change(lambda body: body["patterns"].pop() and None)


@in_code("test_exports::test_an_export_ends_with_its_session", "after its session has ended")
def an_export_outlives_its_session() -> Replaced:
    yield stored, "end", _nothing


@in_replies("test_exports::test_all_data_is_streamed", "has a length or a tag")
def all_data_has_a_tag(e: Exchange) -> None:
    if e.is_to("GET", r"/users/\d+/data", 200):
        e.headers["etag"] = '"a"'


@in_code("test_events::test_what_happens_to_a_key_is_recorded", "what happened is")
def a_rotation_is_no_event() -> Replaced:
    record = security_log.record

    def partly(connection: Any, user_id: int, event: str, **details: Any) -> None:
        if event != security_log.KEY_ROTATED:
            record(connection, user_id, event, **details)

    yield security_log, "record", partly


@in_code("test_events::test_a_failed_sign_in_is_recorded", "is not among")
def a_failed_sign_in_is_no_event() -> Replaced:
    yield security_log, "record_failure", _nothing
    yield security_log, "page", _without_failures(security_log.page)


def _without_failures(page: Any) -> Any:
    def shown(*asked: Any, **window: Any) -> Any:
        return [one for one in page(*asked, **window) if one["event"] != security_log.SIGN_IN_FAILED]

    return shown


@in_code("test_names::test_a_name_that_breaks_a_rule_is_not_free", "is told to be free", rule="looks-alike")
def a_name_that_looks_reserved_is_free() -> Replaced:
    yield usernames, "_imitates", lambda _: False


@in_replies("test_names::test_a_name_is_taken_in_every_form", "is told to be free although")
def a_name_in_capitals_is_free(e: Exchange) -> None:
    if e.is_to("POST", "/available/username", 200) and b"STRASSE" in e.sent.upper():
        e.status = 404
        problem = {"result": "error", "error": "notFound", "title": "t", "status": 404, "detail": "d"}
        instance = f"urn:uuid:{e.headers['x-request-id']}"
        e.change(lambda _: {**problem, "type": "/docs/errors#notFound", "instance": instance})


@in_code("test_names::test_a_name_that_is_not_acceptable_changes_nothing", "an account took the name")
def a_reserved_name_is_accepted() -> Replaced:
    yield handlers.account, "is_acceptable", lambda name, **_: bool(name)


@in_replies("test_profiles::test_a_profile_is_found_by_each_name", "no profile is found by")
def a_profile_is_not_found_in_capitals(e: Exchange) -> None:
    if e.is_to("GET", "/users/USER-.+", 200):
        e.status = 404
        problem = {"result": "error", "error": "notFound", "title": "t", "status": 404, "detail": "d"}
        instance = f"urn:uuid:{e.headers['x-request-id']}"
        e.change(lambda _: {**problem, "type": "/docs/errors#notFound", "instance": instance})


@in_replies("test_profiles::test_a_search_finds_names_that_begin_so", "another name is found")
def a_search_finds_other_names(e: Exchange) -> None:
    if e.is_to("POST", "/find/users", 200):
        e.change(lambda body: body["profiles"][0].update(username="somebody"))


@in_replies("test_profiles::test_a_card_shows_name_and_number", "lacks the name|is no image|Received")
def a_card_lacks_the_name(e: Exchange) -> None:
    if e.is_to("GET", r"/users/\d+/card", 200):
        e.body = e.body.replace(b"user-", b"u-")
