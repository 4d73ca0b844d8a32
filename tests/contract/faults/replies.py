"""Faults of responses: a correct response is changed before it is sent."""

import re
from collections.abc import Callable
from typing import Any

import orjson

from tests.contract.faults.exchange import Exchange

ONE = r"/\w+/\d+"
SET = r"/sets/\d+"


def _member(name: str, member: str, value: Any) -> Callable[[Any], None]:
    """Sets this member of the record under that name."""

    def change(body: Any) -> None:
        body[name][member] = value

    return change


def a_field_is_missing(e: Exchange) -> None:
    if e.is_to("GET", SET, 200):
        e.change(lambda body: body["set"].pop("notes") and None)


def a_status_is_not_documented(e: Exchange) -> None:
    if e.is_to("GET", "/bookmarks", 200):
        e.status = 203


def a_number_is_sent_as_text(e: Exchange) -> None:
    if e.is_to("GET", r"/patterns/\d+", 200):
        e.change(lambda body: _member("pattern", "id", str(body["pattern"]["id"]))(body))


def a_member_is_null_that_never_is(e: Exchange) -> None:
    if e.is_to("GET", SET, 200):
        e.change(_member("set", "name", None))


def a_reply_is_of_another_content_type(e: Exchange) -> None:
    if e.is_to("GET", SET, 200):
        e.headers["content-type"] = "text/plain; charset=utf-8"


def a_created_record_is_answered_200(e: Exchange) -> None:
    if e.is_to("POST", "/sets", 201):
        e.status = 200


def a_record_has_no_tag(e: Exchange) -> None:
    if e.is_to("GET", SET, 200):
        del e.headers["etag"]


def rate_limit_headers_are_missing(e: Exchange) -> None:
    e.headers.pop("ratelimit-policy", None)


def the_remaining_quota_stays_the_same(e: Exchange) -> None:
    if "ratelimit" in e.headers:
        e.headers["ratelimit"] = re.sub(r";r=\d+", ";r=100", e.headers["ratelimit"])


def a_401_has_no_challenge(e: Exchange) -> None:
    e.headers.pop("www-authenticate", None)


def a_405_does_not_list_the_allowed_methods(e: Exchange) -> None:
    e.headers.pop("allow", None)


def a_405_lists_a_method_that_does_not_exist(e: Exchange) -> None:
    if e.status == 405:
        e.headers["allow"] += ", TRACE"


def a_link_to_the_next_page_leads_nowhere(e: Exchange) -> None:
    if "link" in e.headers:
        e.headers["link"] = e.headers["link"].replace("/sets?", "/pages-of-sets?")


def a_link_to_the_next_page_is_missing(e: Exchange) -> None:
    e.headers.pop("link", None)


def a_link_to_a_created_record_has_a_wrong_id(e: Exchange) -> None:
    if e.is_to("POST", "/bookmarks", 201):
        e.change(lambda body: _member("bookmark", "id", body["bookmark"]["id"] + 10**7)(body))


def a_removed_record_can_still_be_read(e: Exchange) -> None:
    if e.is_to("DELETE", ONE, 204):
        e.memory[e.path] = True
    if e.is_to("GET", SET, 404) and e.memory.get(e.path):
        body = {"id": 1, "uuid": "2c1d9a54-4d0e-4a57-9a39-0f6f1d1f8f3b", "createdAt": "2026-11-23T07:20:12.003Z"}
        body |= {"updatedAt": body["createdAt"], "img": "default-avatar", "imperial": False, "name": "a", "notes": ""}
        body |= {"userId": 1, "userUuid": body["uuid"], "measies": {}, "public": False}
        e.status, e.body = 200, orjson.dumps({"result": "success", "set": body})
        e.headers |= {"etag": '"a"', "cache-control": "private, no-cache"}


def bad_input_ends_in_a_500(e: Exchange) -> None:
    if e.is_to("POST", "/sets", 400):
        e.status = 500
        e.change(lambda body: body.update(error="internalError", status=500, title="Internal Server Error"))


def an_error_has_another_shape(e: Exchange) -> None:
    if e.status == 404:
        e.body = b'{"message": "There is no such record."}'


def an_error_has_an_unknown_code(e: Exchange) -> None:
    if e.status == 404:
        e.change(lambda body: body.update(error="noSuchThing", type=body["type"].split("#")[0] + "#noSuchThing"))


