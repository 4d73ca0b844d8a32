"""Limits on guessing passwords and codes, and on mailing links. Decision 18 gives the reasons.

- A name as it was sent, from one address: five free attempts, then growing waits. The caller sees them.
- A network, at three sizes: an hourly number of attempts, whatever the names. The caller sees it.
- An account: a daily number of attempts from all unknown networks together, and one from each known network. It is
  not visible: over this limit the right password gets the same response as a wrong one.

The first two limits do not depend on accounts, and the last one is not visible, so that no response reveals whether
an account exists or which names belong to the same account.
"""

import math
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection

from core import clock
from core.errors import QuotaExceeded, SignInFailed
from services.auth import networks
from services.limits.limiter import Limits
from storage import accounts, known_networks
from storage import attempts as counters
from storage.attempts import Count
from storage.database import Storage
from storage.schema import names

POLICY = "sign-in-attempts"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Bits of IPv4 and of IPv6: the caller's own address, and what an account knows.
OWN_BITS, KNOWN_BITS = (32, 64), (24, 48)
# Bits of IPv4 and of IPv6, and the attempts in an hour from all such a network.
NETWORKS = ((32, 64, 100), (24, 56, 300), (24, 48, 1000))
MOST_FOR_ACCOUNT = 100
FAILED = (
    "After many failed attempts an account accepts no password from new networks for a day: request a link by mail."
)


class Waits(NamedTuple):
    """After each attempt beyond the `free` ones the next has to wait, twice as long each time. In seconds."""

    free: int
    first: int
    longest: int

    def seconds(self, count: Count, now: datetime) -> int:
        """Return how long the next attempt has to wait."""
        doublings = count.number - self.free - 1
        if doublings < 0:
            return 0
        wait: int = min(self.first * 2 ** min(doublings, 20), self.longest)
        return max(0, math.ceil((count.last - now).total_seconds() + wait))


GUESSES = Waits(free=5, first=2, longest=300)
# A link is good for an hour: so there is always one in the mailbox, whichever client requested it.
LINKS = Waits(free=2, first=60, longest=3600)


class Attempt(NamedTuple):
    """An attempt that was counted.

    `account` is the account to verify against, or None; `accepts` says whether the right password may sign in;
    `refusal` replaces SignInFailed; a success changes the counters `counted`.
    """

    account: accounts.Account | None
    accepts: bool = True
    refusal: QuotaExceeded | None = None
    counted: tuple[str, ...] = ()
    waiting: str = ""


def failed(token: Any) -> SignInFailed:
    """Return the error for each failed attempt with a password and, if there is a token, a code.

    It does not depend on the reason.
    """
    return SignInFailed(f"User name{', password or code' if token else ' or password'} is wrong. {FAILED}")


