"""How long a failed verification of a password takes, so that all of them take the same.

Argon2id takes 22 ms, FreeSewing's scrypt 90 ms, bcrypt 250 ms at cost 12 and a second at 14. The time would
reveal an account whose password has another kind of hash than the rest. So every failure is delayed to the time of
the slowest kind that is stored.
"""

import time
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import bcrypt

import storage
from services import pace, passwords
from storage import hash_costs

# Other work on the machine lengthens one hash more than another.
MARGIN = 1.5
MEASURED_COST, REPETITIONS = 6, 3


class Times(NamedTuple):
    """Seconds that one hash of each kind takes on this machine; of bcrypt, at MEASURED_COST."""

    argon2: float
    scrypt: float
    bcrypt: float

    def failure(self, cost: int) -> float:
        """Return the seconds after which a failure is answered; `cost` is bcrypt's highest, 0 without any."""
        slowest = self.bcrypt * 2.0 ** (cost - MEASURED_COST) if cost else 0.0
        # Hashes of the other kinds are verified, with two salts where it is scrypt, and then replaced.
        return max(pace.SECONDS, MARGIN * (self.argon2 + max(2 * self.scrypt, slowest)))


async def delay_failure(began: float) -> None:
    """Return when a failure that began at this time is to be answered; waits for a thread do not count."""
    cost = await storage.read(hash_costs.highest)
    is_measured = measured.cache_info().currsize > 0
    times = measured() if is_measured else await passwords.in_turn(measured)
    await pace.pace.keep(began, times.failure(cost))


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
