"""Who runs where: the servers on one processor, the load on another where there is one."""

import os
from collections.abc import Iterable

import psutil

# Where the system cannot pin (anything but Linux) nothing is pinned.
_ours = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
SERVER = frozenset(_ours[:1])
LOAD = frozenset(_ours[-1:])
# For two workers: a processor each; the load has one of its own only where there is a third.
TWO_SERVERS = frozenset(_ours[:2])
BESIDE_TWO = frozenset(_ours[2:] or _ours)


def pin(pid: int, processors: Iterable[int]) -> None:
    """Keep a process that was just started, and what it will start, on these processors."""
    if processors:
        os.sched_setaffinity(pid, processors)


def description() -> str:
    """In words."""
    if not SERVER:
        return "nothing pinned"
    server, load = min(SERVER), min(LOAD)
    if server == load:
        return f"server and load both on CPU {server}: figures are too low"
    return f"server on CPU {server}, load on CPU {load}"


def load_average() -> float:
    """How much the machine did in the last minute."""
    return round(os.getloadavg()[0], 2)


def busyness() -> str:
    """The same in words."""
    load = load_average()
    return f"load average before: {load:.2f}" + (" (BUSY: do not trust the figures)" if load > 0.5 else "")


def family(pid: int) -> list[psutil.Process]:
    """A process and those that it started."""
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def is_busy(pid: int) -> bool:
    """Whether it, or one that it started, is at work or waits for its turn on a processor."""
    return any(process.status() == psutil.STATUS_RUNNING for process in family(pid))


def seconds_of_each(pid: int) -> dict[int, float]:
    """Processor time so far of a process, and of each that it started, with all their threads."""
    times = {process.pid: process.cpu_times() for process in family(pid)}
    return {number: float(each.user + each.system) for number, each in times.items()}


def seconds_used(pid: int) -> float:
    """The same of all of them together."""
    return sum(seconds_of_each(pid).values())
