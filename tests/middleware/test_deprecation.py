"""Deprecated operations have the headers of RFC 9745 and RFC 8594, as the document states them."""

from email.utils import parsedate_to_datetime

from httpx2 import Response

from tests.matrix import on_sqlite
from tests.service import Person, Service

pytestmark = on_sqlite

HEADERS = ("deprecation", "sunset")


def end_of(reply: Response) -> tuple[int, str, str]:
    """Return the time of deprecation, the date of sunset, and the link."""
    assert reply.headers["deprecation"][0] == "@"
    until = parsedate_to_datetime(reply.headers["sunset"])
    return int(reply.headers["deprecation"][1:]), f"{until:%Y-%m-%d}", reply.headers["link"]


def test_each_response_of_a_deprecated_operation_has_the_headers(service: Service, alice: Person) -> None:
    page = f'<{service.url}/docs/#/Account/restrict_account_v3>; rel="deprecation"; type="text/html"'
    key = alice.new_key(1)
    replies = [
        service.http.get("/account/restrict"),
        key.get("/account/restrict"),
        alice.get("/account/restrict/jwt"),
    ]
    assert [reply.status_code for reply in replies] == [401, 403, 200]
    assert {end_of(reply) for reply in replies} == {(1795737600, "2027-12-01", page)}


def test_the_old_operation_to_unsubscribe_is_deprecated(service: Service) -> None:
    reply = service.http.delete("/subscriber?id=5b0a6a0e-3f0b-4b52-9d3c-6a8d5d0c1b2e")
    assert (reply.status_code, end_of(reply)[1]) == (400, "2027-12-01")


def test_other_operations_have_no_deprecation_headers(service: Service, alice: Person) -> None:
    for reply in (alice.get("/account"), alice.post("/account/restrict"), service.http.get("/account/restrict/x")):
        assert not set(HEADERS) & set(reply.headers)


def test_deprecation_headers_are_exposed_to_scripts_of_other_origins(service: Service) -> None:
    reply = service.http.get("/account/restrict", headers={"Origin": "https://tools.example"})
    assert {"Deprecation", "Sunset", "Link"} <= set(reply.headers["access-control-expose-headers"].split(", "))
