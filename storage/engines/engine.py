"""What the database engines have in common."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sqlalchemy import Connection

Result = TypeVar("Result")
Made = TypeVar("Made")
# How many `read_large` read at the same time. Each may hold megabytes, and takes the interpreter from the event loop,
# which waits twice as long for two of them; together they are no faster.
MOST_LARGE = 1


@dataclass(frozen=True, slots=True)
class Load:
    """What an engine has in hand: connections by state (PostgreSQL), and units of work that wait their turn."""

    connections: dict[str, int]
    waiting: int


class Engine(Protocol):
    """What SQLite and PostgreSQL each provide."""

    def read(self, work: Callable[[Connection], Result]) -> Awaitable[Result]: ...

    def read_in_background(self, work: Callable[[Connection], Result]) -> Awaitable[Result]: ...

    def peek(self, work: Callable[[Connection], Result]) -> Awaitable[Result]: ...

    def read_large(self, work: Callable[[Connection], Result], make: Callable[[Result], Made]) -> Awaitable[Made]: ...

    def write(self, work: Callable[[Connection], Result]) -> Awaitable[Result]: ...

    def load(self) -> Load: ...

    def identity_version(self) -> object: ...

    async def close(self) -> None: ...
