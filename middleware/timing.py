"""The duration of a request, with and without the time that the server waits for the client."""

from collections.abc import Awaitable
from time import perf_counter_ns
from typing import TypeVar

Value = TypeVar("Value")


class Stopwatch:
    """Measures from its construction."""

    __slots__ = ("_began", "_waited")

    def __init__(self) -> None:
        self._began = perf_counter_ns()
        self._waited = 0

    async def of_client(self, waiting: Awaitable[Value]) -> Value:
        """Await the client: a piece of its body, or the delivery of a piece of the response."""
        began = perf_counter_ns()
        try:
            return await waiting
        finally:
            self._waited += perf_counter_ns() - began

    def read(self) -> tuple[int, float]:
        """Return the microseconds until now, and the seconds of them without the waits for the client."""
        spent = perf_counter_ns() - self._began
        return spent // 1000, (spent - self._waited) / 1e9
