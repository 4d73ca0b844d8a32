"""Which old kinds of hashes are stored: known from imports, and from a migration for earlier ones."""

import json

import pytest

from storage import hash_costs, migrate
from storage.hash_costs import Kinds
from tests.storage.store import NOW, Store
from tests.storage.test_migrations import on_database, step_back


def bcrypt(cost: int) -> str:
    """Return a hash as imports store it."""
    return json.dumps({"type": "v2", "data": f"$2a${cost:02}$" + "a" * 53})


def test_recorded_kinds_of_hashes_are_only_added_to(store: Store) -> None:
    assert store.read(hash_costs.find) == Kinds()
    for kinds, all_kinds in (
        (Kinds(10), Kinds(10)),
        (Kinds(0, True), Kinds(10, True)),
        (Kinds(12), Kinds(12, True)),
        (Kinds(), Kinds(12, True)),
        (Kinds(4), Kinds(12, True)),
    ):
        store.write(hash_costs.record, kinds, NOW)
        assert store.read(hash_costs.find) == all_kinds


SCRYPT, ARGON2 = '{"type": "v3", "hash": "$2", "salt": "00"}', "$argon2id$v=19$2"


@pytest.mark.parametrize(
    ("passwords", "kinds"),
    [
        ([ARGON2], Kinds()),
        ([bcrypt(9), ARGON2, bcrypt(12), bcrypt(10)], Kinds(12)),
        ([SCRYPT], Kinds(0, True)),
        ([SCRYPT, bcrypt(4)], Kinds(4, True)),
    ],
    ids=str,
)
def test_the_migration_finds_the_hashes_of_before(store: Store, passwords: list[str], kinds: Kinds) -> None:
    for password in passwords:
        store.new_account(password=password)
    store.disconnect()
    on_database(store.url, step_back("0010"))
    migrate.upgrade(store.url)
    store.connect()
    assert store.read(hash_costs.find) == kinds
