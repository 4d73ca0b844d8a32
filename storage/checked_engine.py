"""An engine that runs no unit of work before a check of the database has passed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy import Connection

from storage.canaries import hidden_from_clients
from storage.engines.engine import Engine, Load

Result = TypeVar("Result")
Made = TypeVar("Made")


class CheckedEngine:
    """An engine that runs the unit of work `check` on `engine` before the first other one.

    A server may start before its database: the check runs as soon as the database answers. Its exceptions are raised
    to the callers that wait for it, and the next unit of work repeats it.
    """

    def __init__(self, engine: Engine, check: Callable[[Connection], None]) -> None:
        self._engine = engine
        self._check = check
        self._has_passed = False
        self._turn = asyncio.Lock()

    def read(self, work: Callable[[Connection], Result]) -> Awaitable[Result]:
        return self._engine.read(work) if self._has_passed else self._after_check(lambda: self._engine.read(work))

    def read_in_background(self, work: Callable[[Connection], Result]) -> Awaitable[Result]:
        return self._after_check(lambda: self._engine.read_in_background(work))

    def peek(self, work: Callable[[Connection], Result]) -> Awaitable[Result]:
        return self._engine.peek(work)

    def read_large(self, work: Callable[[Connection], Result], make: Callable[[Result], Made]) -> Awaitable[Made]:
        return self._after_check(lambda: self._engine.read_large(work, make))

    def write(self, work: Callable[[Connection], Result]) -> Awaitable[Result]:
        return self._engine.write(work) if self._has_passed else self._after_check(lambda: self._engine.write(work))

    def load(self) -> Load:
        return self._engine.load()

    def identity_version(self) -> object:
        return self._engine.identity_version()

    async def close(self) -> None:
        await self._engine.close()

    async def _after_check(self, work: Callable[[], Awaitable[Result]]) -> Result:
        async with self._turn:
            if not self._has_passed:
                with hidden_from_clients():
                    await self._engine.write(self._check)
                self._has_passed = True
        return await work()
