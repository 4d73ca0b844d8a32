"""Canaries: known values that show whether the server has the secrets under which the rows were written.

There is one for each encryption key that has encrypted rows, under that key, and one for FREESEWING_SECRET_KEY, under
which API keys and scratch codes are hashed. The server writes them at its first start, and compares them at each
start and when it is asked whether it is ready. A database from before version 0.2.0 has rows and no canary: then rows
of each table are decrypted before the first canary is written.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import ColumnElement, Connection, LargeBinary, delete, func, insert, inspect, select, type_coerce

from core.errors import AlreadyExists, StorageUnavailable
from storage import address_hashes, reencryption
from storage.engines.driver_errors import privileges, savepoint
from storage.schema.access import sessions
from storage.schema.encryption import Undecryptable, key_id_of, keyring_of
from storage.schema.installation import canaries
from storage.schema.tables import apikeys

_SECRET = "secret key"  # noqa: S105 - a name
_KEY = "key "
_KNOWN = "canary"
_PLACE = b"canaries.value"
_raw: ColumnElement[bytes] = type_coerce(canaries.c.value, LargeBinary)
_all = select(canaries.c.name, _raw.label("value"))
HELP = "See docs/encryption.md."
MISSING = (
    "FREESEWING_ENCRYPTION_KEYS: the database has values under the key `{key}`, which is not among the keys. Add that"
    " key after the others, or restore DATA_DIR/secrets.json from its backup. Without the key nothing can read these"
    " values. " + HELP
)
OTHER = (
    "FREESEWING_ENCRYPTION_KEYS: the key `{key}` is not the one under which the database was written, though it has"
    " the same id. Restore the right key, or DATA_DIR/secrets.json, from its backup. If this is a new key, give it"
    " another id and keep the old one after it. " + HELP
)
OTHER_SECRET = (
    "FREESEWING_SECRET_KEY: it is not the one that the database was used with. Restore it, or DATA_DIR/secrets.json,"
    " from its backup. If you changed it on purpose, run `python cli.py accept-secret-key`: that ends all API keys,"
    " sessions and scratch codes. " + HELP
)
NO_HASH_KEY = (
    "The table `hash_keys` does not hold the key of the hashes of addresses: no account can be found by its address."
    " Restore that table together with the others from the same backup. " + HELP
)
DENIED = (
    "The role of FREESEWING_DATABASE_URL may not read and write the table `canaries`. Grant it SELECT, INSERT, UPDATE"
    ' and DELETE, as for all tables: see "Roles and timeouts" in docs/postgresql.md.'
)


class SecretsWrong(Exception):
    """The secrets of the settings are not those of the database; the message says what the operator can do."""


@contextmanager
def hidden_from_clients() -> Iterator[None]:
    """Raise StorageUnavailable in place of SecretsWrong, whose message is for the operator: it becomes the cause."""
    try:
        yield
    except SecretsWrong as error:
        raise StorageUnavailable("The server cannot read its database.", cause="secrets") from error


def check(connection: Connection, *, also_secret: bool = True) -> set[str]:
    """Compare each canary and return their names; raise SecretsWrong. One small read."""
    keyring = keyring_of(connection.dialect)
    found = {row.name: bytes(row.value) for row in connection.execute(_all)}
    for name, stored in found.items():
        with _explained(stored, name.removeprefix(_KEY) if name.startswith(_KEY) else key_id_of(stored), connection):
            plain = keyring.decrypt(stored, _PLACE).decode()
        if name == _SECRET and also_secret and keyring.secret and plain != keyring.secret:
            raise SecretsWrong(OTHER_SECRET)
    return set(found)


def establish(connection: Connection) -> None:
    """Check the canaries, and write those that are missing. Part of a write; raises SecretsWrong.

    Safe from several instances at once: of two with different secrets the second one to commit raises.
    """
    with privileges(lambda: SecretsWrong(DENIED)):
        # A transaction that adds a canary locks these rows. The first start has none: there the primary key decides.
        connection.execute(select(canaries.c.name).with_for_update()).all()
        found = check(connection)
        if not found:
            _check_rows(connection)
        _check_hash_key(connection)
        _add_missing(connection, found)


def accept_secret(connection: Connection) -> None:
    """Let the present secret key be the database's from now on. Part of a write; raises SecretsWrong."""
    check(connection, also_secret=False)
    connection.execute(delete(canaries).where(canaries.c.name == _SECRET))
    _add_missing(connection, set())


def count_bound_to_secret(connection: Connection) -> tuple[int, int]:
    """Return how many API keys that are not revoked, and how many sessions, are valid under one secret key only."""
    keys = select(func.count()).select_from(apikeys).where(apikeys.c.revoked_at.is_(None))
    opened = select(func.count()).select_from(sessions)
    return int(connection.execute(keys).scalar_one()), int(connection.execute(opened).scalar_one())


def retire(connection: Connection) -> None:
    """After everything was rewritten: let the current key be the only one that is needed. Part of a write."""
    connection.execute(delete(canaries))
    _add_missing(connection, set())


def protect(connection: Connection) -> bool:
    """Return whether the database has rows that cannot be used without the secrets. Works on every older schema."""
    look = inspect(connection)
    tables = [table for table in (*reencryption.tables(), canaries) if look.has_table(table.name)]
    return any(connection.execute(select(*table.primary_key).limit(1)).first() is not None for table in tables)


def check_if_any(connection: Connection) -> None:
    """`check`, where the schema has canaries."""
    if inspect(connection).has_table(canaries.name):
        check(connection)


def _add_missing(connection: Connection, found: set[str]) -> None:
    keyring = keyring_of(connection.dialect)
    # The secret key first: its row has the same name for all instances, so that one waits for the other.
    wanted = {_SECRET: keyring.secret, _KEY + keyring.current: _KNOWN}
    for name in [name for name, value in wanted.items() if value and name not in found]:
        try:
            with savepoint(connection):
                connection.execute(insert(canaries), {"name": name, "value": wanted[name]})
        except AlreadyExists:  # another instance was faster
            check(connection)


def _check_rows(connection: Connection) -> None:
    """Decrypt the first and the last row of each table."""
    keyring = keyring_of(connection.dialect)
    for table in reencryption.tables():
        for place, stored in reencryption.sample(connection, table):
            with _explained(stored, key_id_of(stored), connection):
                keyring.decrypt(stored, place.encode())


def _check_hash_key(connection: Connection) -> None:
    if not address_hashes.key_fits(connection):
        raise SecretsWrong(NO_HASH_KEY)


@contextmanager
def _explained(stored: bytes, key_id: str, connection: Connection) -> Iterator[None]:
    """Raise SecretsWrong in place of Undecryptable."""
    keyring = keyring_of(connection.dialect)
    try:
        yield
    except Undecryptable as error:
        missing = not keyring.has(key_id_of(stored))
        raise SecretsWrong((MISSING if missing else OTHER).format(key=key_id)) from error
