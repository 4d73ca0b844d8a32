"""Each request is counted exactly, by caller, operation and status, with its bytes."""

import asyncio
from typing import Any

import httpx2
import pytest
from sqlalchemy import Table, func, select

from storage.schema.fair_use import usage_anonymous, usage_days, usage_hours
from storage.schema.tables import accounts, apikeys
from tests.handlers.database import change_account, execute
from tests.middleware.test_boundary import enveloped
from tests.service import Credentials, Person, Service, wait_until
from tests.service_container import services_on

# {(operation, first digit of the status): [calls, bytes out]}
Counts = dict[tuple[str, int], list[int]]


class Tally:
    """Requests with some credentials, and their expected counts."""

    def __init__(self, who: Credentials) -> None:
        self.who = who
        self.counts: Counts = {}

    def call(self, operation: str, status: int, method: str, path: str, **options: Any) -> httpx2.Response:
        """Send a request of this operation. Its response must have this status."""
        headers = {"Authorization": self.who.authorization, **options.pop("headers", {})}
        reply = self.who.service.http.request(method, path, headers=headers, **options)
        assert reply.status_code == status, reply.text
        self.note(operation, reply)
        return reply

    def note(self, operation: str, reply: httpx2.Response) -> None:
        """Expect one more request of this operation with this response."""
        counted = self.counts.setdefault((operation, reply.status_code // 100), [0, 0])
        counted[0] += 1
        counted[1] += reply.num_bytes_downloaded


def kept(person: Person, table: Table = usage_days) -> dict[int, Counts]:
    """Return the stored counts of the account, by the numbers of its keys."""
    sums = (func.sum(table.c.calls), func.sum(table.c.bytes_out))
    names = (table.c.key_id, table.c.operation, table.c.status)
    query = select(*names, *sums).where(table.c.user_id == person.id).group_by(*names)
    found: dict[int, Counts] = {}
    for key_id, operation, status, calls, sent in execute(person.service, query):
        found.setdefault(key_id, {})[operation, status] = [int(calls), int(sent)]
    return found


def all_calls(person: Person) -> int:
    """Return the number of requests counted for the account."""
    return sum(calls for counts in kept(person).values() for calls, _ in counts.values())


def test_requests_are_counted_by_key_operation_and_status(alice: Person, bob: Person) -> None:
    """2xx, 304, 4xx by the document, by level and by ownership, HEAD, no body, and not JSON; with token and key."""
    key = alice.new_key(level=3)
    [(key_id,)] = execute(alice.service, select(apikeys.c.id).where(apikeys.c.user_id == alice.id))
    theirs = bob.new_set()["id"]
    token, script = Tally(alice), Tally(key)
    made = token.call("create_set", 201, "POST", "/sets", json={"name": "ü"}).json()["set"]["id"]
    for tally in (token, script):
        for _ in range(3):
            tally.call("read_set", 200, "GET", f"/sets/{made}")
        tag = tally.call("read_set", 200, "HEAD", f"/sets/{made}").headers["etag"]
        tally.call("read_set", 304, "GET", f"/sets/{made}", headers={"If-None-Match": tag})
        tally.call("read_set_yaml", 200, "GET", f"/sets/{made}.yaml")
        tally.call("read_set", 404, "GET", "/sets/999999999")
        tally.call("read_set", 403, "GET", f"/sets/{theirs}")
        tally.call("create_bookmark", 400, "POST", "/bookmarks", json={"type": "?"})
        tally.call("list_acts", 403, "GET", "/admin/acts")
    # The suffixed path is the same operation.
    script.call("list_api_keys", 200, "GET", "/apikeys/key")
    token.call("delete_set", 204, "DELETE", f"/sets/{made}")

    expected = 1 + sum(calls for tally in (token, script) for calls, _ in tally.counts.values())
    wait_until(lambda: all_calls(alice) == expected, "a flush")
    found = kept(alice)
    assert found == kept(alice, usage_hours)
    assert found[key_id] == script.counts
    # Before this test alice signed up, without a token.
    token.counts |= {name: counts for name, counts in found[0].items() if name == ("create_api_key", 2)}
    assert found[0] == token.counts


def test_a_request_without_consent_is_counted_for_its_account(service: Service) -> None:
    guest = service.sign_up()
    change_account(service, guest.id, consent=0)
    tally = Tally(guest)
    tally.call("list_sets", 451, "GET", "/sets")
    wait_until(lambda: ("list_sets", 4) in kept(guest).get(0, {}), "a flush")
    assert kept(guest)[0]["list_sets", 4] == tally.counts["list_sets", 4]


def test_an_impersonating_administrator_is_counted_for_their_own_account(alice: Person, service: Service) -> None:
    staff = service.sign_up("admin")
    reply = staff.get(f"/admin/impersonate/{alice.id}")
    assert reply.status_code == 200, reply.text
    token = reply.json()["token"]
    before = all_calls(alice)
    Person(service, alice.id, alice.email, token).get("/patterns")
    wait_until(lambda: ("list_patterns", 2) in kept(staff).get(0, {}), "a flush")
    assert all_calls(alice) == before
    calls = select(accounts.c.jwt_calls).where(accounts.c.id == staff.id)
    assert execute(service, calls)[0][0] == all_calls(staff)


def anonymous(service: Service) -> dict[int, list[int]]:
    """Return the stored counts of anonymous requests: {first digit of the status: [calls, bytes out]}."""
    table = usage_anonymous
    sums = (func.sum(table.c.calls), func.sum(table.c.bytes_out))
    query = select(table.c.status, *sums).where(table.c.prefix == "127.0.0.0/24").group_by(table.c.status)
    return {status: [int(calls), int(sent)] for status, calls, sent in execute(service, query)}


def test_anonymous_requests_are_counted_by_network(service: Service, alice: Person) -> None:
    made = alice.new_set(public=True)["id"]
    # Earlier counts are written together with this one.
    wait_until(lambda: ("create_set", 2) in kept(alice).get(0, {}), "a flush")
    before = anonymous(service)
    expected = {status: list(counts) for status, counts in before.items()}
    wrong = {"Authorization": "Bearer x"}
    options = {"Origin": "https://example.org", "Access-Control-Request-Method": "GET"}
    replies = [
        service.http.get(f"/sets/{made}.json"),
        service.http.head(f"/sets/{made}.json"),
        service.http.get("/sets"),
        service.http.get("/sets", headers=wrong),
        service.http.get("/no/such/path"),
        service.http.put("/sets"),
        service.http.options("/sets", headers=options),
        service.http.get("/web/style.css"),
    ]
    for reply in replies:
        counts = expected.setdefault(reply.status_code // 100, [0, 0])
        counts[0] += 1
        counts[1] += reply.num_bytes_downloaded
    wait_until(lambda: sum(calls for calls, _ in anonymous(service).values()) == _all(expected), "a flush")
    assert anonymous(service) == expected


def _all(counts: dict[int, list[int]]) -> int:
    return sum(calls for calls, _ in counts.values())


def test_a_failure_to_count_does_not_fail_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("out of order")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async def call() -> list[Any]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def nothing() -> Any:
            raise AssertionError("no body is read")

        scope: dict[str, Any] = {"type": "http", "method": "GET", "headers": [], "client": None}
        await enveloped(app, services)(scope, nothing, send)
        return sent

    services = services_on()
    monkeypatch.setattr(services.usage, "count_anonymous", fail)
    assert [message["type"] for message in asyncio.run(call())] == ["http.response.start", "http.response.body"]
