"""Faults of quotas, limits and usage, and of signing up."""

import re
from typing import Any

from sqlalchemy import false

import handlers.quota_requests
import middleware.limits
from services.limits import limiter
from storage import confirmations, quota_requests, security_log
from tests.contract.faults.exchange import Exchange
from tests.contract.faults.registry import Replaced, in_code, in_replies

QUOTAS = "test_quotas::test_"
REQUESTS = "test_quota_requests::test_"
USAGE = "test_usage::test_"


def _nothing(*_: Any, **__: Any) -> None:
    """Do nothing."""


@in_replies(QUOTAS + "over_a_quota_nothing_is_done", "does not name the policy")
def a_refusal_names_no_policy(e: Exchange) -> None:
    if e.status == 429:
        e.change(lambda body: body.pop("violated-policies") and None)


@in_code(QUOTAS + "a_quota_holds_from_the_next_request_on", "a quota of 0 allows something")
def a_quota_that_was_set_is_ignored() -> Replaced:
    claims = limiter.claims_of_account

    def usual(limiter: Any, user_id: int, _: Any, key_id: int, __: Any, cost: int) -> Any:
        return claims(limiter, user_id, None, key_id, None, cost)

    yield limiter, "claims_of_account", usual


@in_code(QUOTAS + "a_changed_quota_is_recorded_for_its_owner", "not told of this quota|newest event")
def a_quota_is_no_event() -> Replaced:
    yield security_log, "record", _nothing


@in_replies(QUOTAS + "a_quota_is_for_an_account_or_a_key", "PUT /admin/quotas: 200")
def a_quota_may_have_ended(e: Exchange) -> None:
    if e.is_to("PUT", "/admin/quotas", 200):
        e.memory["quota"] = e.body
    if e.is_to("PUT", "/admin/quotas", 400):
        e.status = 200
        quota = {"id": "0" * 8 + "-0000-4000-8000-" + "0" * 12, "createdAt": "2026-01-01T00:00:00.000Z", "userId": 1}
        quota |= {"key": None, "policy": "burst", "quota": 1, "until": "2026-01-01T00:00:00.000Z", "reason": "r"}
        e.change(lambda _: {"result": "success", "quota": {**quota, "setBy": 1}})


@in_replies(REQUESTS + "a_request_is_listed_and_removed", "a request is not listed")
def a_request_for_more_is_not_listed(e: Exchange) -> None:
    if e.is_to("GET", "/quota-requests", 200):
        e.change(lambda body: body.update(requests=[]))


@in_code(REQUESTS + "a_request_is_for_an_own_key_or_the_account", "POST /quota-requests: 201")
def a_request_for_a_key_names_none() -> Replaced:
    yield handlers.quota_requests, "require_fitting", _nothing


@in_code(REQUESTS + "one_request_for_each_quota_can_be_open", "POST /quota-requests: 201")
def a_quota_can_be_asked_for_twice() -> Replaced:
    yield quota_requests, "_open", quota_requests._open.where(false())


@in_replies(REQUESTS + "a_request_is_decided_once", "a request is granted as")
def the_granted_quota_is_stated_wrongly(e: Exchange) -> None:
    if e.is_to("PATCH", "/admin/quota-requests/.+", 200):
        e.change(lambda body: body["request"].update(quota=700))


@in_replies(REQUESTS + "a_request_for_a_revoked_key_can_only_be_declined", "quota-requests/.*: 200")
def a_request_for_a_revoked_key_is_granted(e: Exchange) -> None:
    if e.is_to("GET", "/quota-requests/.+", 200) or e.is_to("POST", "/quota-requests", 201):
        e.memory["request"] = e.body
    if e.is_to("PATCH", "/admin/quota-requests/.+", 404):
        e.status, e.body = 200, e.memory["request"]
        e.change(lambda body: body.update(result="success"))


