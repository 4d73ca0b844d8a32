"""Slow bodies: their deadlines, the memory that they reserve, and those that are ended when others need it."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest
from starlette.types import Message

from core.errors import BodyTooSlow, Overloaded
from middleware.reading import read, reserve
from middleware.waiting import Waiting
from tests.matrix import on_sqlite
from tests.middleware.virtual_time import run

pytestmark = on_sqlite

SMALL, LARGE = 65_536, 12_000_000
CLIENT_SECONDS = 20.0


class Upload:
    """A body of `size` bytes that arrives in pieces at `rate` bytes a second, and stops after `stop` bytes."""

    def __init__(
        self, size: int, rate: float, *, stop: int | None = None, address: str = "192.0.2.1", has_length: bool = True
    ) -> None:
        self.left = size
        self.pause = 1.0
        self.piece = max(int(rate * self.pause), 1)
        self.until = size - (size if stop is None else stop)
        length = [(b"content-length", str(size).encode())] if has_length else []
        self.scope: dict[str, Any] = {"headers": length, "client": (address, 1)}

    async def receive(self) -> Message:
        if self.left <= self.until:
            await asyncio.Event().wait()
        await asyncio.sleep(self.pause)
        piece = b"x" * min(self.piece, self.left)
        self.left -= len(piece)
        return {"type": "http.request", "body": piece, "more_body": self.left > 0}

    async def read(self, waiting: Waiting, max_bytes: int = LARGE) -> bytes | bytearray:
        self.scope["waiting"] = waiting
        try:
            return await read(self.scope, self.receive, max_bytes)
        finally:
            if "reserved" in self.scope:
                waiting.release(self.scope["reserved"])


def waiting(max_waits: int = 10, max_bytes: int = 1_000_000) -> Waiting:
    return Waiting(max_waits, CLIENT_SECONDS, max_bytes)


async def _seconds_until_rejected(work: Coroutine[Any, Any, Any]) -> float:
    """Return the seconds until BodyTooSlow was raised."""
    begun = asyncio.get_running_loop().time()
    with pytest.raises(BodyTooSlow):
        await work
    return asyncio.get_running_loop().time() - begun


@pytest.mark.parametrize(
    ("rate", "size", "seconds"),
    [
        pytest.param(10, SMALL, CLIENT_SECONDS, id="below the minimum rate"),
        pytest.param(1_500, SMALL, 30, id="a small body over its deadline"),
        pytest.param(1_500, LARGE, 180, id="a large body over its deadline"),
    ],
)
@pytest.mark.parametrize("has_length", [True, False], ids=["length", "chunked"])
def test_a_slow_body_is_rejected_at_its_deadline(rate: int, size: int, seconds: float, has_length: bool) -> None:
    upload = Upload(size, rate, has_length=has_length)
    passed = run(_seconds_until_rejected(upload.read(waiting(max_bytes=2 * LARGE), size)))
    assert seconds <= passed <= seconds + 1


def test_a_fast_body_is_read_whole() -> None:
    assert len(run(Upload(SMALL, 3_000).read(waiting(), SMALL))) == SMALL
    assert len(run(Upload(LARGE, 100_000).read(waiting(max_bytes=2 * LARGE)))) == LARGE


def test_a_body_in_pieces_of_a_byte_takes_little_more_memory_than_its_size() -> None:
    upload = Upload(50_000, 1, has_length=False)
    upload.pause = 0
    tracemalloc.start()
    try:
        run(upload.read(waiting(), SMALL))
        assert tracemalloc.get_traced_memory()[1] < 400_000
    finally:
        tracemalloc.stop()


async def _together(*uploads: Coroutine[Any, Any, Any]) -> list[Any]:
    """Return the size or the error of each upload, started in this order."""
    return [
        len(result) if isinstance(result, bytes | bytearray) else type(result)
        for result in await asyncio.gather(*uploads, return_exceptions=True)
    ]


def test_a_slow_body_is_ended_at_the_limit_of_its_address() -> None:
    shared = waiting(max_waits=2)
    slow, fast, third = Upload(1_000, 1_000, stop=0), Upload(3_000_000, 200_000), Upload(1_000, 1_000)

    async def later() -> Any:
        await asyncio.sleep(10)
        return await third.read(shared)

    assert run(_together(slow.read(shared), fast.read(shared), later())) == [Overloaded, 3_000_000, 1_000]


def test_a_new_body_is_rejected_when_its_address_has_only_fast_ones() -> None:
    shared = waiting(max_waits=2)
    uploads = [Upload(1_000, 1_000).read(shared) for _ in range(3)]
    other = Upload(1_000, 1_000, address="192.0.2.2").read(shared)
    assert run(_together(*uploads, other)) == [1_000, 1_000, Overloaded, 1_000]


def test_an_ipv6_network_counts_as_one_address() -> None:
    shared = waiting(max_waits=1)
    uploads = [Upload(1_000, 1_000, address=address).read(shared) for address in ("2001:db8::1", "2001:db8::2")]
    assert run(_together(*uploads)) == [1_000, Overloaded]


def test_a_body_waits_until_there_is_memory_for_it() -> None:
    """None of four is slow: there is memory for two at a time, and none is ended."""
    shared = waiting(max_bytes=1_000_000)
    uploads = [Upload(400_000, 200_000, address=f"192.0.2.{number}").read(shared) for number in range(4)]
    assert run(_together(*uploads)) == [400_000] * 4
    assert shared.reserved == 0


def test_slow_bodies_of_the_heaviest_address_are_ended_for_memory() -> None:
    shared = waiting(max_bytes=1_000_000)
    heavy = [Upload(250_000, 10, stop=1, address="192.0.2.1") for _ in range(2)]
    light = Upload(450_000, 50_000, address="192.0.2.2")
    third = Upload(300_000, 200_000, address="192.0.2.3")
    results = run(_together(*(one.read(shared) for one in (*heavy, light, third))))
    assert sorted(map(str, results[:2])) == sorted(map(str, [Overloaded, BodyTooSlow]))
    assert results[2:] == [450_000, 300_000]


def test_an_address_gets_half_of_the_memory() -> None:
    shared = waiting(max_bytes=1_000_000)
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


def test_a_body_that_has_arrived_waits_for_nothing_and_can_reserve_memory() -> None:
    """The limit of its address does not reject it, and the memory of its parsed value is reserved all the same."""
    shared = waiting(max_waits=0, max_bytes=1_000)
    scope: dict[str, Any] = {
        "headers": [(b"content-length", b"5")],
        "client": ("192.0.2.1", 1),
        "waiting": shared,
        "has_arrived": lambda: True,
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": b"x" * 5, "more_body": False}

    async def read_it() -> None:
        assert await read(scope, receive, SMALL) == b"x" * 5
        reserve(scope, 400)
        assert shared.reserved == 400
        with pytest.raises(Overloaded):
            reserve(scope, 400)

    run(read_it())
