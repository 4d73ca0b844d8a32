"""Routing: documented paths and methods, the suffixed paths, and paths and ids that only resemble documented ones."""

import re
from typing import Any
from uuid import uuid4

import pytest

from core import document
from tests.matrix import on_sqlite
from tests.problems import problem
from tests.service import Person, Service
from tests.wire import Reply, exchange, head

pytestmark = on_sqlite

# A GET that changes something: no HEAD.
UNSAFE = "/account/restrict"
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")  # noqa: RUF001
OPERATIONS = document.operations(document.load())
NO_HEAD = {path for path, _, operation in OPERATIONS if operation.get("x-unsafe")}
EXAMPLES = {
    "id": "1",
    "slug": "a-post",
    "ehash": "0" * 64,
    "key": "6b2d1f0e-7c43-4a35-9d6b-0f2f5e8c1a97",
    "check": "3f786850e387550fdab836ed7e6dc881de23001b",
    "type": "signup",
    "token": "a.b.c",
}


def filled(template: str) -> str:
    return re.sub(r"{(\w+)}", lambda match: EXAMPLES[match[1]], template)


def schemes(operation: dict[str, Any]) -> set[str]:
    return {name for alternative in operation.get("security", []) for name in alternative}


def ask(service: Service, method: str, target: str, *headers: str) -> Reply:
    """Send a request without the normalisation of paths that HTTP libraries do."""
    return exchange(service, head(method, target, *headers))


@pytest.mark.parametrize("template", document.load()["paths"])
def test_405_lists_all_methods_of_the_path(service: Service, template: str) -> None:
    has = {method.upper() for path, method, _ in OPERATIONS if path == template}
    has |= {"HEAD"} if "GET" in has and template not in NO_HEAD else set()
    for method in METHODS - has - {"HEAD"}:
        reply = ask(service, method, filled(template))
        problem(reply, 405, "methodNotAllowed")
        assert reply.headers["allow"].split(", ") == sorted(has)


@pytest.mark.parametrize(
    ("template", "operation"),
    [(path, operation) for path, _, operation in OPERATIONS if schemes(operation)],
    ids=[operation["operationId"] for _, _, operation in OPERATIONS if schemes(operation)],
)
def test_a_suffixed_path_accepts_one_scheme(service: Service, template: str, operation: dict[str, Any]) -> None:
    method = next(method for path, method, found in OPERATIONS if found is operation).upper()
    path = filled(operation.get("x-alias", template))
    for suffix, scheme, challenge in (("/jwt", "bearer", "Bearer "), ("/key", "key", "Basic ")):
        reply = ask(service, method, path + suffix, "Authorization: Digest x")
        if method == "GET" and {} in operation["security"] and reply.status_code == 200:
            continue  # public records are returned with any credentials
        problem(reply, 401, "unauthorized")
        # If the operation does not accept the scheme of the suffix, it names the one that it accepts.
        named = challenge if scheme in schemes(operation) else "Bearer "
        assert reply.headers["www-authenticate"].startswith(named)
        assert "," not in reply.headers["www-authenticate"].replace(", charset", "")


