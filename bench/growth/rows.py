"""The rows of each table, made from their numbers.

Addresses are encrypted one by one. Names, notes, measurements and the like are drawn from POOL distinct texts that
were each encrypted once: the database cannot tell, for it never decrypts, and encrypting ten million sets anew would
take longer than storing them.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson

from bench.fixture import new_set
from bench.growth import numbered
from services.auth.api_secrets import ApiSecrets
from storage import accounts as people
from storage.accounts import email_hash
from storage.schema.access import sessions
from storage.schema.encryption import Encrypted, Keyring
from storage.schema.fair_use import events, usage_days, usage_hours
from storage.schema.tables import accounts, apikeys, patterns, sets

POOL = 4096
HOURS, DAYS = 24, 7
# A hash as long as a real one, that no password has.
_PASSWORD = "$argon2id$v=19$m=19456,t=2,p=1$" + "A" * 22 + "$" + "A" * 43
_OPERATIONS = ("read_set", "list_sets")
Row = dict[str, Any]


class Filling(NamedTuple):
    """A table, how many numbers its rows are made from, and what makes the rows of one number."""

    table: Any
    numbers: int
    rows: Callable[[int], list[Row]]


class Maker:
    """Makes the rows of a population of so many accounts, as of one moment."""

    def __init__(self, population: int, keyring: Keyring, secrets: ApiSecrets, now: datetime) -> None:
        self._population = population
        self._keyring = keyring
        self._secrets = secrets
        self._now = now
        self._pools = {
            column: [keyring.encrypt(plain, _place(column)) for plain in _plains(column)] for column in _DRAWN
        }
        self._same = {column: keyring.encrypt(plain, _place(column)) for column, plain in _SAME.items()}

    def fillings(self) -> list[Filling]:
        """Every table that is filled, those that are referred to first."""
        many = self._population
        return [
            Filling(accounts, many, self._account),
            Filling(sessions, many, self._session),
            Filling(apikeys, many * numbered.KEYS, self._key),
            Filling(sets, many * numbered.SETS + numbered.COLLECTED, self._set),
            Filling(patterns, many // 5, self._pattern),
            Filling(events, many * 2, self._event),
            Filling(usage_hours, many, self._hours),
            Filling(usage_days, many, self._days),
        ]

    def _encrypted(self, table: Any, number: int) -> Row:
        """The columns of a row that are drawn, and those that are the same in every row."""
        # A step that is prime to POOL, so that neighbours differ.
        drawn = number * 2_654_435_761 % POOL
        texts = {column.name: pool[drawn] for column, pool in self._pools.items() if column.table is table}
        return texts | {column.name: text for column, text in self._same.items() if column.table is table}

    def _made(self, number: int, rows: int, days: int = 700) -> datetime:
        """When a row was made: in the order of their numbers, the last one a minute ago."""
        return self._now - timedelta(days=days) * (1 - number / rows) - timedelta(minutes=1)

    def _account(self, number: int) -> list[Row]:
        made, name, address = self._made(number, self._population), f"user-{number}", f"user-{number}@example.org"
        ehash = email_hash(address)
        row = {
            "id": number,
            "uuid": numbered.uuid("accounts", number),
            "created_at": made,
            "updated_at": made,
            "last_seen": self._now - timedelta(minutes=number % 40_000),
            "username": name,
            "lusername": name,
            "ehash": ehash,
            "ihash": ehash,
            "email": self._keyring.encrypt(address.encode(), _place(accounts.c.email)),
            "initial": self._keyring.encrypt(address.encode(), _place(accounts.c.initial)),
            "status": people.ACTIVE,
            "consent": 2,
            "jwt_calls": number % 90,
            "key_calls": number % 900,
        }
        return [_ACCOUNT | self._encrypted(accounts, number) | row]

    def _session(self, number: int) -> list[Row]:
        row = {
            "id": numbered.uuid("sessions", number),
            "user_id": number,
            "parent_id": None,
            "created_at": self._now,
            "last_used_at": self._now,
            # A population is measured for longer than a session lasts.
            "expires_at": self._now + timedelta(days=365),
            "epoch": 0,
            "network": None,
            "agent": None,
        }
        return [row]

    def _key(self, number: int) -> list[Row]:
        made = self._made(number, self._population * numbered.KEYS, days=60)
        has_expired, was_revoked = numbered.is_expired(number), numbered.is_revoked(number)
        row = {
            "id": number,
            "key": numbered.uuid("apikeys", number),
            "user_id": numbered.owner(number, self._population),
            "created_at": made,
            "expires_at": self._now - timedelta(days=3) if has_expired else made + timedelta(days=365),
            "revoked_at": self._now - timedelta(days=2) if was_revoked else None,
            "revoked_by": "owner" if was_revoked else None,
            # No notice is due: nobody is to be mailed.
            "last_seen": made,
            "level": 4,
            "secret_hash": self._secrets.hash_of(numbered.secret(number)),
            "calls": number % 500,
        }
        return [self._encrypted(apikeys, number) | row]

    def _set(self, number: int) -> list[Row]:
        ordinary = self._population * numbered.SETS
        made = self._made(number, ordinary + numbered.COLLECTED)
        row = {
            "id": number,
            "uuid": numbered.uuid("sets", number),
            "user_id": numbered.owner(number, self._population) if number <= ordinary else numbered.COLLECTOR,
            "created_at": made,
            "updated_at": made,
            "imperial": False,
            "public": number % 50 == 0,
        }
        return [self._encrypted(sets, number) | row]

    def _pattern(self, number: int) -> list[Row]:
        made = self._made(number, self._population // 5)
        row = {
            "id": number,
            "uuid": numbered.uuid("patterns", number),
            "user_id": number * 5,
            # The first set of each account has the account's number.
            "set_id": number * 5,
            "created_at": made,
            "updated_at": made,
            "design": "aaron",
            "public": False,
        }
        return [self._encrypted(patterns, number) | row]

    def _event(self, number: int) -> list[Row]:
        owner = numbered.owner(number, self._population)
        of_key = number <= self._population
        row = {
            "id": number,
            "user_id": owner,
            "created_at": self._made(number, 2 * self._population, days=60),
            "event": "keyCreated" if of_key else "signedIn",
            "by": "owner",
            "key": numbered.uuid("apikeys", owner) if of_key else None,
            "details": "{}",
        }
        return [row]

    def _hours(self, account: int) -> list[Row]:
        hour = self._now.replace(minute=0, second=0, microsecond=0)
        return _usage(account, [hour - timedelta(hours=back) for back in range(HOURS)])

    def _days(self, account: int) -> list[Row]:
        day = self._now.replace(hour=0, minute=0, second=0, microsecond=0)
        return _usage(account, [day - timedelta(days=back) for back in range(DAYS)])


def _usage(account: int, moments: list[datetime]) -> list[Row]:
    """Calls with the account's first key, which has its number."""
    if not numbered.has_usage(account):
        return []
    counted = {"user_id": account, "key_id": account, "status": 2, "calls": 10}
    return [
        counted | {"at": at, "operation": operation, "bytes_out": 12_000, "microseconds": 20_000}
        for at in moments
        for operation in _OPERATIONS
    ]


