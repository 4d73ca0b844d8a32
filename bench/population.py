"""Accounts with a key and a set each: one is created over HTTP, and its rows are copied in SQL.

Every column is copied, whatever it is, but for numbers, uuids, names, hashes of addresses and owners: a new column
needs nothing here. The copies of an encrypted text are equal, and so are the secrets of the keys: the database cannot
tell, for it never decrypts.
"""

from base64 import b64encode
from hashlib import md5
from uuid import UUID

from bench import databases
from bench.scenarios import curated_sets, new_set
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
    copied = [_copy(url, "accounts", accounts, "id", uuid=_uuid(url, "accounts"), **identity)]
    for table, uuid in (("apikeys", "key"), ("sets", "uuid")):
        copied.append(_copy(url, table, accounts, "user_id", user_id="n", **{uuid: _uuid(url, table)}))
    databases.query(url, *copied, *["VACUUM (ANALYZE)"] * url.startswith("postgresql"))
    numbers = range(FIRST, accounts + 1)
    uuids = (UUID(md5(f"apikeys{number}".encode()).hexdigest()) for number in numbers)
    return ["Basic " + b64encode(f"{uuid}:{key.secret}".encode()).decode() for uuid in uuids]


def _copy(url: str, table: str, count: int, owner: str, **different: str) -> str:
    """Return the statement that copies the first row of account 1: n runs from FIRST to `count`."""
    names = f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}'"
    numbers = f"generate_series({FIRST}, {count}) AS numbers(n)"
    if url.startswith("sqlite"):
        names = f"SELECT name FROM pragma_table_info('{table}')"
        counting = f"SELECT {FIRST} AS n UNION ALL SELECT n + 1 FROM c WHERE n < {count}"
        numbers = f"(WITH RECURSIVE c AS ({counting}) SELECT n FROM c)"
    columns = [row[0] for row in databases.query(url, names)]
    values = ", ".join({"id": "n", **different}.get(column, f't."{column}"') for column in columns)
    into = ", ".join(f'"{column}"' for column in columns)
    row = f"SELECT * FROM {table} WHERE {owner} = 1 LIMIT 1"
    return f"INSERT INTO {table} ({into}) SELECT {values} FROM ({row}) t, {numbers}"


def _uuid(url: str, table: str) -> str:
    return f"md5('{table}' || n)" + "::uuid" * url.startswith("postgresql")
