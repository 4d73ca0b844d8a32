"""CPU affinity and CPU time: the server runs on one CPU, the load generator on another where there is one."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import psutil

# Nothing is pinned where the system cannot do it (all but Linux).
_available = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
SERVER, LOAD = frozenset(_available[:1]), frozenset(_available[-1:])
# Two workers get a CPU each; the load generator has its own only where there is a third.
TWO_SERVERS, BESIDE_TWO = frozenset(_available[:2]), frozenset(_available[2:] or _available)


def pin(pid: int, cpus: Iterable[int]) -> None:
    """Keep a process, and the processes that it starts later, on these CPUs."""
    if cpus:
        os.sched_setaffinity(pid, cpus)


@contextmanager
def pinned(cpus: Iterable[int]) -> Iterator[None]:
    """Run this block, and the processes that it starts, on these CPUs."""
    pin(0, cpus)
    try:
        yield
    finally:
        pin(0, _available)


def description() -> str:
    """Return which CPU runs what."""
    return f"server on CPU {min(SERVER)}, load on CPU {min(LOAD)}" if SERVER else "nothing pinned"


def family(pid: int) -> list[psutil.Process]:
    """Return a process and its descendants."""
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def cpu_seconds(pid: int) -> dict[int, float]:
    """Return the CPU seconds used so far by the process and by each descendant, all threads included."""
    return {one.pid: float(sum(one.cpu_times()[:2])) for one in family(pid)}