def _place(column: Any) -> bytes:
    kind = column.type
    assert isinstance(kind, Encrypted)
    return kind.place.encode()


def _plains(column: Any) -> Iterator[bytes]:
    """POOL texts as they stand in a column before they are encrypted, as long as real ones."""
    sent = new_set("")
    for number in range(POOL):
        measies = {name: value + number % 1000 / 2 for name, value in sent["measies"].items()}
        yield {
            "bio": f"I sew since {1950 + number % 70}. ".encode() * 3,
            "name": f"Made for number {number}".encode(),
            "notes": f"{sent['notes']}{number}".encode(),
            "measies": orjson.dumps(measies),
            "settings": orjson.dumps({"sa": 10, "complete": True, "units": "metric", "measurements": measies}),
        }[column.name]


_DRAWN = (
    accounts.c.bio,
    apikeys.c.name,
    *(sets.c.name, sets.c.notes, sets.c.measies),
    *(patterns.c.name, patterns.c.notes, patterns.c.settings),
)
_SAME = {
    accounts.c.data: b"{}",
    accounts.c.img: b"default-avatar",
    accounts.c.mfa_scratch: b"[]",
    sets.c.img: b"default-avatar",
    patterns.c.img: b"default-avatar",
    patterns.c.data: b'{"version":"4.10.2"}',
}
_ACCOUNT = {
    "password": _PASSWORD,
    "role": "user",
    "patron": 0,
    "control": 3,
    "language": "en",
    "compare": True,
    "imperial": False,
    "newsletter": False,
    "mfa_enabled": False,
    "mfa_step": 0,
    "epoch": 0,
    "notices": True,
}
