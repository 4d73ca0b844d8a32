"""Canaries: the database knows under which secrets its rows were written, and the server compares."""

import subprocess
import sys
from uuid import uuid4

import pytest
from sqlalchemy import text, update

from core.errors import StorageUnavailable
from storage import canaries, health, reencryption
from storage.address_hashes import email_hash
from storage.canaries import SecretsWrong
from storage.database import Storage
from storage.schema.encryption import Keyring
from storage.schema.hash_keys import hash_keys
from storage.schema.tables import accounts
from tests.service import ROOT
from tests.storage.store import Store

OLD, NEW = {"old": b"o" * 32}, {"new": b"n" * 32}
FALSE = {"old": b"x" * 32}
# Between its look at the canaries and its writing of new ones an instance lets the other one do the same.
AT_ONCE = """
import asyncio, pathlib, sys, time
from storage import canaries
from storage.database import Storage
from storage.schema.encryption import Keyring

add = canaries._add_missing
def slowly(*arguments):
    time.sleep(0.5)
    add(*arguments)
canaries._add_missing = slowly

async def main(url, name):
    async with Storage(url, Keyring({name: name.encode() * 32}, "the same secret")) as storage:
        await storage.write(canaries.establish)

try:
    asyncio.run(main(*sys.argv[1:]))
except canaries.SecretsWrong as error:
    sys.exit(3)
"""


def connect(store: Store, keys: dict[str, bytes], secret: str = "s") -> None:
    """Connect anew with these secrets."""
    store.disconnect()
    store.storage = Storage(store.url, Keyring(keys, secret), pool=2)
    store.run(store.storage.open())


def start(store: Store, keys: dict[str, bytes], secret: str = "s") -> None:
    """What a server does at its start."""
    connect(store, keys, secret)
    store.write(canaries.establish)


def names(store: Store) -> set[str]:
    """Of the canaries that are stored."""
    return {row[0] for row in store.sql("SELECT name FROM canaries")}


def test_the_first_start_writes_canaries_and_later_ones_compare_them(store: Store) -> None:
    for _ in range(2):
        start(store, OLD)
        assert names(store) == {"secret key", "key old"}
    store.read(health.require_ready)


@pytest.mark.parametrize(
    ("keys", "secret", "message"),
    [
        (FALSE, "s", "the key `old` is not the one"),
        (NEW, "s", "values under the key `old`, which is not among the keys"),
        (OLD, "other", "FREESEWING_SECRET_KEY"),
    ],
)
def test_the_error_names_the_lost_or_wrong_secret(
    store: Store, keys: dict[str, bytes], secret: str, message: str
) -> None:
    start(store, OLD)
    before = store.sql("SELECT name, value FROM canaries ORDER BY name")
    with pytest.raises(SecretsWrong, match=message) as failure:
        start(store, keys, secret)
    assert "docs/encryption.md" in str(failure.value)
    assert store.sql("SELECT name, value FROM canaries ORDER BY name") == before
    with pytest.raises(StorageUnavailable) as unavailable:
        store.read(health.require_ready)
    assert "FREESEWING" not in str(unavailable.value) and "old" not in str(unavailable.value)


def test_a_key_is_needed_from_its_first_start_until_everything_is_rewritten(store: Store) -> None:
    start(store, OLD)
    store.new_account()
    start(store, NEW | OLD)
    assert names(store) == {"secret key", "key old", "key new"}
    # An instance that does not have the new key cannot read what the others write.
    for keys in (OLD, NEW):
        with pytest.raises(SecretsWrong):
            start(store, keys)
    connect(store, NEW | OLD)
    for table in reencryption.tables():
        store.write(reencryption.rewrite, table, None)
    store.write(canaries.retire)
    start(store, NEW)
    assert names(store) == {"secret key", "key new"}


def test_the_rows_of_a_database_without_canaries_are_decrypted_first(store: Store) -> None:
    connect(store, OLD)
    store.new_account()
    for keys in (FALSE, NEW):
        with pytest.raises(SecretsWrong, match="`old`"):
            start(store, keys)
        assert names(store) == set()
    start(store, OLD)
    assert names(store) == {"secret key", "key old"}


def test_a_changed_secret_key_can_be_accepted_with_the_right_encryption_keys_only(store: Store) -> None:
    start(store, OLD)
    connect(store, FALSE, "changed")
    with pytest.raises(SecretsWrong, match="ENCRYPTION_KEYS"):
        store.write(canaries.accept_secret)
    connect(store, OLD, "changed")
    store.write(canaries.accept_secret)
    start(store, OLD, "changed")


@pytest.mark.parametrize("statement", ["DELETE FROM hash_keys", "another key"])
def test_without_the_key_of_the_hashes_of_addresses_the_server_does_not_start(store: Store, statement: str) -> None:
    connect(store, OLD)
    account = store.new_account("alice@example.org")
    start(store, OLD)
    if statement == "another key":
        store.write(lambda connection: connection.execute(update(hash_keys).values(key="00" * 32)))
    else:
        store.write(lambda connection: connection.execute(text(statement)))
    with pytest.raises(SecretsWrong, match="hash_keys"):
        start(store, OLD)
    # Hashes of version 0.1 need no key.
    digest = email_hash("alice@example.org")
    change = update(accounts).where(accounts.c.id == account["id"]).values(ehash=digest)
    store.write(lambda connection: connection.execute(change))
    start(store, OLD)


def test_of_two_first_starts_at_once_with_different_keys_one_stops(store: Store) -> None:
    commands = [[sys.executable, "-c", AT_ONCE, store.url, name] for name in "ab"]
    instances = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) for command in commands]
    errors = [instance.communicate(timeout=60)[1] for instance in instances]
    assert sorted(instance.returncode for instance in instances) == [0, 3], errors
    assert len(names(store)) == 2


def test_of_two_starts_at_once_with_the_same_keys_both_go_on(store: Store) -> None:
    commands = [[sys.executable, "-c", AT_ONCE, store.url, "a"] for _ in range(2)]
    instances = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) for command in commands]
    errors = [instance.communicate(timeout=60)[1] for instance in instances]
    assert [instance.returncode for instance in instances] == [0, 0], errors
    assert names(store) == {"secret key", "key a"}


def test_the_error_names_the_missing_privileges_of_the_database_role(postgresql_store: Store) -> None:
    owner = postgresql_store
    role = f"freesewing_test_{uuid4().hex[:12]}"
    url = owner.url.replace("://postgres@", f"://{role}@")

    def sql(statement: str) -> None:
        owner.write(lambda connection: connection.execute(text(statement)))

    sql(f"CREATE ROLE {role} LOGIN")
    try:
        sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
        sql(f"REVOKE ALL ON canaries FROM {role}")
        theirs = Store(url, owner.runner)
        with pytest.raises(SecretsWrong, match="Grant it SELECT, INSERT, UPDATE and DELETE"):
            start(theirs, OLD)
        owner.connect()
        sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON canaries TO {role}")
        start(theirs, OLD)
        theirs.disconnect()
    finally:
        owner.connect()
        sql(f"DROP OWNED BY {role}")
        sql(f"DROP ROLE {role}")
