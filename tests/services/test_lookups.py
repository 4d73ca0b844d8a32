"""Look-ups of names that clients choose: however slow they are, nothing else waits for them."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Semaphore
from typing import Any

import pytest

from core.errors import ImageInvalid, Overloaded
from services.auth import passwords
from services.images import lookups, record_images
from services.images.fetch import fetch
from services.images.lookups import Lookups
from tests.service_container import services_on
from tests.storage.store import Store, sqlite_store

MOST = 8
# Only a test that fails waits as long as this.
PATIENCE = 20


class SlowNames:
    """A resolver that answers nothing under `example` until it is released."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.released = Event()
        self.asked = Semaphore(0)
        self._real = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self._look_up)

    def _look_up(self, host: Any, *rest: Any, **options: Any) -> Any:
        if not str(host).endswith("example"):
            return self._real(host, *rest, **options)
        self.asked.release()
        self.released.wait(PATIENCE)
        raise socket.gaierror("no such name")

    def wait_for(self, number: int) -> None:
        """Wait until so many look-ups have begun."""
        for _ in range(number):
            assert self.asked.acquire(timeout=PATIENCE)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowNames]:
    """The resolver, released in the end; and look-ups and images that no other test has used."""
    monkeypatch.setattr(record_images, "LOOKUPS", Lookups(MOST))
    monkeypatch.setattr(record_images, "ANONYMOUS_LOOKUPS", Lookups(1))
    names = SlowNames(monkeypatch)
    yield names
    names.released.set()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Storage on SQLite, which reads in a thread."""
    with sqlite_store(tmp_path) as store:
        yield store


def fetch_all(pool: Lookups, number: int) -> list[asyncio.Task[bytes]]:
    """Begin to fetch an image from each of so many slow names."""
    urls = [f"http://slow{at}.example/image.png" for at in range(number)]
    return [asyncio.create_task(fetch(url, max_bytes=1000, lookups=pool)) for url in urls]


def test_slow_names_hold_up_nothing_else_that_uses_a_thread(slow: SlowNames, store: Store) -> None:
    async def work() -> None:
        pool = Lookups(MOST)
        pending = fetch_all(pool, MOST)
        await asyncio.wait_for(asyncio.to_thread(slow.wait_for, MOST), PATIENCE)
        others = (
            passwords.hashed("a password"),
            store.storage.read_in_background(lambda connection: connection.exec_driver_sql("SELECT 1").scalar()),
            store.storage.write(lambda connection: connection.exec_driver_sql("SELECT 1").scalar()),
            asyncio.get_running_loop().getaddrinfo("localhost", 80),
        )
        await asyncio.wait_for(asyncio.gather(*others), PATIENCE / 2)
        assert not any(task.done() for task in pending)
        with pytest.raises(Overloaded):
            await fetch("http://another.example/", max_bytes=1000, lookups=pool)
        slow.released.set()
        outcomes = await asyncio.gather(*pending, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [ImageInvalid] * MOST
        with pytest.raises(ImageInvalid):
            await fetch("http://another.example/", max_bytes=1000, lookups=pool)

    store.run(work())


def test_requests_without_credentials_do_not_use_the_look_ups_of_others(slow: SlowNames) -> None:
    images = services_on().images

    def publish(*, anonymous: bool) -> asyncio.Task[None]:
        url = "http://slow.example/image.png"
        return asyncio.create_task(images.publish(url, "support-a", replace=False, anonymous=anonymous))

    async def work() -> None:
        first = publish(anonymous=True)
        await asyncio.to_thread(slow.wait_for, 1)
        with pytest.raises(Overloaded):
            await publish(anonymous=True)
        with_credentials = publish(anonymous=False)
        await asyncio.to_thread(slow.wait_for, 1)
        slow.released.set()
        outcomes = await asyncio.gather(first, with_credentials, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [ImageInvalid] * 2

    asyncio.run(work())


def test_a_look_up_that_takes_too_long_is_given_up_and_is_free_again_once_it_ends(
    slow: SlowNames, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "SECONDS", 0.01)
    pool = Lookups(1)

    async def work() -> None:
        [pending] = fetch_all(pool, 1)
        with pytest.raises(ImageInvalid):
            await pending
        with pytest.raises(Overloaded):
            await pool.resolve("slow.example", 80)
        slow.released.set()
        monkeypatch.setattr(lookups, "SECONDS", PATIENCE)
        while True:
            try:
                assert await pool.resolve("127.0.0.1", 80)
                return
            except Overloaded:
                await asyncio.sleep(0.001)

    asyncio.run(work())
