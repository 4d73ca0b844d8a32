"""Hashes of addresses: none that can be guessed is stored, and the rows of version 0.1 are found all the time."""

from collections.abc import Iterator
from functools import partial

import pytest
from sqlalchemy import Connection, delete, update

from core.clock import new_uuid
from core.errors import AlreadyExists
from storage import accounts, address_hashes, administration, subscribers
from storage.accounts import email_hash
from storage.address_hashes import COLUMNS
from storage.audit_log import Actor
from storage.schema.hash_keys import hash_keys
from storage.schema.tables import Record, metadata
from storage.schema.tables import accounts as accounts_table
from storage.schema.tables import subscribers as subscribers_table
from tests.storage.store import NOW, Store
from tests.unkeyed_hashes import with_unkeyed_hash

PEOPLE = [f"person{number}@example.org" for number in range(5)]
READERS = [f"reader{number}@example.org" for number in range(3)]


@pytest.fixture
def old(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A database of version 0.1: five accounts and three subscribers under unsalted hashes."""
    monkeypatch.setattr(address_hashes, "BATCH", 2)
    for email in PEOPLE:
        store.new_account(email)
    for email in READERS:
        store.write(subscribers.ask, email, language="en", now=NOW)
    store.write(_as_version_0_1)
    return store


def _as_version_0_1(connection: Connection) -> None:
    connection.execute(delete(hash_keys))
    for table, emails in ((accounts_table, PEOPLE), (subscribers_table, READERS)):
        numbers = connection.execute(table.select().order_by(table.c.id)).mappings()
        for row, email in zip(list(numbers), emails, strict=True):
            values = dict.fromkeys(COLUMNS[table], email_hash(email))
            connection.execute(update(table).where(table.c.id == row["id"]).values(**values))


def batches(store: Store) -> Iterator[address_hashes.Converted]:
    """Make the key and convert a batch at a time."""
    store.write(address_hashes.create_key)
    for table in COLUMNS:
        after: int | None = 0
        while after is not None:
            done = store.write(address_hashes.convert, table, after)
            yield done
            after = done.after


def unsalted(store: Store) -> list[str]:
    """The addresses of which a hash without a key is stored, in any form."""
    rows = str([store.sql(f"SELECT * FROM {table.name}") for table in metadata.sorted_tables])
    return with_unkeyed_hash(rows, (*PEOPLE, *READERS))


def missing(store: Store) -> list[str]:
    """The addresses that are not found by the hash that a client sends, and the first addresses likewise."""
    search = partial(administration.search, by=Actor(1, new_uuid()), now=NOW)
    return [
        *(email for email in PEOPLE if store.read(accounts.find_by_hash, email_hash(email)) is None),
        *(email for email in PEOPLE if not store.write(search, email_hash(email))["ihash"]),
        *(email for email in READERS if store.read(subscribers.find, email_hash(email)) is None),
    ]


sign_up_here = partial(accounts.find_or_create, language="en", role="user", password="x", now=NOW)


def sign_up(store: Store, email: str) -> Record:
    """What a request to sign up does."""
    return store.write(sign_up_here, email)


def test_no_stored_value_can_be_guessed_from_an_address(store: Store) -> None:
    user_id = store.new_account(PEOPLE[0])["id"]
    store.write(accounts.change, user_id, email=PEOPLE[1])
    store.write(subscribers.ask, READERS[0], language="en", now=NOW)
    assert unsalted(store) == []


def test_the_rows_of_version_0_1_are_found_at_every_moment_of_the_change(old: Store) -> None:
    assert unsalted(old) == PEOPLE + READERS
    assert old.read(address_hashes.are_unsalted)
    assert missing(old) == []
    for _ in batches(old):
        assert missing(old) == []
    assert unsalted(old) == []
    assert not old.read(address_hashes.are_unsalted)


def test_a_conversion_that_was_interrupted_is_continued_by_the_next(old: Store) -> None:
    next(batches(old))
    assert [done.changed for done in batches(old)] == [0, 2, 1, 2, 1]
    assert unsalted(old) == []


def test_until_the_key_is_made_version_0_1_finds_what_this_version_stores(old: Store) -> None:
    new = sign_up(old, "new@example.org")
    old.write(accounts.change, new["id"], email="newer@example.org")
    assert old.read(accounts.find, new["id"])["ehash"] == email_hash("newer@example.org")


def test_an_address_under_an_unsalted_hash_gets_no_second_account(old: Store) -> None:
    old.write(address_hashes.create_key)
    first = old.read(accounts.find_by_email, PEOPLE[0])
    assert first is not None and sign_up(old, PEOPLE[0])["id"] == first["id"]
    other = sign_up(old, "other@example.org")
    with pytest.raises(AlreadyExists):
        old.write(accounts.change, other["id"], email=PEOPLE[0])
    with pytest.raises(AlreadyExists):
        old.new_account(PEOPLE[0])


def test_an_address_that_version_0_1_stored_a_second_time_is_left_and_reported(old: Store) -> None:
    old.write(address_hashes.create_key)
    late = sign_up(old, "late@example.org")["id"]
    old.new_account("twin@example.org")
    twin = {"ehash": email_hash("twin@example.org")}
    old.write(lambda connection: connection.execute(update(accounts_table).where(accounts_table.c.id == late), twin))
    assert [row for done in batches(old) for row in done.taken] == [late]


def test_two_first_addresses_at_once_use_the_same_key(store: Store) -> None:
    made = store.write_at_once(*(partial(sign_up_here, email=email) for email in PEOPLE[:2]))
    assert [row["id"] for row in made] == [
        found["id"] for email in PEOPLE[:2] if (found := store.read(accounts.find_by_email, email))
    ]


def test_a_key_whose_transaction_fails_is_not_used(store: Store) -> None:
    def fails(connection: Connection) -> None:
        accounts.create(connection, email=PEOPLE[0], language="en", role="user", password="x", now=NOW)
        raise KeyError("after the key was made")

    with pytest.raises(KeyError):
        store.write(fails)
    store.new_account(PEOPLE[0])
    store.connect()
    assert store.read(accounts.find_by_email, PEOPLE[0]) is not None
