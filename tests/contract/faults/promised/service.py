"""Faults of bodies, conditions, idempotency keys, pages, images and the newsletter."""

from typing import Any

import handlers.images
import handlers.support.preconditions
import middleware.idempotency
from core import etags, strict_json
from middleware import reading
from services import idempotency
from services.images.record_images import Images
from services.images.store import ImageStore
from storage import subscribers
from tests.contract.faults.exchange import Exchange
from tests.contract.faults.registry import Replaced, in_code, in_replies

CONDITIONS = "test_conditions::test_"
REPEATS = "test_idempotency::test_"
IMAGES = "test_images::test_"
PAGES = "test_pages::test_"
NEWS = "test_newsletter::test_"


def _nothing(*_: Any, **__: Any) -> None:
    """Do nothing."""


@in_code("test_bodies::test_a_body_over_the_limit_of_its_operation_is_refused", ": 400", name="create_bookmark")
def a_body_of_any_size_is_read() -> Replaced:
    read = reading.read

    async def unbounded(scope: Any, receive: Any, most: int) -> Any:
        return await read(scope, receive, 100 * most)

    yield reading, "read", unbounded


@in_code("test_bodies::test_json_is_bounded", "levels are not answered 400")
def json_may_have_more_levels() -> Replaced:
    yield strict_json, "MOST_DEPTH", 64


@in_code(CONDITIONS + "the_weak_form_of_a_tag_is_the_tag", "the weak form", kind="bookmark")
def a_weak_tag_is_another_tag() -> Replaced:
    yield etags, "names", lambda header, tag: tag in header.split(", ")


@in_code(CONDITIONS + "an_update_may_demand_another_tag", "PATCH /bookmarks/.*: 200", kind="bookmark")
def if_none_match_of_a_change_is_ignored() -> Replaced:
    hold = etags.Preconditions.hold
    yield etags.Preconditions, "hold", lambda it, *held: hold(it._replace(if_none_match=None), *held)


@in_code(CONDITIONS + "an_update_may_demand_that_nothing_changed_since", "is answered", kind="bookmark")
def if_unmodified_since_is_ignored() -> Replaced:
    yield etags.Preconditions, "_is_unmodified", lambda *_: True


@in_code(CONDITIONS + "the_tag_of_an_account_leaves_its_counters_out", "changes with its calls")
def the_tag_of_an_account_counts_its_calls() -> Replaced:
    yield handlers.support.preconditions, "COUNTERS", ()


@in_replies(CONDITIONS + "private_responses_are_not_cached_by_others", "may be kept")
def a_list_may_be_kept_by_anyone(e: Exchange) -> None:
    if e.is_to("GET", "/bookmarks", 200):
        e.headers["cache-control"] = "public, max-age=60"


@in_code(REPEATS + "a_rejected_request_frees_its_key", "keeps its idempotency key|: 400")
def a_refused_request_keeps_its_key() -> Replaced:
    async def kept(*_: Any) -> None:
        pass

    yield idempotency.Idempotency, "_release", kept
    yield idempotency, "LONGEST_WAIT", 0.1


@in_code(REPEATS + "a_key_is_known_by_account_and_operation", ": 201|not known by the key")
def an_idempotency_key_is_of_the_credentials() -> Replaced:
    asker_of = middleware.idempotency.asker_of

    def of_the_credentials(caller: Any) -> Any:
        requester = asker_of(caller)
        return requester._replace(by=hash(requester.credential)) if hasattr(requester, "_replace") else requester

    yield middleware.idempotency, "key_of", _salted()
    yield middleware.idempotency, "asker_of", of_the_credentials


def _salted() -> Any:
    calls = iter(range(10**9))
    return lambda value: f"{value}{next(calls)}"


@in_code(REPEATS + "the_quoted_form_of_a_key_is_the_same", "is another key")
def a_quoted_idempotency_key_is_another() -> Replaced:
    yield middleware.idempotency, "key_of", lambda value: value


@in_code(REPEATS + "a_secret_is_repeated_to_its_own_credentials_only", "POST /apikeys: 201")
def a_secret_is_repeated_to_other_credentials() -> Replaced:
    def replayed(kept: Any, _: Any) -> Any:
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept["headers"]]
        return idempotency.Answer(kept["status"], headers, kept["body"].encode(), replayed=True)

    yield idempotency, "_replayed", replayed


@in_replies("test_refusals::test_an_error_of_validation_names_the_places", "the places are")
def an_error_of_validation_names_one_place(e: Exchange) -> None:
    if e.is_to("POST", "/sets", 400):
        e.change(lambda body: body.update(errors=body["errors"][:1]))


@in_replies("test_refusals::test_a_slash_at_the_end_of_a_path_is_ignored", "is answered 404|otherwise than")
def a_slash_makes_another_path(e: Exchange) -> None:
    if e.path.endswith("s/"):
        e.status = 404


@in_replies("test_published::test_a_deprecated_operation_says_so", "it may end on", name="unsubscribe_v3")
def a_deprecated_operation_ends_earlier(e: Exchange) -> None:
    if "sunset" in e.headers:
        e.headers["sunset"] = "Thu, 01 Jan 2026 00:00:00 GMT"


@in_replies(PAGES + "pages_load_nothing_from_elsewhere", "a page loads from", name="read_landing_page")
def a_page_loads_a_script_from_elsewhere(e: Exchange) -> None:
    if e.is_to("GET", "/", 200):
        e.body = e.body.replace(b"</head>", b'<script src="https://cdn.example/a.js"></script></head>')


