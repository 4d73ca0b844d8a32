"""CPU affinity and CPU time: the server runs on one CPU, the load generator on another where there is one."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import psutil

# Nothing is pinned where the system cannot do it (all but Linux).
_available = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
SERVER, LOAD = frozenset(_available[:1]), frozenset(_available[-1:])
# Two workers get a CPU each; the load generator has its own only where there is a third.
TWO_SERVERS = frozenset(_available[:2])
DESCRIPTION = f"server on CPU {min(SERVER)}, load on CPU {min(LOAD)}" if SERVER else "nothing pinned"


@contextmanager
def pinned(cpus: Iterable[int]) -> Iterator[None]:
    """Run this block, and the threads and processes that it starts, on these CPUs."""
    if cpus:
        os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        if cpus:
            os.sched_setaffinity(0, _available)


def family(pid: int) -> list[psutil.Process]:
    """Return a process and its descendants."""
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds used so far by the process and its descendants, all threads included."""
    return float(sum(sum(one.cpu_times()[:2]) for one in family(pid)))
