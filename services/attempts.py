"""Guessing made slow: each failed sign-in to an account makes the next one wait longer.

What is counted is the name that was given, whether or not there is such an account: the answers tell nothing. An
account can be named in three ways (user name, address, number), each with its own count: counting them together
would tell who is who.
"""

import math

import clock
from errors import QuotaExceeded
from services import limits, policies
from services.counters import unnamed

FREE = 5
LONGEST_WAIT = 300
POLICY = "sign-in-attempts"


async def begin(name: str | int, kind: str = "sign-in") -> None:
    """Count an attempt before it is judged, so that many at once are none the better; raises QuotaExceeded.

    What else than a sign-in a secret is asked for has a `kind`, and a count, of its own.
    """
    if limits.limiter() is None:
        return
    failures, waiting = _keys(name, kind)
    counters = limits.counters()
    count = await counters.incr(failures, policies.DAY)
    if count <= FREE:
        return
    # Of those who come while a wait goes on none gets in; the first after it begins the next.
    if await counters.incr(waiting, min(2 ** min(count - FREE, 20), LONGEST_WAIT)) > 1:
        seconds = max(1, math.ceil(await counters.get_expiry(waiting) - clock.epoch()))
        raise QuotaExceeded(f"Too many attempts to sign in; the next is in {seconds} seconds.", [POLICY], seconds)


async def succeeded(name: str | int, kind: str = "sign-in") -> None:
    """Forget the attempts: it was the owner."""
    if limits.limiter() is not None:
        for key in _keys(name, kind):
            await limits.counters().clear(key)


def _keys(name: str | int, kind: str) -> tuple[str, str]:
    digest = unnamed(str(name).strip().lower())
    return f"attempts:{kind}:{digest}", f"wait:{kind}:{digest}"
