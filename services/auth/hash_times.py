"""Failed verifications of passwords: all of them do the same work and take the same time.

Argon2id takes 22 ms, FreeSewing's scrypt 90 ms, bcrypt 250 ms at cost 12 and a second at 14. The time would reveal
an account whose password has another kind of hash than the rest. So every failure computes all kinds that are stored,
and is answered after a fixed time. The time alone is not enough: a machine that is busy, with the attacker's own
requests perhaps, takes longer for the slow kinds.
"""

import time
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import bcrypt

from services.auth import passwords, response_times
from storage import hash_costs
from storage.database import Storage
from storage.hash_costs import Kinds

# Other work on the machine lengthens one hash more than another.
MARGIN = 1.5
MEASURED_COST, REPETITIONS = 6, 3


class Times(NamedTuple):
    """Seconds that one hash of each kind takes on this machine; of bcrypt, at MEASURED_COST."""

    argon2: float
    scrypt: float
    bcrypt: float

    def failure(self, stored: Kinds) -> float:
        """Return the seconds after which a failure is answered."""
        bcrypt = self.bcrypt * 2.0 ** (stored.bcrypt - MEASURED_COST) if stored.bcrypt else 0.0
        # scrypt with two salts.
        return max(response_times.SECONDS, MARGIN * (self.argon2 + 2 * self.scrypt + bcrypt))


class FailureTimes:
    """The time after which a failed verification is answered."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def delay_failure(self, began: float, verified: passwords.Verified, *, evenly: bool = True) -> None:
        """Delay the response to a failure that began at this time; waits for a thread do not count.

        Unless `evenly`, no hashes are computed and only the time is the same: for callers over their limit.
        """
        stored = await self._storage.read(hash_costs.find)
        waited = await passwords.spend_rest(verified.done, stored) if evenly else 0.0
        is_measured = measured.cache_info().currsize > 0
        times = measured() if is_measured else await passwords.in_turn(measured)
        await response_times.pace.keep(began + verified.waited + waited, times.failure(stored))


@cache
def measured() -> Times:
    """Return the times, measured once in each process: the least of a few, as on an idle machine."""
    salt = bcrypt.gensalt(MEASURED_COST)
    return Times(
        _least(lambda: passwords.argon2("x")),
        _least(lambda: passwords.scrypt("x", salt)),
        _least(lambda: bcrypt.hashpw(b"x", salt)),
    )


def _least(work: Callable[[], object]) -> float:
    return min(_seconds(work) for _ in range(REPETITIONS))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
