"""Sessions: which are valid, and what ends them."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, update

from core.errors import NoSuchRecord
from storage import accounts, sessions, usage
from storage.schema.access import sessions as table
from storage.schema.tables import Record
from tests.storage.store import NOW, ORIGIN, Store


def valid(store: Store, account: Record, session: UUID | None) -> bool:
    """Whether a token of this session would be accepted."""
    session_status = store.read(sessions.find_status, account["id"], session)
    return session_status is not None and session_status.session_epoch == session_status.epoch


def administrator_of(store: Store, session: UUID) -> int | None:
    """The number of the administrator who impersonates in the session, if their own session is valid."""
    found = store.read(sessions.find_administrator, session)
    return found[0] if found and found[1].session_epoch == found[1].epoch else None


def test_the_status_of_a_session_is_found_only_with_its_own_account(store: Store) -> None:
    made = store.new_account(role="curator", status=1, consent=2, epoch=3)
    own, others = store.new_session(made), store.new_session(store.new_account())
    known = (made["uuid"], "curator", 1, 2, 3, None)
    assert store.read(sessions.find_status, made["id"], own) == sessions.SessionStatus(*known, 3)
    for session in (others, uuid4(), None):
        assert store.read(sessions.find_status, made["id"], session) == sessions.SessionStatus(*known, None)
    assert store.read(sessions.find_status, 999_999, own) is None


def test_sessions_are_listed_newest_first_until_they_expire(store: Store) -> None:
    alice, bob = store.new_account(), store.new_account()
    later = NOW + timedelta(days=1)
    first, second = store.new_session(alice), store.new_session(alice, now=later)
    store.new_session(bob)
    listed = store.read(sessions.list_of, alice["id"], now=later)
    assert [row["id"] for row in listed] == [second, first]
    assert (listed[0]["network"], listed[0]["agent"]) == ("192.0.2.0/24", "Firefox 144, Linux")
    assert [row["id"] for row in store.read(sessions.list_of, alice["id"], now=NOW + timedelta(days=7))] == [second]
    assert store.write(sessions.prune, NOW + timedelta(days=7)) == 2
    assert store.count(table) == 1


def test_network_and_user_agent_are_stored_encrypted(store: Store) -> None:
    store.new_session(store.new_account())
    [row] = store.sql("SELECT network, agent FROM sessions")
    assert b"192.0.2" not in bytes(row[0]) and b"Firefox" not in bytes(row[1])


def test_one_session_is_ended_by_its_owner_alone_and_once(store: Store) -> None:
    alice, bob = store.new_account(), store.new_account()
    ended, kept = store.new_session(alice), store.new_session(alice)
    with pytest.raises(NoSuchRecord):
        store.write(sessions.end, bob["id"], ended)
    store.write(sessions.end, alice["id"], ended)
    with pytest.raises(NoSuchRecord):
        store.write(sessions.end, alice["id"], ended)
    assert [valid(store, alice, session) for session in (ended, kept)] == [False, True]


def test_all_but_one_session_end_and_the_epoch_rises(store: Store) -> None:
    alice, bob = store.new_account(epoch=4), store.new_account()
    others, kept, bobs = store.new_session(alice), store.new_session(alice), store.new_session(bob)
    store.write(sessions.end_all, alice["id"], keep=kept)
    assert [valid(store, alice, session) for session in (others, kept)] == [False, True]
    assert store.read(accounts.find, alice["id"])["epoch"] == 5
    store.write(sessions.end_all, alice["id"])
    assert not valid(store, alice, kept)
    assert valid(store, bob, bobs)


def test_a_session_is_not_valid_in_a_later_epoch(store: Store) -> None:
    # The code deployed before raises the epoch and leaves the rows.
    alice = store.new_account()
    session = store.new_session(alice)
    store.write(accounts.change, alice["id"], epoch=1)
    assert not valid(store, alice, session)


@pytest.mark.parametrize(
    ("there", "back"), [({"status": -2}, {"status": 1}), ({"role": "blocked"}, {"role": "user"})], ids=str
)
def test_no_session_is_valid_again_after_an_account_was_closed(
    store: Store, there: dict[str, Any], back: dict[str, Any]
) -> None:
    alice = store.new_account()
    before = store.new_session(alice)
    _set(store, alice, **there)
    while_closed = store.new_session(store.read(accounts.find, alice["id"]))
    _set(store, alice, **back)
    assert [valid(store, alice, session) for session in (before, while_closed)] == [False, False]
    assert valid(store, alice, store.new_session(store.read(accounts.find, alice["id"])))


def _set(store: Store, account: Record, *, role: str = "", status: int | None = None) -> None:
    if role:
        store.write(accounts.set_role, account["id"], role, 4, origin=ORIGIN, now=NOW)
    else:
        assert status is not None
        store.write(accounts.set_status, account["id"], status, origin=ORIGIN, now=NOW)


@pytest.mark.parametrize(
    "change",
    [
        lambda connection, admin: sessions.end_all(connection, admin),
        lambda connection, admin: accounts.set_status(connection, admin, -2, origin=ORIGIN, now=NOW),
        lambda connection, admin: accounts.set_role(connection, admin, "support", 8, origin=ORIGIN, now=NOW),
        lambda connection, admin: _withdraw_consent(connection, admin),
    ],
    ids=["sign-out", "disabled", "demoted", "consent withdrawn"],
)
def test_an_impersonation_ends_with_what_allows_it(store: Store, change: Any) -> None:
    admin, alice = store.new_account(role="admin"), store.new_account()
    parent = store.new_session(admin)
    acting, own = store.new_session(alice, parent=parent), store.new_session(alice)
    assert valid(store, alice, acting) and administrator_of(store, acting) == admin["id"]
    assert administrator_of(store, own) is None
    store.write(lambda connection: change(connection, admin["id"]))
    assert not valid(store, alice, acting)
    assert valid(store, alice, own)


def test_an_impersonation_ends_when_the_account_withdraws_consent(store: Store) -> None:
    admin, alice = store.new_account(role="admin"), store.new_account()
    acting, own = store.new_session(alice, parent=store.new_session(admin)), store.new_session(alice)
    store.write(_withdraw_consent, alice["id"])
    assert [valid(store, alice, session) for session in (acting, own)] == [False, True]


def test_an_impersonation_ends_in_a_later_epoch_of_the_administrator(store: Store) -> None:
    admin, alice = store.new_account(role="admin"), store.new_account()
    acting = store.new_session(alice, parent=store.new_session(admin))
    store.write(accounts.change, admin["id"], epoch=1)
    assert administrator_of(store, acting) is None


def _withdraw_consent(connection: Connection, user_id: int) -> None:
    accounts.edit(connection, user_id, fields={"consent": 0}, data={}, origin=ORIGIN, now=NOW)


def test_a_session_too_many_ends_the_one_that_was_not_used_for_longest(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MOST", 3)
    alice, bob = store.new_account(), store.new_account()
    bobs = store.new_session(bob)
    made = [store.new_session(alice, now=NOW + timedelta(minutes=number)) for number in range(3)]
    used = {made[0]: NOW + timedelta(hours=1)}
    store.write(usage.add, calls={}, seen={}, anonymous={}, sessions=used)
    made.append(store.new_session(alice, now=NOW + timedelta(hours=2)))
    assert [valid(store, alice, session) for session in made] == [True, False, True, True]
    assert valid(store, bob, bobs)


def test_a_session_that_goes_on_ends_later(store: Store) -> None:
    alice, bob = store.new_account(), store.new_account()
    session = store.new_session(alice)
    until = NOW + timedelta(days=30)
    assert store.write(sessions.extend, alice["id"], session, until=until)
    assert not store.write(sessions.extend, bob["id"], session, until=until)
    assert store.write(sessions.prune, NOW + timedelta(days=29)) == 0


def test_uses_of_an_ended_session_are_dropped(store: Store) -> None:
    store.write(usage.add, calls={}, seen={}, anonymous={}, sessions={uuid4(): NOW})
    assert store.count(table) == 0


def test_sessions_go_with_their_account(store: Store) -> None:
    admin, alice = store.new_account(role="admin"), store.new_account()
    store.new_session(alice, parent=store.new_session(admin))
    store.write(lambda connection: connection.execute(update(table).values(epoch=0)))
    store.write(accounts.remove, admin["id"])
    assert store.count(table) == 0
