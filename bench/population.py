"""Accounts with a key and a set each: one is created over HTTP, and its rows are copied in SQL.

Every column is copied, whatever it is, but for numbers, uuids, names, hashes of addresses and owners: a new column
needs nothing here. The copies of an encrypted text are equal, and so are the secrets of the keys: the database cannot
tell, for it never decrypts.
"""

from base64 import b64encode
from hashlib import md5
from uuid import UUID

from sqlalchemy import Table

from bench import databases
from bench.scenarios import curated_sets, new_set
from storage.schema import tables
from tests.service import Service

# Account 1 is the original.
FIRST = 2
KEY_SECONDS = 300 * 86_400


def fill(server: Service, accounts: int) -> list[str]:
    """Fill the empty database of a running server; key and set of an account have its number.

    Return the credentials of the keys of the accounts FIRST to `accounts`.
    """
    original = server.sign_up()
    key, _ = original.new_key(expires_in=KEY_SECONDS), original.new_set(**new_set(curated_sets(server), "A set"))
    url = server.database_url
    digest = "md5('a' || n) || md5('b' || n)"
    identity = {"username": "'user-' || n", "lusername": "'user-' || n", "ehash": digest, "ihash": digest}
    kind, cleaning = ("::uuid", ["VACUUM (ANALYZE)"]) if url.startswith("postgresql") else ("", [])
    copied = [_copy(tables.accounts, accounts, "id", uuid=f"md5('accounts' || n){kind}", **identity)]
    for table, uuid in ((tables.apikeys, "key"), (tables.sets, "uuid")):
        own = {"user_id": "n", uuid: f"md5('{table.name}' || n){kind}"}
        copied.append(_copy(table, accounts, "user_id", **own))
    databases.query(url, *copied, *cleaning)
    numbers = range(FIRST, accounts + 1)
    uuids = (UUID(md5(f"apikeys{number}".encode()).hexdigest()) for number in numbers)
    return ["Basic " + b64encode(f"{uuid}:{key.secret}".encode()).decode() for uuid in uuids]


def _copy(table: Table, count: int, owner: str, **different: str) -> str:
    """Return the statement that copies the first row of account 1: n runs from FIRST to `count`."""
    values = {column.name: f't."{column.name}"' for column in table.c} | {"id": "n", **different}
    columns = ", ".join(f'"{name}"' for name in values)
    numbers = f"WITH RECURSIVE c(n) AS (SELECT {FIRST} UNION ALL SELECT n + 1 FROM c WHERE n < {count})"
    row = f"(SELECT * FROM {table.name} WHERE {owner} = 1 LIMIT 1) t"
    return f"INSERT INTO {table.name} ({columns}) {numbers} SELECT {', '.join(values.values())} FROM {row}, c"