def test_405_of_a_suffixed_path_lists_the_methods_with_its_scheme(service: Service) -> None:
    for path, allowed in (
        ("/sets/jwt", "GET, HEAD, POST"),
        ("/consent/jwt", "PATCH"),
        ("/users/1/key", "GET, HEAD"),
        ("/account/mfa/jwt", "POST"),
    ):
        reply = ask(service, "PUT", path)
        problem(reply, 405, "methodNotAllowed")
        assert reply.headers["allow"] == allowed


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/sets/1/nothing",
        "/sets/1/clone/1",
        "/SETS",
        "/Health",
        "//sets",
        "/sets//",
        "/sets//clone",
        "/./sets/../nothing",
        "/sets/../health",
        "/sets%2F1",
        "/sets/1%2Fclone",
        "/sets/1%2fjwt",
        "/users/a%2Fb",
        "/images/set-..%2f..%2fpasswd",
        "/sets%3Fx",
        "/health%00",
        "/health%20",
        "/health;x=y",
        "/health/jwt",
        "/signup/key",
        "/jwt",
        "/key",
        "/jwt/jwt",
        "/users/1/data/jwt",
        "/health.json",
        "/docs/assets",
        "/docs/assets/",
        "/docs/assets/nothing.js",
        "/docs/assets/../../app.py",
        "/docs/assets/..%2f..%2fapp.py",
        "/docs/assets/%2e%2e/%2e%2e/app.py",
        "/docs/assets/%00",
        "/docs/assets/%ff",
        "/docs/assets/%ED%A0%80",
        "/docs/assets/" + "a" * 5_000,
        "/web/",
        "/web/../app.py",
        "/web/" + "a/" * 5_000,
        "/" + "a" * 15_000,
        "/" * 15_000,
        "/%ff%fe",
        "/%",
        "/%zz",
    ],
    ids=lambda path: path[:40],
)
def test_an_undocumented_path_is_404_for_each_method(service: Service, path: str) -> None:
    for method in ("GET", "POST", "DELETE", "OPTIONS"):
        if method != "GET" and path.startswith(("/docs/assets/", "/web/")):
            reply = ask(service, method, path)
            assert reply.status_code in (404, 405)
            problem(reply, reply.status_code, reply.json()["error"])
        else:
            problem(ask(service, method, path), 404, "notFound")


@pytest.mark.parametrize(("path", "same"), [("/health/", "/health"), ("/docs/", "/docs"), ("//", "/")])
def test_a_trailing_slash_is_ignored(service: Service, path: str, same: str) -> None:
    assert ask(service, "GET", path).content == ask(service, "GET", same).content


def test_static_files_accept_only_get_and_head(service: Service) -> None:
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        reply = ask(service, method, "/web/style.css")
        problem(reply, 405, "methodNotAllowed")
        assert reply.headers["allow"] == "GET, HEAD"
    assert ask(service, "HEAD", "/web/style.css").status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "?",
        "??",
        "?%",
        "?%zz",
        "?%ff=%00",
        "?a=1&a=2&&&===&",
        "?id=2&method=DELETE",
        "?" + "a=b&" * 4_000,
        "?é=1",
    ],
    ids=lambda query: query[:20],
)
def test_an_undocumented_query_parameter_is_ignored(service: Service, sender: Person, query: str) -> None:
    query = query.replace("é", "%C3%A9")
    authorization = f"Authorization: {sender.authorization}"
    for path in ("/health", "/sets/0", "/sets/key", "/users/1"):
        plain, asked = (ask(service, "GET", target, authorization) for target in (path, path + query))
        assert (asked.status_code, len(asked.content)) == (plain.status_code, len(plain.content))


def malformed_ids(number: int, uuid: str) -> list[str]:
    """Return texts that resemble the id of a record, and are none."""
    text = str(number)
    forms = [f"+{text}", f"{text}.0", f"{text}.5", f"{text}e0", f"{text}E0", f"0{text}", f"0x{number:x}", f"-{text}"]
    forms += [f"{text[0]}_{text[1:]}", f"{text},", f"{text};", f"{text};v=1", f"'{text}'", f"{text}%20", f"%20{text}"]
    forms += [f"{text}%00", f"%00{text}", f"{text}%0A", f"{text}%0D%0A", f"{text}%09", f"{text}%", f"{text}%zz"]
    forms += ["".join(f"%{byte:02X}" for byte in text.translate(digits).encode()) for digits in (ARABIC, FULL_WIDTH)]
    forms += ["0", "-0", "-1", "1e400", "NaN", "null", "undefined", "true", "[1]", "%7B%7D", "%ff", "%ED%A0%80"]
    forms += [str(2**31), str(2**63), str(2**64), str(2**64 + number), "9" * 16, "9" * 5_000, "1" * 15_000]
    forms += [uuid.replace("-", ""), f"%7B{uuid}%7D", f"urn:uuid:{uuid}", f"{uuid}%0A", f"{uuid}0", uuid[:-1]]
    return [*forms, uuid.replace("-", "", 1) + "-", "g" + uuid[1:], f"%20{uuid}", f"{uuid},", str(uuid4())]