@in_replies(PAGES + "every_error_is_explained", "errors are not explained")
def an_error_is_not_explained(e: Exchange) -> None:
    if e.is_to("GET", "/docs/errors", 200):
        e.body = e.body.replace(b'id="notFound"', b"")


@in_replies(PAGES + "it_is_alive_and_ready", "check_readiness: 503|Server error")
def it_is_not_ready(e: Exchange) -> None:
    if e.is_to("GET", "/ready", 200):
        e.status = 500


@in_replies(PAGES + "the_page_of_a_link_does_nothing_by_itself", "uses it")
def the_page_of_a_link_uses_it(e: Exchange) -> None:
    if e.is_to("GET", "/confirm/.+", 200):
        e.memory["opened"] = True
    if e.is_to("GET", "/account", 200) and "opened" in e.memory:
        e.change(lambda body: body["account"].update(email="changed@example.org"))


@in_code(IMAGES + "a_name_can_be_had_once", "POST /images: 200")
def an_image_is_replaced_by_anyone() -> Replaced:
    publish = Images.publish

    async def replacing(images: Images, img: str, name: str, *, replace: bool, anonymous: bool) -> None:
        await publish(images, img, name, replace=True, anonymous=anonymous)

    yield Images, "publish", replacing


@in_code(IMAGES + "curators_replace_and_remove_images", "cannot replace or remove")
def curators_do_not_replace_images() -> Replaced:
    yield handlers.images, "CURATE", 10


@in_replies(IMAGES + "without_credentials_only_support_images_are_accepted", "POST /images: 200")
def any_image_is_accepted_without_credentials(e: Exchange) -> None:
    if e.is_to("POST", "/images", 401):
        e.status, e.body = 200, b'{"result": "success", "imgId": "showcase-none"}'


@in_replies(IMAGES + "an_image_without_source_is_refused", "POST /images: 200")
def an_image_without_source_is_accepted(e: Exchange) -> None:
    if e.is_to("POST", "/images", 400):
        e.status, e.body = 200, b'{"result": "success", "imgId": "showcase-none"}'


@in_code(IMAGES + "a_slug_is_taken_by_an_image", "a slug is told to be free")
def a_slug_is_free_although_an_image_has_it() -> Replaced:
    async def missing(*_: Any) -> bool:
        return False

    yield ImageStore, "has", missing


@in_replies(IMAGES + "social_images_have_their_sizes_and_are_the_same_each_time", "other bytes", shape="wide")
def a_social_image_differs_each_time(e: Exchange) -> None:
    if e.is_to("POST", "/img", 200):
        e.memory["count"] = e.memory.get("count", 0) + 1
        e.body += str(e.memory["count"]).encode()


@in_replies(NEWS + "a_subscription_is_confirmed_with_its_link", "a link does not work twice")
def the_link_of_a_subscription_works_once(e: Exchange) -> None:
    if e.is_to("PUT", "/subscriber", 200):
        if "used" in e.memory:
            e.status = 404
            problem = {"result": "error", "error": "notFound", "title": "t", "status": 404, "detail": "d"}
            instance = f"urn:uuid:{e.headers['x-request-id']}"
            e.change(lambda _: {**problem, "type": "/docs/errors#notFound", "instance": instance})
        e.memory["used"] = True


@in_replies(NEWS + "an_invalid_link_is_rejected_without_details", "says what is wrong")
def the_error_of_a_link_names_its_defect(e: Exchange) -> None:
    if e.is_to("PUT", "/subscriber", 404) and b"no hash" in e.sent:
        e.change(lambda body: body.update(detail="The hash is wrong."))


@in_replies(NEWS + "the_answers_are_the_same_for_each_address", "tells whether|Missing Content-Type")
def an_unknown_subscriber_is_revealed(e: Exchange) -> None:
    if e.is_to("DELETE", "/subscriber/0+", 204):
        e.status = 404


@in_code(NEWS + "the_newsletter_ends_with_the_hash", "the newsletter goes on")
def the_newsletter_goes_on() -> Replaced:
    yield subscribers, "leave", _nothing


@in_replies(NEWS + "opening_the_page_changes_nothing", "differs, or needs a script")
def the_page_to_unsubscribe_knows_subscribers(e: Exchange) -> None:
    if e.is_to("GET", "/ocunsub/.+", 200) and not e.path.endswith("000"):
        e.body = e.body.replace(b"</body>", b"<p>You subscribe.</p></body>")


@in_code(NEWS + "both_parts_end_a_subscription_in_body_or_query", "do not end the newsletter", place="query")
def both_parts_of_a_link_end_nothing() -> Replaced:
    yield subscribers, "leave", _nothing


@in_replies(NEWS + "a_language_may_be_in_capitals", "the language is")
def a_language_in_capitals_is_english(e: Exchange) -> None:
    if e.is_to("POST", "/subscriber", 200):
        e.change(lambda body: body["data"].update(language="en"))


@in_replies("test_information::test_there_are_counts_of_everything", "two counts of users differ")
def users_are_counted_twice(e: Exchange) -> None:
    if e.is_to("GET", "/info/users", 200):
        e.change(lambda body: body.update(users=2 * body["users"] + 1))


@in_replies("test_information::test_imports_need_the_operators_token", "is answered 200")
def anyone_imports_subscribers(e: Exchange) -> None:
    if e.is_to("POST", "/import/subscribers", 401, 403):
        e.status = 200
        e.change(lambda _: {"result": "success", "total": 1, "imported": 1, "skipped": []})
