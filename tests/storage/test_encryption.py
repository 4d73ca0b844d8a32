"""Encryption at rest: personal data can be read only with the right key, and only in its own place."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Column, Connection, delete, select, text, update

from storage import accounts, apikeys, confirmations, mails, reencryption, sessions, sets
from storage.engines.statements import Statement
from storage.schema.encryption import Encrypted, EncryptedJson, Keyring, Undecryptable
from storage.schema.tables import Record, metadata
from tests.storage.store import NOW, Store

OLD, NEW = {"old": b"o" * 32}, {"new": b"n" * 32}
ENCRYPTED = {
    f"{table.name}.{column.name}"
    for table in metadata.sorted_tables
    for column in table.columns
    if isinstance(column.type, Encrypted)
}
# What the owner of this service decided must be unreadable at rest, in its tables.
PERSONAL = {
    *(f"accounts.{name}" for name in ("bio", "data", "email", "initial", "img", "mfa_secret")),
    "apikeys.name",
    *(f"sets.{name}" for name in ("name", "notes", "img", "measies")),
    *(f"patterns.{name}" for name in ("name", "notes", "img", "settings", "data")),
    "subscribers.email",
}
# Stands in every encrypted value that a test writes, and nowhere else.
SIGN = "s3cret"


def _write_everything(store: Store) -> int:
    """An account with all that it can own, each encrypted value with SIGN in it."""
    fields = {name: f"{SIGN} {name}" for name in ("bio", "img", "mfa_secret")}
    user_id = int(store.new_account(f"{SIGN}@example.org", data={SIGN: [1]}, mfa_scratch=[SIGN], **fields)["id"])
    store.new_row(metadata.tables["apikeys"], encrypted=SIGN, user_id=user_id, revoked_at=None, removed_at=None)
    store.new_set(user_id, name=SIGN, notes=SIGN, img=SIGN, measies={SIGN: 900})
    store.write(confirmations.issue, confirmations.SIGN_IN, user_id=user_id, now=NOW, data={"email": SIGN})
    store.new_mail(user_id, to=f"{SIGN}@example.org")
    owned = (
        "patterns",
        "bookmarks",
        "idempotency_keys",
        "quotas",
        "quota_requests",
        "sessions",
        "suggestions",
        "mails",
    )
    for name in owned:
        store.new_row(metadata.tables[name], encrypted=SIGN, user_id=user_id)
    for name in ("subscribers", "canaries"):
        store.new_row(metadata.tables[name], encrypted=SIGN)
    return user_id


def test_everything_personal_is_encrypted() -> None:
    assert PERSONAL <= ENCRYPTED


def test_each_encrypted_column_is_bound_to_its_own_place() -> None:
    places = {
        f"{table.name}.{column.name}": column.type.place
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Encrypted)
    }
    assert all(name == place for name, place in places.items())


def test_no_row_holds_a_plain_value(store: Store) -> None:
    _write_everything(store)
    seen = set()
    for table in metadata.sorted_tables:
        for row in store.sql(f"SELECT * FROM {table.name}"):
            for name, value in row._mapping.items():
                stored = value if isinstance(value, bytes) else str(value).encode()
                assert SIGN.encode() not in stored, f"{table.name}.{name}"
                seen |= {f"{table.name}.{name}"} if value is not None else set()
    assert not ENCRYPTED - seen, "write them in _write_everything"


def _decrypted(connection: Connection) -> dict[str, list[Any]]:
    """The values of each encrypted column, as SQLAlchemy decrypts them."""
    found: dict[str, list[Any]] = {}
    for table in metadata.sorted_tables:
        for row in connection.execute(select(table)).mappings():
            for place in ENCRYPTED & {f"{table.name}.{name}" for name in row}:
                found.setdefault(place, []).append(row[place.partition(".")[2]])
    return found


def _decrypted_directly(connection: Connection) -> dict[str, list[Any]]:
    """The same, as statements of the hot paths decrypt them: values, and JSON that is not parsed."""
    found: dict[str, list[Any]] = {}
    for place in ENCRYPTED:
        table, name = place.split(".")
        rows = Statement(select(metadata.tables[table].c[name])).fetch(connection, {})
        found[place] = [row[name] for row in rows.records()]
        encoded = [orjson.loads(orjson.dumps(row[name])) for row in rows.records(encoded=True)]
        assert encoded == found[place], place
    return found


def test_every_encrypted_column_returns_the_written_value(store: Store) -> None:
    _write_everything(store)
    values = store.read(_decrypted)
    assert not ENCRYPTED - values.keys(), "write them in _write_everything"
    # Random, and made when the first address is hashed.
    for place in ENCRYPTED - {"hash_keys.key"}:
        assert all(SIGN in str(value) for value in values[place] if value is not None), place
    assert store.read(_decrypted_directly) == values


def test_encryption_under_a_new_key_keeps_every_value(store: Store) -> None:
    store.connect(OLD)
    _write_everything(store)
    before = store.read(_decrypted)
    store.connect(NEW | OLD)
    for table in reencryption.tables():
        assert store.write(reencryption.rewrite, table, None).failed == []
    store.connect(NEW)
    # The canaries are written anew, not rewritten.
    store.write(lambda connection: connection.execute(delete(metadata.tables["canaries"])))
    assert store.read(_decrypted) == {place: column for place, column in before.items() if place != "canaries.value"}


def test_no_file_of_the_database_holds_a_plain_value(sqlite_store: Store) -> None:
    _write_everything(sqlite_store)
    file = Path(sqlite_store.url.removeprefix("sqlite:///"))
    files = list(file.parent.glob(f"{file.name}*"))
    content = b"".join(one.read_bytes() for one in files)
    assert len(files) == 3 and b"default-avatar" not in content  # with -wal and -shm
    assert SIGN.encode() not in content
    sqlite_store.disconnect()
    assert SIGN.encode() not in file.read_bytes()
    sqlite_store.connect()


def test_the_same_value_is_never_stored_the_same_twice(store: Store) -> None:
    user_id = store.new_account()["id"]
    for _ in range(20):
        store.new_set(user_id, name=SIGN)
    assert len({bytes(row[0]) for row in store.sql("SELECT name FROM sets")}) == 20


def test_every_kind_of_value_is_read_as_written(store: Store) -> None:
    user_id = store.new_account(bio="", data={"": [None, {"ü": 1.5}]}, img="🧵" * 5000)["id"]
    found = store.read(accounts.find, user_id)
    assert (found["bio"], found["data"], found["img"]) == ("", {"": [None, {"ü": 1.5}]}, "🧵" * 5000)
    assert found["mfa_secret"] is None


def _move(store: Store, source: Column[Any], target: Column[Any]) -> None:
    stored = store.sql(f"SELECT {source.name} FROM {source.table.name}")[0][0]
    change = text(f"UPDATE {target.table.name} SET {target.name} = :stored")
    store.write(lambda connection: connection.execute(change, {"stored": stored}))


def _everything(connection: Connection, user_id: int) -> list[Record]:
    return [accounts.find(connection, user_id), *sets.list_of(connection, user_id)]


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("accounts.bio", "accounts.email"),
        ("accounts.data", "accounts.mfa_scratch"),
        ("accounts.img", "sets.img"),
        ("sets.measies", "accounts.data"),
        ("apikeys.name", "sets.name"),
    ],
)
def test_a_value_moved_to_another_column_cannot_be_read(store: Store, source: str, target: str) -> None:
    user_id = _write_everything(store)
    columns = {f"{table.name}.{column.name}": column for table in metadata.sorted_tables for column in table.columns}
    _move(store, columns[source], columns[target])
    with pytest.raises(Undecryptable, match=target):
        store.read(_everything, user_id)


def test_after_a_rotation_old_values_can_be_read_and_new_ones_use_the_new_key(store: Store) -> None:
    store.connect(OLD)
    user_id = store.new_account(bio="from before")["id"]
    store.connect(NEW | OLD)
    assert store.read(accounts.find, user_id)["bio"] == "from before"
    store.write(accounts.change, user_id, img="from after")
    bio, img = store.sql("SELECT bio, img FROM accounts")[0]
    keyring = Keyring(NEW | OLD)
    assert (keyring.is_current(bio), keyring.is_current(img)) == (False, True)
    assert (bytes(bio)[1:4], bytes(img)[1:4]) == (b"old", b"new")


@pytest.mark.parametrize("keys", [NEW, {"old": b"x" * 32}, {"o": b"o" * 32}])
def test_without_its_key_a_value_cannot_be_read(store: Store, keys: dict[str, bytes]) -> None:
    store.connect(OLD)
    user_id = _write_everything(store)
    store.connect(keys)
    reads: list[Callable[..., Any]] = [accounts.find, apikeys.list_of, sets.list_of]
    for read in reads:
        with pytest.raises(Undecryptable) as failure:
            list(store.read(read, user_id))
        assert SIGN not in str(failure.value)
    mail_id = store.write(mails.claim, now=NOW)
    assert mail_id is not None
    with pytest.raises(Undecryptable):
        store.read(mails.find, mail_id)
    # Work without decryption continues: requests are authenticated, mails claimed, and new values written.
    assert store.read(sessions.find_status, user_id) is not None
    store.new_set(user_id)


@pytest.mark.parametrize(
    "stored", [b"", b"\0", b"\3", b"\3one", b"\3one" + bytes(12), b"\3one" + bytes(40), b"\xff" * 9]
)
def test_a_modified_ciphertext_cannot_be_read(store: Store, stored: bytes) -> None:
    user_id = store.new_account()["id"]
    change = text("UPDATE accounts SET bio = :stored")
    store.write(lambda connection: connection.execute(change, {"stored": stored}))
    with pytest.raises(Undecryptable, match=r"accounts\.bio"):
        store.read(accounts.find, user_id)
    store.write(accounts.change, user_id, bio="repaired")
    assert store.read(accounts.find, user_id)["bio"] == "repaired"


def test_a_changed_bit_anywhere_is_noticed() -> None:
    keyring = Keyring(OLD)
    stored = keyring.encrypt(b"plain", b"a.b")
    assert keyring.decrypt(stored, b"a.b") == b"plain"
    for index in range(len(stored)):
        changed = bytearray(stored)
        changed[index] ^= 1
        with pytest.raises(Undecryptable):
            keyring.decrypt(bytes(changed), b"a.b")


def test_a_null_is_stored_as_null(store: Store) -> None:
    user_id = store.new_account(mfa_secret=SIGN)["id"]
    store.write(lambda connection: connection.execute(update(metadata.tables["accounts"]).values(mfa_secret=None)))
    assert store.sql("SELECT mfa_secret FROM accounts")[0][0] is None
    assert store.read(accounts.find, user_id)["mfa_secret"] is None


def test_json_columns_say_so() -> None:
    json = {
        name
        for name in ENCRYPTED
        if isinstance(metadata.tables[name.split(".")[0]].c[name.split(".")[1]].type, EncryptedJson)
    }
    assert json == {
        *("accounts.data", "accounts.mfa_scratch", "confirmations.data", "mails.letter"),
        *("sets.measies", "patterns.data", "patterns.settings", "suggestions.data"),
        "idempotency_keys.answer",
    }
