"""Response headers: request id, content type, CORS and caching; preflights and content negotiation."""

from uuid import UUID

import httpx2
import pytest

from tests.matrix import on_sqlite
from tests.problems import problem
from tests.service import Person, Service
from tests.wire import exchange, head

pytestmark = on_sqlite

ORIGIN = {"Origin": "https://tools.example"}
JSON = "application/json; charset=utf-8"
# One request for each part of the code that makes responses.
EVERY_KIND = [
    ("GET", "/health", 200),
    ("GET", "/", 200),
    ("GET", "/docs/", 200),
    ("GET", "/web/style.css", 200),
    ("GET", "/openapi.json", 200),
    ("GET", "/images/default-avatar", 200),
    ("HEAD", "/health", 200),
    ("GET", "/nothing", 404),
    ("GET", "/web/nothing", 404),
    ("POST", "/health", 405),
    ("POST", "/web/style.css", 405),
    ("GET", "/sets", 401),
    ("POST", "/signup", 400),
]


@pytest.mark.parametrize(("method", "path", "status"), EVERY_KIND)
def test_each_response_can_be_read_by_scripts_of_any_origin(
    service: Service, method: str, path: str, status: int
) -> None:
    reply = service.http.request(method, path, headers=ORIGIN)
    assert reply.status_code == status
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in reply.headers
    exposed = {name.strip() for name in reply.headers["access-control-expose-headers"].split(",")}
    assert {"ETag", "Location", "Retry-After", "WWW-Authenticate", "X-Request-Id"} <= exposed


@pytest.mark.parametrize(("method", "path", "status"), EVERY_KIND)
def test_each_response_has_its_own_request_id(service: Service, method: str, path: str, status: int) -> None:
    sent = {"X-Request-Id": "00000000-0000-0000-0000-000000000000"}
    replies = [service.http.request(method, path, headers=sent) for _ in range(2)]
    ids = [reply.headers.get_list("x-request-id") for reply in replies]
    assert [len(named) for named in ids] == [1, 1]
    assert ids[0] != ids[1]
    for reply, (name,) in zip(replies, ids, strict=True):
        assert UUID(name).version == 4
        if status >= 400:
            problem(reply, status, reply.json()["error"])


def preflight(
    service: Service, path: str, method: str, headers: str = "authorization,content-type"
) -> httpx2.Response:
    requested = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return service.http.options(path, headers={**ORIGIN, **requested})


