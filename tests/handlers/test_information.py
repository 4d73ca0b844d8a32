"""How much there is, as anyone may read it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from storage.schema.tables import curated_sets, totals
from tests.databases import fresh_postgres
from tests.handlers.database import change_account, execute
from tests.handlers.reading import failure
from tests.service import Service, wait_until

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
OURS = totals.c.name.in_(("figures", "passes"))
COUNTS = ("user", "pattern", "set", "curatedSet", "bookmark", "apikey")


@pytest.fixture(scope="module", params=("sqlite", "postgresql"))
def fresh(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server on an empty database of its own, on each engine."""
    data: Path = tmp_path_factory.mktemp(f"information-{request.param}")
    if request.param == "sqlite":
        yield from _running(Service(data))
    else:
        with fresh_postgres() as url:
            yield from _running(Service(data, database_url=url))


def _running(service: Service) -> Iterator[Service]:
    try:
        yield service.start()
    finally:
        service.close()


def stats(service: Service) -> dict[str, Any]:
    wait_until(lambda: service.http.get("/info/stats").status_code == 200, "the first count")
    found: dict[str, Any] = service.http.get("/info/stats").json()
    return found


def counted_anew(service: Service) -> dict[str, Any]:
    """The counts that a server makes when it starts after a while."""
    service.stop()
    execute(service, update(totals).where(OURS).values(computed_at=LONG_AGO))
    service.start(migrate=False)
    old = select(totals.c.name).where(OURS, totals.c.computed_at == LONG_AGO)
    wait_until(lambda: not execute(service, old), "a new count")
    return stats(service)


def test_a_fresh_server_has_counts_at_once_and_new_ones_when_they_are_due(fresh: Service) -> None:
    found = stats(fresh)
    published = len(execute(fresh, select(curated_sets.c.id).where(curated_sets.c.published)))
    assert found == {
        "result": "success",
        **dict.fromkeys(COUNTS, 0),
        "curatedSet": published,
        "designs": {},
        "activity": {"jwt": 0, "key": 0},
        "topUsers": [],
    }
    alice, bob, hidden, blocked = (fresh.sign_up() for _ in range(4))
    for person in (alice, alice, alice, bob, hidden, blocked):
        person.new_set()
    key = alice.new_key()
    assert key.get("/sets").status_code == 200
    change_account(fresh, hidden.id, consent=0)
    change_account(fresh, blocked.id, role="blocked")
    assert stats(fresh)["user"] == 0, "no request counts"
    found = counted_anew(fresh)
    assert [found[name] for name in COUNTS] == [4, 0, 6, published, 0, 1]
    assert found["activity"]["jwt"] >= 7 and found["activity"]["key"] == 1
    assert [user["id"] for user in found["topUsers"]] == [alice.id, bob.id]
    assert set(found["topUsers"][0]) == {"id", "username", "calls"}
    change_account(fresh, bob.id, consent=0)
    assert [user["id"] for user in stats(fresh)["topUsers"]] == [alice.id], "at once"


def test_the_number_of_users_is_that_of_the_stats(service: Service) -> None:
    users = stats(service)["user"]
    reply = service.http.get("/info/users")
    assert reply.json() == {"result": "success", "users": users}


@pytest.mark.parametrize("path", ["/info/stats", "/info/users"])
def test_any_cache_may_keep_the_counts_for_as_long_as_they_stand(service: Service, path: str) -> None:
    stats(service)
    reply = service.http.get(path)
    assert (reply.status_code, reply.headers["cache-control"]) == (200, "public, max-age=120")
    again = service.http.get(path, headers={"If-None-Match": reply.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_before_the_first_count_the_answer_is_to_try_again(fresh: Service) -> None:
    execute(fresh, delete(totals).where(OURS))
    for path in ("/info/stats", "/info/users"):
        reply = fresh.http.get(path)
        assert failure(reply) == (503, "unavailable") and reply.headers["retry-after"] == "2"
