"""What each counter of attempts stops, and that the answers reveal neither accounts nor their names."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle, islice, pairwise
from uuid import uuid4

import pytest

from core import clock
from core.errors import QuotaExceeded
from services.auth import attempts
from services.auth.attempts import GUESSES, LINKS, Attempt, Attempts
from storage.accounts import find_by_login
from storage.schema.guessing import attempts as table
from storage.schema.guessing import known_networks
from tests.service_container import services_on
from tests.storage.conftest import postgresql_url, sqlite_url, store
from tests.storage.store import NOW, Store

__all__ = ["postgresql_url", "sqlite_url", "store"]

# Smaller than in service.
MOST_FOR_ACCOUNT = 12
NETWORKS = ((32, 64, 20), (24, 56, 40), (24, 48, 60))
HOME, NEIGHBOUR, ABROAD = "192.0.2.7", "192.0.2.99", "198.51.100.1"


@dataclass
class Guesser:
    """Attempts at one moment after the other."""

    store: Store
    attempts: Attempts
    now = NOW

    def begin(self, name: str | int, address: str = ABROAD) -> Attempt:
        """Count an attempt; raises QuotaExceeded."""
        return self.store.run(self.attempts.begin(name, address))

    def seen(self, name: str | int, address: str = ABROAD) -> str:
        """Return what a caller sees of an attempt with a wrong password."""
        try:
            return repr(self.begin(name, address).refusal or attempts.failed(None))
        except QuotaExceeded as refusal:
            return f"{refusal!r} {refusal.headers}"

    def succeed(self, name: str | int, address: str) -> None:
        """Sign in with the right password."""
        attempt = self.begin(name, address)
        assert attempt.account is not None and attempt.accepts
        self.store.write(attempts.succeeded, attempt)
        self.store.write(self.attempts.remember, attempt.account["id"], address, self.now)

    def link(self, name: str, address: str = ABROAD) -> tuple[bool, str]:
        """Request a link. Return whether one is mailed, and what the caller sees."""
        account = self.store.read(find_by_login, name)
        mailed, refusal = self.store.write(self.attempts.count_link, account, address, self.now)
        return mailed, repr(refusal)


@pytest.fixture
def guesser(store: Store, monkeypatch: pytest.MonkeyPatch) -> Guesser:
    """An attacker who guesses passwords, with limits in effect."""
    guesser = Guesser(store, services_on(store.storage, limits="on").attempts)
    monkeypatch.setattr(attempts, "MOST_FOR_ACCOUNT", MOST_FOR_ACCOUNT)
    monkeypatch.setattr(attempts, "NETWORKS", NETWORKS)
    monkeypatch.setattr(clock, "now", lambda: guesser.now)
    return guesser


@pytest.fixture
def names(store: Store) -> list[str]:
    """The names of one account: user name, address, number and UUID."""
    # With a letter first: a name of digits alone is the number of an account.
    part = f"a{uuid4().hex[:11]}"
    account = store.new_account(f"{part}@example.org", username=part, lusername=part)
    return [part, f"{part}@example.org", str(account["id"]), str(account["uuid"])]


def everywhere() -> Iterator[str]:
    """Addresses of as many networks, none of which is near another."""
    return (f"2001:db8:{number:x}::1" for number in range(1, 0x10000))


def exhaust(guesser: Guesser, names: Iterable[str]) -> None:
    """Use up the attempts that an account has from everywhere, under all of its names."""
    for name, address in islice(zip(cycle(names), everywhere(), strict=False), MOST_FOR_ACCOUNT):
        guesser.begin(name, address)


def test_after_the_free_attempts_each_one_waits_twice_as_long(guesser: Guesser, names: list[str]) -> None:
    waits = []
    for number in range(GUESSES.free + 9):
        guesser.begin(names[0])
        if number >= GUESSES.free:
            with pytest.raises(QuotaExceeded) as refused:
                guesser.begin(names[0])
            waits.append(int(refused.value.headers["Retry-After"]))
            guesser.now += timedelta(seconds=waits[-1])
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300]


def test_a_name_in_other_forms_is_the_same_name(guesser: Guesser, names: list[str]) -> None:
    forms = (names[0], names[0].upper(), f" {names[0]} ")
    for name in islice(cycle(forms), GUESSES.free + 1):
        guesser.begin(name)
    assert {"Quota" in guesser.seen(name) for name in forms} == {True}


def test_all_names_of_an_account_share_its_attempts(guesser: Guesser, names: list[str]) -> None:
    exhaust(guesser, names)
    assert [guesser.begin(name, ABROAD).accepts for name in names] == [False] * 4
    guesser.now += timedelta(days=1, seconds=1)
    assert guesser.begin(names[0]).accepts


def test_strangers_elsewhere_do_not_lock_the_owner_out_of_a_known_network(guesser: Guesser, names: list[str]) -> None:
    guesser.succeed(names[0], HOME)
    exhaust(guesser, names)
    assert not guesser.begin(names[0], ABROAD).accepts
    assert guesser.begin(names[0], HOME).accepts and guesser.begin(names[1], NEIGHBOUR).accepts


def test_a_known_network_has_attempts_of_its_own_which_end_too(guesser: Guesser, names: list[str]) -> None:
    guesser.succeed(names[0], HOME)
    for number in range(MOST_FOR_ACCOUNT):
        guesser.now += timedelta(minutes=6)
        guesser.begin(names[number % 4], f"192.0.2.{number}")
    assert not guesser.begin(names[0], "192.0.2.250").accepts
    assert guesser.begin(names[0], ABROAD).accepts


Script = Callable[[Guesser, list[str]], list[str]]


def through_one_name(guesser: Guesser, names: list[str]) -> list[str]:
    """Exhaust everything under the first name, and look at the others from the same and from other networks."""
    seen = [guesser.seen(names[0], address) for address in islice(everywhere(), MOST_FOR_ACCOUNT + 5)]
    seen += [guesser.seen(names[0], ABROAD) for _ in range(GUESSES.free + 2)]
    return seen + [guesser.seen(name, address) for name in names for address in (ABROAD, "203.0.113.9")]


def on_a_network_at_its_limit(guesser: Guesser, names: list[str]) -> list[str]:
    """Try each name where others have used up the attempts, more often than is free; then again an hour later."""
    for _ in range(20):
        guesser.seen(uuid4().hex, HOME)
    seen = [guesser.seen(name, HOME) for name in names for _ in range(GUESSES.free + 2)]
    guesser.now += timedelta(hours=1, seconds=1)
    return seen + [guesser.seen(name, HOME) for name in names]


def by_links(guesser: Guesser, names: list[str]) -> list[str]:
    """Request more links than are mailed."""
    return [guesser.link(name)[1] for name in names for _ in range(LINKS.free + 2)]


@pytest.mark.parametrize("script", [through_one_name, on_a_network_at_its_limit, by_links])
def test_the_answers_are_the_same_for_names_of_one_account_of_several_and_of_none(
    guesser: Guesser, store: Store, names: list[str], script: Script
) -> None:
    guesser.succeed(names[0], HOME)
    others = [store.new_account(username=f"other {number}", lusername=f"other {number}") for number in range(4)]
    transcripts = []
    for group in (names, [str(other["username"]) for other in others], [uuid4().hex for _ in range(4)]):
        guesser.now += timedelta(days=2)
        transcripts.append(script(guesser, group))
    assert transcripts[0] == transcripts[1] == transcripts[2]


def test_many_networks_of_one_provider_are_slowed_down_together(
    guesser: Guesser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "NETWORKS", ((32, 64, 4), (24, 56, 8), (24, 48, 12)))
    from_one, from_56, from_48 = "2001:db8:0:0::1", "2001:db8:0:{:x}::1", "2001:db8:0:{:x}00:1::1"

    def free_from(addresses: Iterable[str]) -> int:
        """How many attempts with new names are free before the first that is refused."""
        for number, address in enumerate(addresses):
            if "Quota" in guesser.seen(uuid4().hex, address):
                return number
        raise AssertionError("none is refused")

    assert free_from(cycle([from_one])) == 4
    assert free_from(from_56.format(number) for number in range(1, 99)) == 8 - 4
    assert free_from(from_48.format(number) for number in range(1, 99)) == 12 - 8
    assert free_from(cycle([HOME])) == 4
    assert free_from(f"192.0.2.{number}" for number in range(100, 199)) == 8 - 4
    assert "SignInFailed" in guesser.seen("anybody", ABROAD)
    guesser.now += timedelta(hours=1, seconds=1)
    assert "SignInFailed" in guesser.seen("anybody", HOME)


def test_where_strangers_used_up_a_networks_attempts_its_known_owners_still_sign_in(
    guesser: Guesser, store: Store, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "NETWORKS", ((32, 64, 4),))
    guesser.succeed(names[0], HOME)
    for _ in range(4):
        guesser.begin(uuid4().hex, HOME)
    guesser.succeed(names[1], HOME)
    rows = guesser.store.count(table)
    elsewhere = store.new_account(username="elsewhere", lusername="elsewhere")
    assert guesser.begin(str(elsewhere["id"]), HOME).account is None
    unknown = guesser.begin(uuid4().hex, HOME)
    assert (unknown.account, repr(unknown.refusal)) == (None, guesser.seen(names[0], HOME))
    assert guesser.store.count(table) == rows, "a caller over the limit makes new counters"


def test_a_success_forgets_the_failures_and_does_not_count(guesser: Guesser, names: list[str]) -> None:
    for _ in range(3):
        for _ in range(GUESSES.free):
            guesser.begin(names[0], HOME)
        guesser.succeed(names[0], HOME)
    counts = [count for (count,) in guesser.store.sql(f"SELECT count FROM {table.name} ORDER BY count")]
    # The account's from elsewhere, from the network since it is known, and the two networks around the address.
    assert counts == [5, 10, 15, 15]


def test_counters_outlive_a_restart(guesser: Guesser, names: list[str]) -> None:
    for _ in range(GUESSES.free + 1):
        guesser.begin(names[0])
    guesser.store.disconnect()
    guesser.store.connect()
    with pytest.raises(QuotaExceeded):
        guesser.begin(names[0])


def test_there_is_always_a_valid_link_although_strangers_request_more(guesser: Guesser, names: list[str]) -> None:
    mailed = []
    for minute in range(0, 24 * 60, 6):
        guesser.now = NOW + timedelta(minutes=minute)
        if guesser.link(names[minute % 4], f"2001:db8:{minute:x}::1")[0]:
            mailed.append(minute)
    gaps = [later - earlier for earlier, later in pairwise(mailed)]
    assert mailed[: LINKS.free] == [0, 6] and max(gaps) <= 66 and len(mailed) < 36


def test_strangers_elsewhere_do_not_use_up_the_links_of_a_known_network(guesser: Guesser, names: list[str]) -> None:
    guesser.succeed(names[0], HOME)
    for name in names:
        guesser.link(name)
    assert not guesser.link(names[0])[0]
    assert guesser.link(names[0], HOME) == (True, "None")


def test_an_account_knows_the_networks_that_it_used_last(guesser: Guesser, names: list[str]) -> None:
    for address in islice(everywhere(), 25):
        guesser.now += timedelta(hours=1)
        guesser.succeed(names[0], address)
    assert guesser.store.count(known_networks) == 20
    stored = guesser.store.sql(f"SELECT network FROM {known_networks.name}")
    assert not any("2001" in network for (network,) in stored)


def test_codes_wait_for_each_link_and_have_a_daily_number_for_the_account(guesser: Guesser, names: list[str]) -> None:
    user_id = int(names[2])
    begin = guesser.attempts.begin_code
    for _ in range(GUESSES.free + 1):
        guesser.store.run(begin("link", "first", user_id))
    with pytest.raises(QuotaExceeded):
        guesser.store.run(begin("link", "first", user_id))
    for number in range(MOST_FOR_ACCOUNT - GUESSES.free - 1):
        assert guesser.store.run(begin("link", number, user_id)).accepts
    assert not guesser.store.run(begin("link", "last", user_id)).accepts
