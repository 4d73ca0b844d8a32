"""A row of the database is locked: requests that need it get 503 in time, and others go on."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import asyncpg
import pytest

from tests.databases import fresh_postgres
from tests.faults.concurrency import concurrently
from tests.problems import problem, unharmed
from tests.service import Person, Service

POOL = 4


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server with few connections to its database."""
    with fresh_postgres() as url:
        service = Service(tmp_path_factory.mktemp("slow"), database_url=url, database_pool=str(POOL))
        try:
            yield service.start()
        finally:
            service.close()


@contextmanager
def held(service: Service, person: Person) -> Iterator[None]:
    """Lock the person's account in another session, as a long transaction would."""
    with asyncio.Runner() as runner:
        outside = runner.run(asyncpg.connect(service.database_url))
        runner.run(outside.execute(f"BEGIN; SELECT * FROM accounts WHERE id = {person.id} FOR UPDATE"))
        try:
            yield
        finally:
            runner.run(outside.close())


def test_while_some_requests_wait_for_a_lock_others_read_and_write(served: Service) -> None:
    alice, bob = served.sign_up(), served.sign_up()
    made = bob.new_set()
    change = partial(alice.patch, "/account", {"bio": "refused"})

    with unharmed(served), held(served, alice):
        with ThreadPoolExecutor() as elsewhere:
            waiting = [elsewhere.submit(change) for _ in range(POOL // 2)]
            assert bob.get(f"/sets/{made['id']}").status_code == 200
            assert alice.get("/account").status_code == 200
            assert bob.patch("/account", {"bio": "changed"}).status_code == 200
            # They did not wait until the others gave up.
            assert not any(one.done() for one in waiting)
            replies = [one.result() for one in waiting]
        # These are answered while the lock is held.
        for reply in replies:
            problem(reply, 503, "unavailable")
            assert int(reply.headers["retry-after"]) >= 1
    assert alice.get("/account").json()["account"]["bio"] == ""
    assert change().status_code == 200


def test_when_all_connections_wait_for_a_lock_every_request_is_answered(served: Service) -> None:
    alice, bob = served.sign_up(), served.sign_up()
    with unharmed(served), held(served, alice):
        writes = [partial(alice.patch, "/account", {"bio": "refused"})] * (2 * POOL)
        reads = [partial(bob.get, "/sets")] * 4
        # All are answered while the lock is held.
        replies = concurrently([*writes, *reads])
        for reply in replies[: len(writes)]:
            problem(reply, 503, "unavailable")
        for reply in replies[len(writes) :]:
            if reply.status_code != 200:
                problem(reply, 503, "unavailable")
                assert int(reply.headers["retry-after"]) >= 1
    assert bob.get("/sets").status_code == 200
    assert alice.patch("/account", {"bio": "taken"}).status_code == 200
