"""A database of many accounts: one is created over HTTP, and its rows are copied in SQL.

Every column is copied, whatever it is, but for numbers, uuids, names, hashes of addresses and owners: a new column
needs nothing here. The copies of an encrypted text are equal, and so are the secrets of the keys: the database cannot
tell, for it never decrypts.
"""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import md5
from typing import Any
from uuid import UUID

import jwt

from bench import databases
from bench.scenarios import curated_sets, new_set
from services.auth.derivation import derive
from tests.service import Service

# Account 1 is the original. Of the copies, the first has very many sets: deep pages are measured on it.
FIRST = COLLECTOR = 2
COLLECTED = 10_000
KEY_SECONDS = 300 * 86_400


@dataclass(frozen=True)
class Population:
    """The accounts FIRST to `accounts`; key, session and first set of an account have its number."""

    accounts: int
    secret: str
    claims: dict[str, Any]
    signing: bytes
    # Creates a set.
    body: dict[str, Any]

    def key(self, number: int) -> str:
        """Return the credentials of a key."""
        return "Basic " + b64encode(f"{uuid('apikeys', number)}:{self.secret}".encode()).decode()

    def token(self, number: int) -> str:
        """Return a token of an account."""
        claims = {**self.claims, "_id": number, "sid": str(uuid("sessions", number))}
        return "Bearer " + jwt.encode(claims, self.signing, algorithm="HS256")


def uuid(table: str, number: int) -> UUID:
    """Return the uuid of a copied row."""
    return UUID(md5(f"{table}{number}".encode()).hexdigest())


def fill(server: Service, secret_key: str, accounts: int, *, keys: int, sets: int) -> Population:
    """Fill the empty database of a running server: so many keys and sets an account.

    On PostgreSQL one account of five has a pattern, one of ten has usage, each has events.
    """
    body, original = new_set(curated_sets(server), "A set"), server.sign_up()
    key, made = original.new_key(expires_in=KEY_SECONDS), original.new_set(**body)
    original.new_pattern(set=made["id"])
    url = server.database_url
    databases.query(url, *_copies(url, accounts, keys, sets))
    claims = jwt.decode(original.token, options={"verify_signature": False})
    return Population(accounts, key.secret, claims, derive(secret_key, "tokens"), body)


def _copies(url: str, accounts: int, keys: int, sets: int) -> Iterator[str]:
    owner = f"(n - 1) % {accounts} + 1"
    name, digest = "'user-' || n", "md5('a' || n) || md5('b' || n)"
    identity: dict[str, Any] = {"username": name, "lusername": name, "ehash": digest, "ihash": digest}
    yield _copy(url, "accounts", accounts, id="n", uuid=_uuid(url, "accounts"), **identity)
    yield _copy(url, "sessions", accounts, id=_uuid(url, "sessions"), user_id="n")
    yield _copy(url, "apikeys", accounts * keys, id="n", key=_uuid(url, "apikeys"), user_id=owner)
    yield _copy(url, "sets", accounts * sets, id="n", uuid=_uuid(url, "sets"), user_id=owner)
    if url.startswith("postgresql"):
        many = {"id": f"n + {accounts * sets} - 1", "user_id": str(COLLECTOR)}
        yield _copy(url, "sets", COLLECTED + 1, uuid=_uuid(url, "more"), **many)
        yield _copy(url, "patterns", accounts // 5, id="n", uuid=_uuid(url, "patterns"), user_id="n", set_id="n")
        yield _copy(url, "events", accounts * 2, id="1000 + n", user_id=owner)
        for table, unit, times in (("usage_hours", "hour", 24), ("usage_days", "day", 7)):
            yield _usage(table, unit, times, accounts // 10)
        for table in ("accounts", "apikeys", "sets", "patterns", "events"):
            yield f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
        yield "VACUUM (ANALYZE)"


def _copy(url: str, table: str, count: int, **different: str) -> str:
    """Return the statement that copies the first row of account 1: n runs from FIRST to `count`."""
    names = f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}'"
    numbers = f"generate_series({FIRST}, {count}) AS numbers(n)"
    if url.startswith("sqlite"):
        names = f"SELECT name FROM pragma_table_info('{table}')"
        counting = f"SELECT {FIRST} AS n UNION ALL SELECT n + 1 FROM c WHERE n < {count}"
        numbers = f"(WITH RECURSIVE c AS ({counting}) SELECT n FROM c)"
    columns = [row[0] for row in databases.query(url, names)]
    values = ", ".join(different.get(column, f't."{column}"') for column in columns)
    row = f"SELECT * FROM {table} WHERE {'id' if table == 'accounts' else 'user_id'} = 1 LIMIT 1"
    into = ", ".join(f'"{column}"' for column in columns)
    return f"INSERT INTO {table} ({into}) SELECT {values} FROM ({row}) t, {numbers}"


def _usage(table: str, unit: str, times: int, accounts: int) -> str:
    """Return the statement that adds calls of two operations with the first keys, for as many hours or days."""
    return (
        f"INSERT INTO {table} (user_id, at, key_id, operation, status, calls, bytes_out, microseconds)"
        f" SELECT n, date_trunc('{unit}', now(), 'UTC') - interval '1 {unit}' * back, n, operation, 2, 10, 9, 9"
        f" FROM generate_series({FIRST}, {accounts}) n, generate_series(0, {times - 1}) back,"
        " unnest(ARRAY['read_set', 'list_sets']) operation"
    )


def _uuid(url: str, table: str) -> str:
    return f"md5('{table}' || n)" + "::uuid" * url.startswith("postgresql")