class Attempts:
    """Attempts at secrets, counted while limits are on."""

    def __init__(self, storage: Storage, limits: Limits) -> None:
        self._storage, self._limits = storage, limits

    async def begin(self, name: str | int, address: str | None) -> Attempt:
        """Count an attempt to sign in by password before it is tried; raises QuotaExceeded if it has to wait."""
        if self._limits.limiter is None:
            return Attempt(await self._storage.read(accounts.find_by_login, name))
        return await self._storage.write(self._begin, name, address, clock.now())

    def _begin(self, connection: Connection, name: str | int, address: str | None, now: datetime) -> Attempt:
        account = accounts.find_by_login(connection, name)
        of_account, is_known = self._of_account(connection, "guess", account, address)
        of_networks, refusal = self._count_networks(connection, "guess", address, now)
        if refusal is None:
            name_here = self._limits.unnamed(
                f"name {names.compared(str(name).strip())} from {_network(address, OWN_BITS)}"
            )
            return _tried(connection, account, name_here, of_account, of_networks, now)
        if is_known:
            return _tried(connection, account, "", of_account, [], now)._replace(refusal=refusal)
        # Nothing is stored: a caller over its limit makes no new counters.
        return Attempt(None, refusal=refusal)

    async def begin_code(self, kind: str, holder: str | int, user_id: int | None = None) -> Attempt:
        """Count an attempt at a secret by a caller who holds another one: a link, or a session.

        Each `holder` of each `kind` has its own waits; with `user_id` those of one account have a daily number in
        common. Raises QuotaExceeded.
        """
        if self._limits.limiter is None:
            return Attempt(None)
        of_account = "" if user_id is None else self._limits.unnamed(f"{kind} of account {user_id}")
        return await self._storage.write(
            _tried, None, self._limits.unnamed(f"{kind} {holder}"), of_account, [], clock.now()
        )

    def remember(self, connection: Connection, user_id: int, address: str | None, now: datetime) -> None:
        """Store that the account's owner signed in from the network of this address. Part of a write."""
        known_networks.remember(connection, user_id, self._known(user_id, address), now)

    def count_link(
        self, connection: Connection, account: accounts.Account | None, address: str | None, now: datetime
    ) -> tuple[bool, QuotaExceeded | None]:
        """Count a request for a link. Return whether to mail one, and the error to answer with. Part of a write."""
        if self._limits.limiter is None:
            return account is not None, None
        of_account, is_known = self._of_account(connection, "link", account, address)
        of_networks, refusal = self._count_networks(connection, "link", address, now)
        counters.add(connection, dict.fromkeys(of_networks, HOUR), now)
        if account is None or (refusal is not None and not is_known):
            return False, refusal
        waits = LINKS.seconds(counters.lock(connection, [of_account], now)[of_account], now)
        if not waits:
            counters.add(connection, {of_account: DAY}, now)
        return not waits, refusal

    def _of_account(
        self, connection: Connection, kind: str, account: accounts.Account | None, address: str | None
    ) -> tuple[str, bool]:
        """Return the account's counter for this address ("" without an account), and whether its network is known."""
        if account is None:
            return "", False
        known = self._known(account["id"], address)
        is_known = known_networks.is_known(connection, account["id"], known)
        return self._limits.unnamed(
            f"{kind} account {account['id']} from {known if is_known else 'elsewhere'}"
        ), is_known

    def _known(self, user_id: int, address: str | None) -> str:
        return self._limits.unnamed(f"network {_network(address, KNOWN_BITS)} of {user_id}")

    def _count_networks(
        self, connection: Connection, kind: str, address: str | None, now: datetime
    ) -> tuple[list[str], QuotaExceeded | None]:
        """Return the counters of the networks around the address, and an error if one of them is at its limit."""
        quotas: dict[str, int] = {}
        for ipv4, ipv6, quota in NETWORKS:
            # Of IPv4 two sizes are the same network: the first, smaller quota holds.
            quotas.setdefault(self._limits.unnamed(f"{kind} from {_network(address, (ipv4, ipv6))}"), quota)
        counts = counters.lock(connection, quotas, now)
        over = [counts[counter].expires for counter, quota in quotas.items() if counts[counter].number >= quota]
        if not over:
            return list(quotas), None
        seconds = max(1, math.ceil((max(over) - now).total_seconds()))
        detail = f"Too many attempts from this network; the next is in {seconds} seconds."
        return [], QuotaExceeded(detail, [POLICY], seconds)


def _tried(
    connection: Connection,
    account: accounts.Account | None,
    waiting: str,
    of_account: str,
    of_networks: list[str],
    now: datetime,
) -> Attempt:
    """Return the attempt, counted; raises QuotaExceeded if the counter that has to wait does."""
    own = [counter for counter in (waiting, of_account) if counter]
    counts = counters.lock(connection, own, now)
    if waiting and (seconds := GUESSES.seconds(counts[waiting], now)):
        raise QuotaExceeded(f"Too many sign-in attempts. Try again in {seconds} seconds.", [POLICY], seconds)
    lifetimes = {waiting: HOUR, of_account: DAY, **dict.fromkeys(of_networks, HOUR)}
    counters.add(connection, {counter: lifetime for counter, lifetime in lifetimes.items() if counter}, now)
    accepts = not of_account or counts[of_account].number < MOST_FOR_ACCOUNT
    counted = (*sorted(of_networks), of_account) if of_account else tuple(sorted(of_networks))
    return Attempt(account, accepts, None, counted, waiting)


def succeeded(connection: Connection, attempt: Attempt) -> None:
    """Forget the attempts with this name from here, and take this one back from the others. Part of a write."""
    counters.take_back(connection, attempt.counted)
    if attempt.waiting:
        counters.clear(connection, attempt.waiting)


def _network(address: str | None, bits: tuple[int, int]) -> str:
    return networks.network_of(address or "", *bits) or "unknown"
