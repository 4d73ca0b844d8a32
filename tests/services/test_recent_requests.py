"""Recent requests in memory: few, and kept while the database is away."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from core.errors import StorageUnavailable
from services.usage.recent_requests import MOST_WAITING, RecentRequests
from storage.database import Storage
from storage.recent_requests import REJECTED, SLOW, RecentRequest
from tests.storage.test_recent_requests import request


def waiting_on(outcomes: list[Exception | None]) -> tuple[RecentRequests, list[list[RecentRequest]]]:
    """Recent requests, and those that are written; the first writes end as `outcomes` says, all others well."""
    written: list[list[RecentRequest]] = []

    async def write(_query: Any, requests: list[RecentRequest]) -> None:
        failure = outcomes.pop(0) if outcomes else None
        if failure is not None:
            raise failure
        written.append(requests)

    return RecentRequests(cast(Storage, SimpleNamespace(write=write))), written


def test_the_newest_of_each_kind_are_written_once() -> None:
    recent, written = waiting_on([])
    recent.add(request(kind=SLOW))
    rejected = [request(seconds) for seconds in range(MOST_WAITING + 10)]
    for one in rejected:
        recent.add(one)
    for _ in range(2):
        asyncio.run(recent.flush())
    assert written == [[*rejected[10:], request(kind=SLOW)]]


def test_requests_that_could_not_be_written_are_written_with_those_since() -> None:
    recent, written = waiting_on([StorageUnavailable("away")])
    recent.add(request(1))
    with pytest.raises(StorageUnavailable):
        asyncio.run(recent.flush())
    recent.add(request(2))
    asyncio.run(recent.flush())
    assert written == [[request(1), request(2)]]
    assert {one.kind for one in written[0]} == {REJECTED}
