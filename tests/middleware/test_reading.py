"""Bodies that arrive slowly: their deadlines, the memory they reserve, and which of them end when others need it."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest
from starlette.types import Message

from core.errors import BodyTooSlow, Overloaded
from middleware.reading import read
from middleware.waiting import Waiting
from tests.matrix import on_sqlite
from tests.middleware.clock import run

pytestmark = on_sqlite

SMALL, LARGE = 65_536, 12_000_000
CLIENT_SECONDS = 20.0


class Upload:
    """A body of `size` bytes that comes at `rate` bytes a second in pieces, and stops after `stop` bytes."""

    def __init__(
        self, size: int, rate: float, *, stop: int | None = None, address: str = "192.0.2.1", announced: bool = True
    ) -> None:
        self.left = size
        self.pause = 1.0
        self.piece = max(int(rate * self.pause), 1)
        self.until = size - (size if stop is None else stop)
        length = [(b"content-length", str(size).encode())] if announced else []
        self.scope: dict[str, Any] = {"headers": length, "client": (address, 1)}

    async def receive(self) -> Message:
        if self.left <= self.until:
            await asyncio.Event().wait()
        await asyncio.sleep(self.pause)
        piece = b"x" * min(self.piece, self.left)
        self.left -= len(piece)
        return {"type": "http.request", "body": piece, "more_body": self.left > 0}

    async def read(self, waiting: Waiting, most: int = LARGE) -> bytes | bytearray:
        self.scope["waiting"] = waiting
        try:
            return await read(self.scope, self.receive, most)
        finally:
            if "reserved" in self.scope:
                waiting.release(self.scope["reserved"])


def waiting(most: int = 10, most_bytes: int = 1_000_000) -> Waiting:
    return Waiting(most, CLIENT_SECONDS, most_bytes)


async def _lasted(work: Coroutine[Any, Any, Any]) -> float:
    """How many seconds passed until it failed."""
    begun = asyncio.get_running_loop().time()
    with pytest.raises(BodyTooSlow):
        await work
    return asyncio.get_running_loop().time() - begun


@pytest.mark.parametrize(
    ("rate", "most", "seconds"),
    [
        pytest.param(10, SMALL, CLIENT_SECONDS, id="below the least rate"),
        pytest.param(1_500, SMALL, 30, id="a small body over its deadline"),
        pytest.param(1_500, LARGE, 180, id="a large body over its deadline"),
    ],
)
@pytest.mark.parametrize("announced", [True, False], ids=["announced", "chunked"])
def test_a_body_that_is_late_ends_in_time(rate: int, most: int, seconds: float, announced: bool) -> None:
    upload = Upload(most, rate, announced=announced)
    lasted = run(_lasted(upload.read(waiting(most_bytes=2 * LARGE), most)))
    assert seconds <= lasted <= seconds + 1


def test_a_body_that_comes_fast_enough_is_read_whole() -> None:
    assert len(run(Upload(SMALL, 3_000).read(waiting(), SMALL))) == SMALL
    assert len(run(Upload(LARGE, 100_000).read(waiting(most_bytes=2 * LARGE)))) == LARGE


def test_a_body_in_pieces_of_a_byte_takes_little_more_memory_than_its_size() -> None:
    upload = Upload(50_000, 1, announced=False)
    upload.pause = 0
    tracemalloc.start()
    try:
        run(upload.read(waiting(), SMALL))
        assert tracemalloc.get_traced_memory()[1] < 400_000
    finally:
        tracemalloc.stop()


async def _together(*uploads: Coroutine[Any, Any, Any]) -> list[Any]:
    """What each returned or raised, begun in this order."""
    return [
        len(result) if isinstance(result, bytes | bytearray) else type(result)
        for result in await asyncio.gather(*uploads, return_exceptions=True)
    ]


def test_a_slow_body_ends_when_its_address_has_more_requests_than_it_may() -> None:
    shared = waiting(most=2)
    slow, fast, third = Upload(1_000, 1_000, stop=0), Upload(3_000_000, 200_000), Upload(1_000, 1_000)

    async def later() -> Any:
        await asyncio.sleep(10)
        return await third.read(shared)

    assert run(_together(slow.read(shared), fast.read(shared), later())) == [Overloaded, 3_000_000, 1_000]


def test_a_new_body_is_rejected_when_its_address_has_only_fast_ones() -> None:
    shared = waiting(most=2)
    uploads = [Upload(1_000, 1_000).read(shared) for _ in range(3)]
    other = Upload(1_000, 1_000, address="192.0.2.2").read(shared)
    assert run(_together(*uploads, other)) == [1_000, 1_000, Overloaded, 1_000]


def test_all_addresses_of_a_network_of_ipv6_count_as_one() -> None:
    shared = waiting(most=1)
    uploads = [Upload(1_000, 1_000, address=address).read(shared) for address in ("2001:db8::1", "2001:db8::2")]
    assert run(_together(*uploads)) == [1_000, Overloaded]


def test_a_body_waits_until_there_is_memory_for_it() -> None:
    """Nobody is slow: two of four fit at a time, and none of them ends."""
    shared = waiting(most_bytes=1_000_000)
    uploads = [Upload(400_000, 200_000, address=f"192.0.2.{number}").read(shared) for number in range(4)]
    assert run(_together(*uploads)) == [400_000] * 4
    assert shared.reserved == 0


def test_slow_bodies_of_the_address_that_reserves_most_end_when_others_need_their_memory() -> None:
    shared = waiting(most_bytes=1_000_000)
    heavy = [Upload(250_000, 10, stop=1, address="192.0.2.1") for _ in range(2)]
    light = Upload(450_000, 50_000, address="192.0.2.2")
    third = Upload(300_000, 200_000, address="192.0.2.3")
    results = run(_together(*(one.read(shared) for one in (*heavy, light, third))))
    assert sorted(map(str, results[:2])) == sorted(map(str, [Overloaded, BodyTooSlow]))
    assert results[2:] == [450_000, 300_000]


def test_an_address_gets_half_of_the_memory() -> None:
    shared = waiting(most_bytes=1_000_000)
    own = [Upload(400_000, 200_000, address="192.0.2.1") for _ in range(2)]
    reserved = []

    async def watch() -> AsyncIterator[int]:
        for _ in range(3):
            await asyncio.sleep(1)
            yield shared.reserved

    async def all_of_them() -> list[Any]:
        results = asyncio.create_task(_together(*(one.read(shared) for one in own)))
        reserved.extend([size async for size in watch()])
        return await results

    assert run(all_of_them()) == [400_000] * 2
    assert reserved == [400_000] * 3
