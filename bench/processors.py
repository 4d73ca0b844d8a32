"""Who runs where: the servers on one processor, the load on another where there is one."""

import os
from pathlib import Path

# Where the system cannot pin (anything but Linux) nothing is pinned.
_ours = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
SERVER = _ours[0] if _ours else None
LOAD = _ours[-1] if _ours else None


def pin(pid: int, processor: int | None) -> None:
    """Keep a process that was just started, and what it will start, on this processor."""
    if processor is not None:
        os.sched_setaffinity(pid, {processor})


def description() -> str:
    """In words."""
    if SERVER is None:
        return "nothing pinned"
    if SERVER == LOAD:
        return f"server and load both on CPU {SERVER}: figures are too low"
    return f"server on CPU {SERVER}, load on CPU {LOAD}"


def busyness() -> str:
    """How much else the machine did in the last minute, in words."""
    load = os.getloadavg()[0]
    return f"load average before: {load:.2f}" + (" (BUSY: do not trust the figures)" if load > 0.5 else "")


def seconds_used(pid: int) -> float:
    """Processor time of all threads of a process so far; 0 where the system does not tell."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    user, system = stat.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