@pytest.mark.parametrize("path", ["/sets", "/sets/1/jwt", "/account", "/nothing"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
def test_a_preflight_allows_all_methods_and_headers_of_the_api(service: Service, path: str, method: str) -> None:
    reply = preflight(service, path, method)
    assert reply.status_code in (200, 204)
    assert reply.headers["access-control-allow-origin"] == "*"
    assert method in reply.headers["access-control-allow-methods"].split(", ")
    allowed = {name.strip().lower() for name in reply.headers["access-control-allow-headers"].split(",")}
    # A star does not include this one.
    assert "authorization" in allowed
    assert {"content-type"} <= allowed
    assert int(reply.headers["access-control-max-age"]) >= 3600


@pytest.mark.parametrize("method", ["TRACE", "NONSENSE", ""])
def test_a_preflight_for_an_unknown_method_lists_the_known_ones(service: Service, method: str) -> None:
    reply = preflight(service, "/sets", method)
    assert reply.status_code == 204
    assert method not in reply.headers["access-control-allow-methods"].split(", ")


@pytest.mark.parametrize(
    ("path", "content_type", "cached"),
    [
        ("/health", JSON, "no-store"),
        ("/ready", JSON, "no-store"),
        ("/openapi.json", JSON, "public, no-cache"),
        ("/openapi.yaml", "text/yaml; charset=utf-8", "public, no-cache"),
        ("/", "text/html; charset=utf-8", "public, no-cache"),
        ("/docs", "text/html; charset=utf-8", "public, no-cache"),
        ("/docs/errors", "text/html; charset=utf-8", "public, no-cache"),
        ("/images/default-avatar", "image/png", "public, max-age=86400"),
    ],
)
def test_public_responses_have_content_type_and_cache_control(
    service: Service, path: str, content_type: str, cached: str
) -> None:
    reply = service.http.get(path)
    assert (reply.headers["content-type"], reply.headers["cache-control"]) == (content_type, cached)


def test_private_records_are_not_stored_by_shared_caches(sender: Person) -> None:
    made = sender.new_set()
    for path in ("/account", "/whoami", "/sets", f"/sets/{made['id']}", "/apikeys", f"/users/{sender.id}/data"):
        reply = sender.get(path)
        assert (reply.status_code, reply.headers["content-type"]) == (200, JSON)
        assert reply.headers["cache-control"] in ("private, no-cache", "no-store")


def test_responses_with_secrets_are_not_cached(sender: Person) -> None:
    for reply in (
        sender.post("/apikeys", {"name": "x", "level": 1, "expiresIn": 60}),
        sender.get("/account/export"),
        sender.post("/account/mfa", {"mfa": True}),
        sender.patch("/consent", {"consent": 2}),
    ):
        assert reply.status_code < 300
        assert reply.headers["cache-control"] == "no-store"


def test_a_response_without_a_body_has_neither_type_nor_length(sender: Person) -> None:
    reply = sender.delete(f"/sets/{sender.new_set()['id']}")
    assert (reply.status_code, reply.content) == (204, b"")
    assert "content-type" not in reply.headers
    assert reply.headers.get("content-length", "0") == "0"


@pytest.mark.parametrize("path", ["/openapi.json", "/openapi.yaml", "/images/default-avatar"])
def test_a_matching_if_none_match_gets_304(service: Service, path: str) -> None:
    etag = service.http.get(path).headers["etag"]
    for sent in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        reply = service.http.get(path, headers={"If-None-Match": sent})
        assert (reply.status_code, reply.content, reply.headers["etag"]) == (304, b"", etag)
    for sent in ('"other"', etag.strip('"'), "nonsense", ",,,", '"'):
        assert service.http.get(path, headers={"If-None-Match": sent}).status_code == 200


def test_an_invalid_if_none_match_is_rejected(service: Service) -> None:
    for sent, detail in (("", "has fewer than 1 characters"), ("a" * 1001, "has more than 1,000 characters")):
        body = problem(service.http.get("/openapi.json", headers={"If-None-Match": sent}), 400, "validationFailed")
        assert body["errors"] == [{"in": "header", "pointer": "/If-None-Match", "detail": detail}]


@pytest.mark.parametrize(
    "accept",
    [
        ["*/*"],
        ["application/json"],
        ["Application/JSON"],
        ["application/*"],
        ["application/json; charset=utf-8"],
        ["application/json;version=1"],
        ["application/problem+json"],
        ["text/html, application/xhtml+xml, */*;q=0.1"],
        ["application/json, text/plain, */*"],
        ["text/html;q=0.9, application/json;q=0.001"],
        [""],
        ["text/html", "application/json"],
    ],
)
def test_a_client_that_accepts_json_gets_it(service: Service, accept: list[str]) -> None:
    reply = exchange(service, head("GET", "/health", *(f"Accept: {value}" for value in accept)))
    assert (reply.status_code, reply.headers["content-type"]) == (200, JSON)


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "text/*",
        "application/xml",
        "application/jsonx",
        "application/json;q=0",
        "application/json;q=0, */*",
        "application/json;q=0.000",
        "*/*;q=0",
        "application/json;q=nonsense",
        "text/html;q=1e400",
        ",,,",
        "\xff",
        "application/json\x80",
        "a/b;" * 7_500,
    ],
    ids=lambda accept: ascii(accept[:30]),
)
def test_a_client_that_does_not_accept_json_gets_406(service: Service, accept: str) -> None:
    problem(exchange(service, head("GET", "/health", f"Accept: {accept}")), 406, "notAcceptable")


def test_credentials_are_checked_before_accept(service: Service, sender: Person) -> None:
    problem(service.http.get("/sets", headers={"Accept": "text/html"}), 401, "unauthorized")
    both = {"Accept": "text/html", "Authorization": sender.authorization}
    problem(service.http.get("/sets", headers=both), 406, "notAcceptable")


def test_operations_with_other_media_types_ignore_accept(service: Service) -> None:
    for path in ("/", "/docs", "/openapi.yaml", "/images/default-avatar", "/web/style.css"):
        assert service.http.get(path, headers={"Accept": "application/json"}).status_code == 200


def test_responses_do_not_name_the_server_software(service: Service) -> None:
    for path in ("/health", "/nothing", "/docs"):
        headers = service.http.get(path).headers
        assert "server" not in headers
        assert "x-powered-by" not in headers