@in_replies(USAGE + "calls_are_counted_in_the_hour", "counted are")
def errors_are_not_counted(e: Exchange) -> None:
    if e.is_to("GET", "/apikeys/.+/usage", 200):
        e.change(lambda body: body["usage"]["totals"].update(errors=0))


@in_replies(USAGE + "rows_are_grouped_as_requested", "by operation:")
def rows_are_of_another_operation(e: Exchange) -> None:
    if e.is_to("GET", "/apikeys/.+/usage", 200) and "by=operation" in e.query:
        e.change(lambda body: [row.update(operation="read_set") for row in body["usage"]["rows"]] and None)


@in_replies(USAGE + "csv_has_the_rows_of_the_json_form", "the CSV has other rows")
def the_csv_lacks_a_row(e: Exchange) -> None:
    if e.is_to("GET", r"/apikeys/.+/usage\.csv", 200):
        e.body = e.body.rstrip().rpartition(b"\n")[0] + b"\r\n"


@in_replies(USAGE + "a_chart_names_the_calls_of_each_group", "the chart loads something")
def a_chart_runs_a_script(e: Exchange) -> None:
    if e.is_to("GET", r"/apikeys/.+/usage\.svg", 200):
        e.body = e.body.replace(b"</svg>", b"<script/></svg>")


@in_replies(USAGE + "a_chart_is_in_the_language_that_was_asked_for", "the chart is not in de")
def a_chart_is_always_in_english(e: Exchange) -> None:
    if e.is_to("GET", r"/apikeys/.+/usage\.svg", 200):
        e.body = re.sub(rb'xml:lang="\w+"', b'xml:lang="en"', e.body)


@in_replies(USAGE + "the_usage_of_a_revoked_key_can_be_read", "the usage of a revoked key is gone")
def a_revoked_key_has_no_usage(e: Exchange) -> None:
    if e.is_to("POST", "/apikeys/.+/revoke", 200):
        e.memory["revoked"] = True
    if e.is_to("GET", "/apikeys/.+/usage", 200) and "revoked" in e.memory:
        e.change(lambda body: body["usage"]["totals"].update(calls=0))


@in_code("test_limits::test_an_operation_costs_what_it_states", "and states 5", name="read_all_data")
def every_operation_costs_one_unit() -> Replaced:
    spend = middleware.limits.LimitedOperation.__call__

    async def cheap(operation: Any, *call: Any) -> None:
        operation.cost = 1
        await spend(operation, *call)

    yield middleware.limits.LimitedOperation, "__call__", cheap


@in_replies("test_limits::test_a_rejected_request_costs_its_address_a_unit", "costs nothing")
def a_rejected_request_costs_nothing(e: Exchange) -> None:
    if e.status == 404 and "ratelimit" in e.headers:
        e.headers["ratelimit"] = e.memory.setdefault("left", e.headers["ratelimit"])


@in_replies("test_sign_ups::test_a_new_account_is_named_by_its_number", "a new account is called")
def a_new_account_has_another_name(e: Exchange) -> None:
    if e.is_to("GET", "/account", 200):
        e.change(lambda body: body["account"].update(username="somebody"))


@in_code("test_sign_ups::test_the_link_of_a_sign_up_works_once", "/confirmations/.*: 200")
def the_link_of_a_sign_up_works_twice() -> Replaced:
    yield confirmations, "use_up", _nothing


@in_replies("test_storage::test_what_an_account_stores_is_counted", "is not counted")
def stored_records_are_not_counted(e: Exchange) -> None:
    if e.is_to("GET", "/account/storage", 200):
        e.body = e.memory.setdefault("stored", e.body)


@in_replies("test_storage::test_over_the_quota_of_records_nothing_is_stored", "POST /bookmarks: 201|Received")
def a_record_over_the_quota_is_stored(e: Exchange) -> None:
    if e.is_to("POST", "/bookmarks", 201):
        e.memory["made"] = e.body
    if e.is_to("POST", "/bookmarks", 403):
        e.status, e.body = 201, e.memory["made"]