def test_only_a_plain_number_or_uuid_is_an_id(service: Service, sender: Person) -> None:
    made = sender.new_set(public=True)
    key = sender.new_key().key
    authorization = f"Authorization: {sender.authorization}"
    for form in malformed_ids(made["id"], made["uuid"]):
        for method, path in (
            ("GET", f"/sets/{form}"),
            ("GET", f"/sets/{form}.json"),
            ("GET", f"/sets/{form}.yaml"),
            ("GET", f"/sets/{form}/jwt"),
            ("DELETE", f"/sets/{form}"),
            ("POST", f"/sets/{form}/clone"),
            ("PATCH", f"/sets/{form}"),
            ("DELETE", f"/apikeys/{form}"),
        ):
            problem(ask(service, method, path, authorization), 404, "notFound")
    for form in malformed_ids(1, key):
        for method in ("GET", "DELETE"):
            problem(ask(service, method, f"/apikeys/{form}", authorization), 404, "notFound")
    assert sender.get("/sets").json()["sets"][-1] == made
    assert key in [listed["key"] for listed in sender.get("/apikeys").json()["apikeys"]]


def test_a_uuid_may_be_in_capitals(sender: Person) -> None:
    made = sender.new_set()
    assert sender.get(f"/sets/{made['uuid'].upper()}").json()["set"] == made


@pytest.mark.parametrize("template", ["/users/{}", "/users/{}/card", "/images/{}", "/exports/{}"])
def test_malformed_ids_in_public_paths_are_404(service: Service, template: str) -> None:
    for form in malformed_ids(10**14 + 7, str(uuid4())):
        problem(ask(service, "GET", template.format(form)), 404, "notFound")


def test_malformed_confirmations_are_404(service: Service) -> None:
    check = EXAMPLES["check"]
    for form in malformed_ids(7, str(uuid4())):
        for path in (f"/confirmations/{form}/{check}", f"/confirmations/{uuid4()}/{form}"):
            problem(ask(service, "GET", path), 404, "notFound")


@pytest.mark.parametrize(
    "path", [filled(path) for path, method, found in OPERATIONS if method == "get" and path not in NO_HEAD]
)
def test_head_is_get_without_its_body(service: Service, sender: Person, path: str) -> None:
    authorization = f"Authorization: {sender.authorization}"
    # Counts in the representation can change between two requests: then repeat.
    for _ in range(10):
        got, headed, again = (ask(service, method, path, authorization) for method in ("GET", "HEAD", "GET"))
        if got.headers["etag"] == again.headers["etag"]:
            break
    assert headed.content == b""
    assert headed.status_code == got.status_code
    for name in ("content-type", "cache-control", "etag", "www-authenticate"):
        assert headed.headers[name] == got.headers[name]
    length = headed.headers["content-length"]
    # A streamed response has none, with either method.
    assert (length is None) == (got.headers["content-length"] is None)
    assert length is None or int(length) > 0


def test_a_websocket_upgrade_is_ignored(service: Service) -> None:
    headers = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")
    reply = ask(service, "GET", "/health", *headers, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
    assert reply.status_code == 200


def test_head_never_freezes_an_account(service: Service, sender: Person) -> None:
    for path in (UNSAFE, f"{UNSAFE}/jwt"):
        reply = ask(service, "HEAD", path, f"Authorization: {sender.authorization}")
        assert reply.status_code == 405
        assert reply.headers["allow"] == "GET, POST"
    assert sender.get("/whoami").status_code == 200
