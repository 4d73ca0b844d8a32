"""Which requests are listed as rejected or slow, and what of them."""

import asyncio
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from core import clock
from middleware.envelope import Envelope
from security import Caller
from storage.recent_requests import REJECTED, SLOW, RecentRequest
from tests.service_container import services_on
from tests.storage.store import NOW

SESSION = UUID("5b0a6a0e-3f0b-4b52-9d3c-6a8d5d0c1b2e")
KEY = Caller(7, SESSION, 3, "user", key_id=77)
IMPERSONATED = Caller(7, SESSION, 3, "user", by=1)
# Each request is slower.
ALWAYS = 1e-12


def listed(
    status: int, monkeypatch: pytest.MonkeyPatch, *, slow_seconds: float = 0.0, **scope: Any
) -> list[RecentRequest]:
    """Return the requests that are listed after one with this response."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    written: list[RecentRequest] = []

    async def write(_query: Any, requests: Any = (), **_counts: Any) -> None:
        written.extend(requests)

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        if status:
            await send({"type": "http.response.start", "status": status, "headers": []})

    async def nothing(_message: Any = None) -> Any:
        return None

    async def call() -> None:
        services = services_on(SimpleNamespace(write=write))
        envelope = Envelope(app, metrics=services.metrics, usage=services.usage, slow_seconds=slow_seconds)
        head = {"type": "http", "method": "GET", "path": "/secret", "query_string": b"secret", "headers": []}
        await envelope({**head, "client": ("192.0.2.7", 5), **scope}, nothing, nothing)
        await services.usage.flush()

    asyncio.run(call())
    return [one._replace(milliseconds=0) for one in written]


def expected(**members: Any) -> RecentRequest:
    """An anonymous request of an unknown path, but for these members."""
    usual = RecentRequest(REJECTED, NOW, None, "GET", 404, None, 0, None, 0, "192.0.2.0/24")
    return usual._replace(**members)


@pytest.mark.parametrize("status", [200, 204, 304, 0])
def test_other_requests_are_not_listed(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert listed(status, monkeypatch, slow_seconds=60) == []


@pytest.mark.parametrize(
    ("status", "scope", "members"),
    [
        (404, {}, {}),
        (404, {"client": None}, {"prefix": "other"}),
        (405, {"method": "SECRET"}, {"status": 405, "method": "other"}),
        (
            403,
            {"caller": KEY, "operation_id": "list_acts", "error_code": "insufficientAccessLevel"},
            {"status": 403, "operation": "list_acts", "code": "insufficientAccessLevel"}
            | {"user_id": 7, "key_id": 77, "prefix": None},
        ),
        (
            503,
            {"caller": IMPERSONATED, "operation_id": "read_set", "unavailable": "database"},
            {"status": 503, "operation": "read_set", "user_id": 1, "prefix": None},
        ),
    ],
    ids=["anonymous", "no address", "unknown method", "key", "impersonation"],
)
def test_a_rejected_request_is_listed_with_its_caller(
    status: int, scope: dict[str, Any], members: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert listed(status, monkeypatch, **scope) == [expected(**members)]


def test_a_slow_request_is_listed_unless_that_is_disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    assert listed(200, monkeypatch, slow_seconds=ALWAYS) == [expected(kind=SLOW, status=200)]
    assert listed(200, monkeypatch) == []


def test_a_request_that_is_rejected_and_slow_is_listed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    assert listed(404, monkeypatch, slow_seconds=ALWAYS) == [expected(), expected(kind=SLOW)]