def an_error_says_another_status(e: Exchange) -> None:
    if e.status == 404:
        e.change(lambda body: body.update(status=400))


def an_unknown_record_is_answered_200(e: Exchange) -> None:
    if e.is_to("GET", ".*", 404):
        e.status = 200


def a_page_repeats_a_record(e: Exchange) -> None:
    if e.is_to("GET", "/bookmarks", 200) and "cursor=" in e.query:
        e.change(lambda body: body["bookmarks"].__setitem__(-1, body["bookmarks"][0]))


def a_page_loses_a_record(e: Exchange) -> None:
    if e.is_to("GET", "/bookmarks", 200) and "cursor=" in e.query:
        e.change(lambda body: body["bookmarks"].pop(0) and None)


def a_page_holds_more_than_was_asked_for(e: Exchange) -> None:
    if e.is_to("GET", "/bookmarks", 200) and "limit=2" in e.query:
        e.change(lambda body: body["bookmarks"].append(body["bookmarks"][0]))


def a_new_record_is_not_listed(e: Exchange) -> None:
    if e.is_to("GET", "/bookmarks", 200):
        e.change(lambda body: body["bookmarks"].pop() and None)


def head_has_another_status_than_get(e: Exchange) -> None:
    if e.method == "HEAD" and e.status == 200:
        e.status = 204


def a_time_does_not_say_that_it_is_utc(e: Exchange) -> None:
    if e.is_to("GET", r"/bookmarks/\d+", 200):
        e.change(lambda body: _member("bookmark", "createdAt", body["bookmark"]["createdAt"].rstrip("Z"))(body))


def a_value_is_not_in_its_list(e: Exchange) -> None:
    if e.is_to("POST", "/apikeys/[^/]+/revoke", 200):
        e.change(_member("apikey", "state", "asleep"))


def a_list_is_longer_than_any_may_be(e: Exchange) -> None:
    if e.is_to("GET", "/curated-sets", 200):
        e.change(lambda body: body.update(curatedSets=(body["curatedSets"] * 1001)[:1001]))


def a_number_is_out_of_its_bounds(e: Exchange) -> None:
    if e.is_to("GET", SET, 200):
        e.change(lambda body: body["set"]["measies"].update(chest=10**9))


def a_secret_is_shown_again(e: Exchange) -> None:
    if e.is_to("GET", "/apikeys/[^/]+", 200):
        e.change(_member("apikey", "secret", "fsk_7Kq2ZlWm0s9fYcT4nVx1RbDpHj6GuAeLtQi5oXyCwz80kWZlK"))


def a_read_returns_the_former_record(e: Exchange) -> None:
    if e.is_to("GET", r"/bookmarks/\d+", 200, 304):
        e.status, e.headers, e.body = e.memory.setdefault(e.path, (e.status, e.headers, e.body))
        if e.asked.get("if-none-match") == e.headers["etag"]:
            e.status, e.body = 304, b""


def the_document_served_lacks_an_operation(e: Exchange) -> None:
    if e.is_to("GET", "/openapi.json", 200):
        e.change(lambda body: body["paths"].pop("/sets/{id}/clone") and None)


def the_two_forms_of_the_document_differ(e: Exchange) -> None:
    if e.is_to("GET", "/openapi.yaml", 200):
        e.body = e.body.replace(b"maxItems: 1000", b"maxItems: 999", 1)


def browsers_may_not_read(e: Exchange) -> None:
    e.headers.pop("access-control-allow-origin", None)


def browsers_may_send_cookies(e: Exchange) -> None:
    e.headers["access-control-allow-credentials"] = "true"


def two_requests_have_one_name(e: Exchange) -> None:
    e.headers["x-request-id"] = "2c1d9a54-4d0e-4a57-9a39-0f6f1d1f8f3b"
    if e.status == 404:
        e.change(lambda body: body.update(instance=f"urn:uuid:{e.headers['x-request-id']}"))


REPLIES: dict[str, Callable[[Exchange], None]] = {
    name.replace("_", " "): fault
    for name, fault in list(globals().items())
    if callable(fault) and getattr(fault, "__module__", "") == __name__ and not name.startswith("_")
}
