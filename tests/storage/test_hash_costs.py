"""The highest cost of imported bcrypt hashes: stored at imports, and found by a migration for earlier ones."""

import json

from storage import hash_costs, migrate
from tests.storage.store import NOW, Store
from tests.storage.test_migrations import on_database, step_back


def bcrypt(cost: int) -> str:
    """Return a hash as imports store it."""
    return json.dumps({"type": "v2", "data": f"$2a${cost:02}$" + "a" * 53})


def test_the_highest_cost_stays(store: Store) -> None:
    assert store.read(hash_costs.highest) == 0
    for cost, highest in ((10, 10), (12, 12), (4, 12)):
        store.write(hash_costs.record, cost, NOW)
        assert store.read(hash_costs.highest) == highest


def test_the_migration_finds_the_hashes_that_were_imported_before(store: Store) -> None:
    for password in (
        bcrypt(9),
        bcrypt(12),
        bcrypt(10),
        '{"type": "v3", "hash": "$2", "salt": "00"}',
        "$argon2id$v=19$2",
    ):
        store.new_account(password=password)
    store.disconnect()
    on_database(store.url, step_back("0010"))
    migrate.upgrade(store.url)
    store.connect()
    assert store.read(hash_costs.highest) == 12
