"""How long a request takes, and for how much of that the server waits for the client."""

from collections.abc import Awaitable
from time import perf_counter_ns
from typing import TypeVar

Value = TypeVar("Value")


class Stopwatch:
    """Runs from the moment when it is made."""

    __slots__ = ("_began", "_waited")

    def __init__(self) -> None:
        self._began = perf_counter_ns()
        self._waited = 0

    async def of_client(self, waiting: Awaitable[Value]) -> Value:
        """Await something that the client keeps the server waiting for: its body, or that it reads the reply."""
        began = perf_counter_ns()
        try:
            return await waiting
        finally:
            self._waited += perf_counter_ns() - began

    def read(self) -> tuple[int, float]:
        """Return the microseconds until now, and the seconds of these that are not the client's."""
        spent = perf_counter_ns() - self._began
        return spent // 1000, (spent - self._waited) / 1e9
