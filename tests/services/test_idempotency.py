"""What no request can bring about at will: repeats that overtake, answers that cannot be kept, work done halfway."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import Connection, update

from core import clock
from core.errors import AnswerLost, KeyInUse, KeyReused, StorageUnavailable
from services import idempotency as service
from services.background import Background
from services.idempotency import Answer, Requester
from storage import idempotency, migrate
from storage.database import Storage
from storage.schema.tables import idempotency_keys
from storage.sets import list_of
from tests.databases import fresh_postgres
from tests.service import PATIENCE
from tests.service_container import services_on
from tests.storage.store import Store, new_set

Work = Callable[[], Awaitable[Answer]]
MADE = Answer(201, [(b"content-type", b"application/json")], b'{"n":"\xc3\xa9"}')


class Scene:
    """Storage, and an account that asks for sets."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.user_id = int(store.new_account()["id"])
        self.requester = Requester(self.user_id, 4)
        self.keys = services_on(store.storage).idempotency

    def ask(self, work: Work, **body: Any) -> Answer:
        """A request under the one key."""
        return self.store.run(self.request(work, **body))

    async def request(self, work: Work, **body: Any) -> Answer:
        """The same, on a loop that runs."""
        return await self.keys.once("key", self.requester, "create_set", {"body": body}, work)

    async def make(self, name: str = "made") -> Answer:
        """What a handler does."""
        await self.store.storage.write(new_set, self.user_id, name=name)
        return MADE

    def made(self) -> list[str]:
        """The names of the sets that there are."""
        return [row["name"] for row in self.store.read(list_of, self.user_id)]

    def end_leases(self) -> None:
        """As if time had passed."""
        self.store.write(_end_leases)


def _end_leases(connection: Connection) -> None:
    connection.execute(update(idempotency_keys).values(leased_until=clock.now() - timedelta(seconds=1)))


@pytest.fixture(params=("sqlite", "postgresql"))
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    """The scene on each engine."""
    if request.param == "sqlite":
        yield from _set(f"sqlite:///{tmp_path / 'test.db'}")
    else:
        with fresh_postgres() as url:
            yield from _set(url)


def _set(url: str) -> Iterator[Scene]:
    migrate.upgrade(url)
    with asyncio.Runner() as runner:
        store = Store(url, runner)
        store.connect()
        yield Scene(store)
        store.disconnect()


async def _elsewhere(work: Callable[[], Any]) -> Any:
    """Do it as another request would, in a context of its own."""

    async def run() -> Any:
        return await work()

    return await asyncio.create_task(run(), context=contextvars.Context())


def test_a_request_whose_key_was_reserved_again_executes_nothing(scene: Scene) -> None:
    async def slow() -> Answer:
        await _elsewhere(lambda: scene.store.storage.write(_end_leases))
        assert (await _elsewhere(lambda: scene.request(lambda: scene.make("quick")))) == MADE
        return await scene.make("slow")

    with pytest.raises(KeyInUse):
        scene.ask(slow)
    assert scene.made() == ["quick"]
    again = scene.ask(scene.make)
    assert (again.replayed, again.status, again.headers, again.body) == (True, 201, MADE.headers, MADE.body)


def test_an_answer_that_cannot_be_kept_is_given_all_the_same(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise StorageUnavailable("away")

    with monkeypatch.context() as broken:
        broken.setattr(idempotency, "keep", fail)
        assert scene.ask(scene.make) == MADE
    scene.end_leases()
    for _ in range(2):
        with pytest.raises(AnswerLost):
            scene.ask(scene.make)
    with pytest.raises(KeyReused):
        scene.ask(scene.make, name="another")
    assert scene.made() == ["made"]


def test_what_failed_after_it_was_stored_is_not_done_again(scene: Scene) -> None:
    async def half() -> Answer:
        await scene.make("half")
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        scene.ask(half)
    # At once, because the first request has ended.
    with pytest.raises(AnswerLost):
        scene.ask(scene.make)
    assert scene.made() == ["half"]


@pytest.mark.parametrize("status", [200, 204])
def test_every_success_is_kept(scene: Scene, status: int) -> None:
    async def other() -> Answer:
        return Answer(status, [], b"")

    assert [scene.ask(other).replayed for _ in range(3)] == [False, True, True]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_an_answer_that_is_no_success_frees_the_key(scene: Scene, status: int) -> None:
    async def refuse() -> Answer:
        return Answer(status, [], b"")

    assert [scene.ask(refuse).replayed for _ in range(2)] == [False, False]
    assert scene.store.count(idempotency_keys) == 0


def test_what_failed_before_anything_was_stored_frees_the_key_though_it_cannot_be_freed_at_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise StorageUnavailable("away")

    async def refuse() -> Answer:
        raise KeyError("mine")

    monkeypatch.setattr(service, "LONGEST_WAIT", 0.1)
    with monkeypatch.context() as broken:
        broken.setattr(idempotency, "release", fail)
        with pytest.raises(KeyError, match="mine"):
            scene.ask(refuse)
    with pytest.raises(KeyInUse):
        scene.ask(scene.make)
    scene.end_leases()
    assert scene.ask(scene.make) == MADE


def test_a_repeat_waits_for_the_first_and_does_the_work_if_that_fails(scene: Scene) -> None:
    async def of_two() -> tuple[Any, Any]:
        begun, waiting = asyncio.Event(), asyncio.Event()

        async def slow() -> Answer:
            begun.set()
            await waiting.wait()
            raise KeyError("mine")

        first = asyncio.create_task(scene.request(slow))
        await begun.wait()
        second = asyncio.create_task(scene.request(scene.make))
        await asyncio.sleep(0.05)
        assert not second.done()
        waiting.set()
        return await asyncio.gather(first, second, return_exceptions=True)

    first, second = scene.store.run(of_two())
    assert isinstance(first, KeyError) and second == MADE
    assert scene.made() == ["made"]


def test_old_keys_are_forgotten_in_the_background(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.ask(scene.make)
    prunings: list[int | None] = []
    prune = idempotency.prune

    def prune_noted(connection: Connection, now: datetime) -> None:
        if len(prunings) == 1:
            prunings.append(None)
            raise StorageUnavailable("away")
        prunings.append(prune(connection, now))
        # Until the next time a day passes.
        connection.execute(update(idempotency_keys).values(created_at=now - idempotency.LIFETIME))

    async def until_the_fourth() -> None:
        running = asyncio.create_task(scene.keys.run())
        async with asyncio.timeout(PATIENCE):
            # The fourth begins when the third is committed.
            while len(prunings) < 4:  # noqa: ASYNC110 (set in another thread)
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    monkeypatch.setattr(service, "PRUNING_SECONDS", 0.01)
    monkeypatch.setattr(idempotency, "prune", prune_noted)
    scene.store.run(until_the_fourth())
    assert prunings[:3] == [0, None, 1]
    assert scene.store.count(idempotency_keys) == 0


@pytest.mark.parametrize("size", [1, service.LARGE])
def test_a_stored_request_cannot_be_guessed_without_the_key_of_the_server(size: int) -> None:
    found = []
    for key in (b"one", b"one", b"two"):
        keys = service.Idempotency(cast(Storage, None), cast(Background, None), key)
        found.append(asyncio.run(keys.fingerprint_of("id", "1", {"body": "x" * size})))
    assert found[0] == found[1] != found[2]
