"""`read` and `write`, as both engines must provide them."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Connection, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.errors import AlreadyExists, ConcurrentDeletion, NoSuchRecord
from storage import accounts, sets
from storage.database import Storage
from storage.engines.driver_errors import savepoint
from storage.schema.encryption import Keyring
from storage.schema.tables import accounts as accounts_table
from storage.schema.tables import sets as sets_table
from tests.counting import count_accounts
from tests.storage.store import KEYS, NOW, Store, new_set


def test_a_write_is_visible_at_once(store: Store) -> None:
    user_id = store.new_account()["id"]
    for number in range(20):
        made = store.new_set(user_id)
        assert store.read(sets.find, made["id"]) == made
        assert store.count(sets_table) == number + 1


def test_a_unit_of_work_that_raises_leaves_nothing_behind(store: Store) -> None:
    user_id = store.new_account()["id"]

    def two_sets_and_an_end(connection: Connection) -> None:
        new_set(connection, user_id)
        new_set(connection, user_id)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        store.write(two_sets_and_an_end)
    assert store.count(sets_table) == 0
    store.new_set(user_id)
    assert store.count(sets_table) == 1


def test_our_own_facts_undo_the_unit_and_pass_as_they_are(store: Store) -> None:
    user_id = store.new_account()["id"]

    def a_set_and_an_error(connection: Connection) -> None:
        new_set(connection, user_id)
        sets.lock(connection, 999_999)

    with pytest.raises(NoSuchRecord):
        store.write(a_set_and_an_error)
    assert store.count(sets_table) == 0


def test_a_savepoint_undoes_only_its_own_statements(store: Store) -> None:
    taken = store.new_account("alice@example.org")["ehash"]
    user_id = store.new_account("bob@example.org")["id"]

    def undone(connection: Connection) -> None:
        with savepoint(connection):
            new_set(connection, user_id, name="inside")
            accounts.change(connection, user_id, ehash=taken)

    def around_a_failure(connection: Connection) -> None:
        new_set(connection, user_id, name="before")
        for _ in range(2):
            with pytest.raises(AlreadyExists):
                undone(connection)
        with savepoint(connection):
            new_set(connection, user_id, name="good")
        new_set(connection, user_id, name="after")

    store.write(around_a_failure)
    assert [made["name"] for made in store.read(sets.list_of, user_id)] == ["before", "good", "after"]


def test_a_row_for_a_concurrently_deleted_account_raises_and_rolls_back(store: Store) -> None:
    user_id = store.new_account()["id"]

    def of_two(connection: Connection) -> None:
        new_set(connection, user_id)
        new_set(connection, 999_999)

    with pytest.raises(ConcurrentDeletion):
        store.write(of_two)
    assert store.count(sets_table) == 0


def test_any_other_constraint_speaks_of_our_own_mistake(store: Store) -> None:
    store.new_account()
    with pytest.raises(IntegrityError):
        store.write(lambda connection: connection.execute(update(accounts_table).values(password=None)))


def test_a_wrong_statement_is_our_mistake_and_no_outage(store: Store) -> None:
    for unit in (store.read, store.write):
        with pytest.raises(DBAPIError):
            unit(lambda connection: connection.execute(text("SELECT nonsense FROM nowhere")))
    store.new_account()
    assert store.read(count_accounts) == 1


def test_no_error_quotes_the_values_of_its_statement(store: Store) -> None:
    for unit in (store.read, store.write):
        with pytest.raises(DBAPIError) as failure:
            unit(lambda connection: connection.execute(text("SELECT nonsense WHERE 1 = :v"), {"v": 424242}))
        assert "424242" not in str(failure.value)


def test_of_many_writes_at_once_only_the_failing_ones_fail(store: Store) -> None:
    user_id = store.new_account("alice@example.org")["id"]

    def again(connection: Connection) -> None:
        accounts.create(connection, email="alice@example.org", language="en", role="user", password="", now=NOW)

    def broken(connection: Connection) -> None:
        new_set(connection, user_id)
        raise KeyError

    def good(connection: Connection) -> str:
        return str(new_set(connection, user_id)["name"])

    outcomes = store.write_at_once(good, again, good, broken, good)
    assert [one if isinstance(one, str) else type(one) for one in outcomes] == [
        "a set",
        AlreadyExists,
        "a set",
        KeyError,
        "a set",
    ]
    assert (store.count(sets_table), store.read(count_accounts)) == (3, 1)


def test_a_cancelled_caller_does_not_disturb_others(store: Store) -> None:
    user_id = store.new_account()["id"]

    async def twenty_writes_of_which_half_are_given_up() -> list[Any]:
        tasks = [asyncio.create_task(store.storage.write(new_set, user_id, name=str(number))) for number in range(20)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        outcomes: list[Any] = await asyncio.gather(*tasks, return_exceptions=True)
        return outcomes

    outcomes = store.run(twenty_writes_of_which_half_are_given_up())
    assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes[::2])
    stored = {made["name"] for made in store.read(sets.list_of, user_id)}
    assert stored >= {str(number) for number in range(1, 20, 2)}
    assert store.new_set(user_id)["name"] == "a set"


def test_closing_finishes_the_writes_that_wait(store: Store) -> None:
    user_id = store.new_account()["id"]

    async def write_and_close() -> None:
        writes = [asyncio.create_task(store.storage.write(new_set, user_id)) for _ in range(30)]
        await asyncio.sleep(0)
        await store.storage.close()
        await asyncio.gather(*writes)

    store.run(write_and_close())
    store.connect()
    assert store.count(sets_table) == 30


def test_after_the_end_nothing_waits_for_ever(store: Store) -> None:
    store.disconnect()
    store.disconnect()
    for unit in (store.read, store.write):
        with pytest.raises(RuntimeError):
            unit(count_accounts)


def test_connecting_anew_serves_the_same_data(store: Store) -> None:
    made = store.new_account()
    store.connect()
    assert store.read(accounts.find, made["id"]) == made


@pytest.mark.parametrize("url", ["", "sqlite://", "mysql://h/d", "postgresql", "file.db", "Xpostgresql://h/d"])
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(ValueError):
        asyncio.run(Storage(url, Keyring(KEYS)).open())


class Companion:
    """A unit of work that adds a set, in the transaction of another."""

    def __init__(self, user_id: int, *, fails: bool = False) -> None:
        self.user_id = user_id
        self.fails = fails

    def __call__(self, connection: Connection) -> None:
        new_set(connection, self.user_id, name="along")
        if self.fails:
            raise KeyError("mine")


def test_what_goes_with_the_first_write_goes_with_no_other(store: Store) -> None:
    user_id = store.new_account()["id"]

    async def three_writes() -> None:
        with store.storage.with_first_write(Companion(user_id)):
            assert list(await store.storage.read(sets.list_of, user_id)) == []
            for name in ("first", "second"):
                await store.storage.write(new_set, user_id, name=name)
        await store.storage.write(new_set, user_id, name="after")

    store.run(three_writes())
    names = [made["name"] for made in store.read(sets.list_of, user_id)]
    assert names == ["first", "along", "second", "after"]


def test_a_write_that_fails_is_not_the_first(store: Store) -> None:
    user_id = store.new_account()["id"]

    def fail(connection: Connection) -> None:
        new_set(connection, user_id, name="failed")
        raise KeyError("mine")

    async def two_writes() -> None:
        with store.storage.with_first_write(Companion(user_id)):
            with pytest.raises(KeyError, match="mine"):
                await store.storage.write(fail)
            await store.storage.write(new_set, user_id, name="second")

    store.run(two_writes())
    assert [made["name"] for made in store.read(sets.list_of, user_id)] == ["second", "along"]


def test_if_what_goes_along_fails_all_is_undone(store: Store) -> None:
    user_id = store.new_account()["id"]

    async def write() -> None:
        with store.storage.with_first_write(Companion(user_id, fails=True)):
            await store.storage.write(new_set, user_id)

    with pytest.raises(KeyError, match="mine"):
        store.run(write())
    assert store.count(sets_table) == 0


def test_what_goes_along_goes_with_its_own_request_only(store: Store) -> None:
    user_id = store.new_account()["id"]

    async def left_behind() -> None:
        await asyncio.sleep(0.05)
        await store.storage.write(new_set, user_id, name="left behind")

    async def scene() -> None:
        with store.storage.with_first_write(Companion(user_id)):
            task = asyncio.create_task(left_behind())
        others = asyncio.create_task(store.storage.write(new_set, user_id, name="another's"))
        await asyncio.gather(task, others)

    store.run(scene())
    assert {made["name"] for made in store.read(sets.list_of, user_id)} == {"left behind", "another's"}


def test_a_unit_that_ends_an_iteration_fails_alone(store: Store) -> None:
    outcomes = store.write_at_once(lambda _: next(iter(())), lambda _: 1, lambda _: 2)
    assert isinstance(outcomes[0], RuntimeError)
    assert outcomes[1:] == [1, 2]


def test_a_query_whose_row_was_removed_before_it_referred_to_that_looks_again(store: Store) -> None:
    user_id = store.new_account()["id"]
    seen = iter([999_999, user_id])
    assert store.write(lambda connection: new_set(connection, next(seen)))["user_id"] == user_id
    assert store.count(sets_table) == 1
