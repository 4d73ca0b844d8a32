"""Notices by mail: each is sent once, in the language of the owner, unless the owner has disabled notices."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from storage import notices as stored
from storage.schema.fair_use import notices as given
from storage.schema.tables import apikeys, mails, totals
from tests.service_container import services_on
from tests.storage.conftest import postgresql_store, postgresql_url, sqlite_url, store
from tests.storage.store import Store

__all__ = ["postgresql_store", "postgresql_url", "sqlite_url", "store"]

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
YEAR = timedelta(days=365)
Mail = dict[str, Any]


def a_key(store: Store, user_id: int, **columns: Any) -> int:
    """A key made thirty days ago for a year, unless `columns` say otherwise; its number."""
    made = store.new_key(user_id, name=columns.pop("name", "my script"))["id"]
    change_key(store, made, **{"created_at": NOW - 30 * DAY, "expires_at": NOW - 30 * DAY + YEAR, **columns})
    return int(made)


def change_key(store: Store, key_id: int, **columns: Any) -> None:
    """Set columns of a key."""
    statement = update(apikeys).where(apikeys.c.id == key_id).values(**columns)
    store.write(lambda connection: connection.execute(statement))


def pass_at(store: Store, now: datetime = NOW) -> None:
    """A pass, as if the last one were long ago."""
    long_ago = update(totals).values(computed_at=now - YEAR)
    store.write(lambda connection: connection.execute(long_ago))
    store.run(services_on(store.storage).notices.make_pass(now))


def queued(store: Store) -> list[Mail]:
    """Return the queued mails, oldest first."""

    def read(connection: Connection) -> list[Mail]:
        return list(connection.execute(select(mails.c.letter).order_by(mails.c.id)).scalars())

    return store.read(read)


def kinds(store: Store) -> list[str]:
    """Return the kinds of the queued mails, oldest first."""
    return [mail["kind"] for mail in queued(store)]


@pytest.fixture
def owner(store: Store) -> int:
    """An account whose language is Ukrainian."""
    return int(store.new_account("olena@example.org", language="uk")["id"])


def test_a_key_that_expires_is_announced_seven_days_before_and_one_day_before(store: Store, owner: int) -> None:
    expires = NOW + 7 * DAY
    a_key(store, owner, expires_at=expires)
    for hours in range(-6, 7 * 24 + 12, 6):
        pass_at(store, NOW + timedelta(hours=hours))
    mails = queued(store)
    assert [mail["values"] for mail in mails] == [
        {"key": "my script", "date": "2026-11-30", "days": days} for days in ("7", "1")
    ]
    assert {(mail["kind"], mail["language"], mail["to"]) for mail in mails} == {
        ("keyexpires", "uk", "olena@example.org")
    }


@pytest.mark.parametrize(
    ("life", "left", "announced"),
    [
        (8 * DAY, 7 * DAY, ["7"]),
        (8 * DAY - timedelta(seconds=1), 7 * DAY, []),
        (2 * DAY, DAY, ["1"]),
        (2 * DAY - timedelta(seconds=1), DAY, []),
        (YEAR, 7 * DAY + timedelta(seconds=1), []),
        (YEAR, 3 * DAY, ["3"]),
        (YEAR, timedelta(minutes=1), ["1"]),
        (YEAR, timedelta(0), []),
    ],
    ids=str,
)
def test_a_key_is_announced_only_if_it_was_made_for_longer(
    store: Store, owner: int, life: timedelta, left: timedelta, announced: list[str]
) -> None:
    a_key(store, owner, created_at=NOW + left - life, expires_at=NOW + left, last_seen=NOW)
    pass_at(store)
    assert [mail["values"]["days"] for mail in queued(store)] == announced


def test_an_unused_key_is_announced_once_and_again_only_after_it_was_used(store: Store, owner: int) -> None:
    never = a_key(store, owner, created_at=NOW - 90 * DAY, name="never used")
    a_key(store, owner, created_at=NOW - 100 * DAY, last_seen=NOW - 90 * DAY + timedelta(seconds=1))
    pass_at(store)
    pass_at(store, NOW)
    assert [mail["values"] for mail in queued(store)] == [{"key": "never used", "date": "2026-08-25"}]
    change_key(store, never, last_seen=NOW, expires_at=NOW + YEAR)
    pass_at(store, NOW + 89 * DAY)
    assert "never used" not in [mail["values"]["key"] for mail in queued(store)[1:]]
    pass_at(store, NOW + 90 * DAY)
    pass_at(store, NOW + 91 * DAY)
    dates = [mail["values"]["date"] for mail in queued(store) if mail["values"]["key"] == "never used"]
    assert dates == ["2026-08-25", "2026-11-23"]


UNWELCOME: list[dict[str, Any]] = [
    {"notices": False},
    {"status": -1},
    {"status": -2},
    {"status": 0},
    {"role": "blocked"},
    {"consent": 0},
]


@pytest.mark.parametrize("fields", UNWELCOME, ids=str)
def test_accounts_with_disabled_notices_or_without_sign_in_get_none(store: Store, fields: dict[str, Any]) -> None:
    user_id = store.new_account(**fields)["id"]
    key_id = a_key(store, user_id, created_at=NOW - 99 * DAY, expires_at=NOW + DAY)
    pass_at(store)
    store.run(services_on(store.storage).notices.quota_reached(user_id, key_id, "day", 100, 10_000, NOW))
    store.run(services_on(store.storage).notices.quota_reached(user_id, 0, "day", 80, 10_000, NOW))
    assert kinds(store) == [] and store.count(given) == 0


@pytest.mark.parametrize("column", ["revoked_at", "removed_at"])
def test_a_key_that_is_gone_is_not_announced(store: Store, owner: int, column: str) -> None:
    key_id = a_key(store, owner, created_at=NOW - 99 * DAY, expires_at=NOW + DAY, **{column: NOW - DAY})
    pass_at(store)
    store.run(services_on(store.storage).notices.quota_reached(owner, key_id, "day", 100, 10_000, NOW))
    assert kinds(store) == []


def test_a_quota_is_announced_once_a_day_for_each_key_and_account_and_threshold(store: Store, owner: int) -> None:
    keys = [a_key(store, owner, name=name) for name in ("one", "two")]
    for now in (NOW, NOW + timedelta(hours=11), NOW + timedelta(hours=12)):
        for key_id in (*keys, 0):
            for percent in (80, 80, 100):
                store.run(
                    services_on(store.storage).notices.quota_reached(owner, key_id, "day", percent, 10_000, now)
                )
    mails = queued(store)
    assert len(mails) == 12
    assert [(mail["kind"], mail["values"]) for mail in mails[:6:2]] == [
        ("quotanear", {"key": name, "quota": "10000", "policy": "day"}) for name in ("one", "two")
    ] + [("quotanear", {"quota": "10000", "policy": "day"})]
    assert [mail["kind"] for mail in mails] == ["quotanear", "quotareached"] * 6


def test_a_quota_that_cannot_be_announced_does_not_stop_other_notices(store: Store, owner: int) -> None:
    store.run(services_on(store.storage).notices.quota_reached(owner, 999_999, "day", 80, 1, NOW))
    store.run(services_on(store.storage).notices.quota_reached(owner, 0, "day", 17, 1, NOW))
    store.disconnect()
    store.run(services_on(store.storage).notices.quota_reached(owner, 0, "day", 80, 1, NOW))
    store.connect()
    assert kinds(store) == []


def test_an_announcement_is_no_part_of_what_a_request_writes(store: Store, owner: int) -> None:
    carried_out: list[str] = []

    async def request() -> None:
        with store.storage.with_first_write(lambda connection: carried_out.append("done")):
            await services_on(store.storage).notices.quota_reached(owner, 0, "day", 80, 1, NOW)
            assert carried_out == []

    store.run(request())
    assert kinds(store) == ["quotanear"]


def test_concurrent_passes_send_each_notice_once(store: Store, owner: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        a_key(store, owner, expires_at=NOW + DAY)
    # All of them take it on, as if the lease had run out.
    monkeypatch.setattr(stored, "LEASE", timedelta(0))

    async def everyone() -> None:
        await asyncio.gather(*(services_on(store.storage).notices.make_pass(NOW) for _ in range(4)))
        await asyncio.gather(
            *(services_on(store.storage).notices.quota_reached(owner, 0, "day", 80, 1, NOW) for _ in range(8))
        )

    store.run(everyone())
    assert sorted(kinds(store)) == ["keyexpires"] * 5 + ["quotanear"]


def test_one_instance_passes_at_a_time_and_again_after_six_hours(store: Store) -> None:
    attempts = store.write_at_once(*[lambda connection: stored.claim(connection, now=NOW)] * 6)
    assert sorted(attempts, key=str) == [0] + [None] * 5
    store.write(stored.keep, None, now=NOW)
    assert store.write(stored.claim, now=NOW + timedelta(hours=6, seconds=-1)) is None
    assert store.write(stored.claim, now=NOW + timedelta(hours=6)) == 0


def test_another_instance_goes_on_where_one_ended(store: Store, owner: int) -> None:
    first, *_ = [a_key(store, owner, expires_at=NOW + DAY, name=name) for name in ("first", "second")]
    assert store.write(stored.claim, now=NOW) == 0
    store.write(stored.keep, first, now=NOW)
    store.run(services_on(store.storage).notices.make_pass(NOW + timedelta(minutes=4)))
    assert kinds(store) == []
    store.run(services_on(store.storage).notices.make_pass(NOW + timedelta(minutes=5)))
    assert [mail["values"]["key"] for mail in queued(store)] == ["second"]
    pass_at(store, NOW + timedelta(hours=7))
    assert [mail["values"]["key"] for mail in queued(store)] == ["second", "first"]


def test_slices_of_any_size_find_every_key(store: Store, owner: int) -> None:
    made = [a_key(store, owner, expires_at=NOW + number % 2 * YEAR + DAY) for number in range(7)]
    times = {"now": NOW, "soon": NOW + 7 * DAY, "long_ago": NOW - 90 * DAY}
    for rows in (1, 2, 3, 7, 8):
        found: list[int] = []
        after: int | None = 0
        while after is not None:
            causes, after = store.read(stored.causes, after, rows=rows, **times)
            found += [key["id"] for key in causes]
        assert found == made[::2]


def test_old_notices_are_forgotten_a_slice_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "SLICE", 2)
    for days in (399, 400, 401, 402, 403, 404):
        store.write(stored.give, f"quota:80:a1:{days}", now=NOW - days * DAY)
    assert store.write(stored.prune, now=NOW) == 2
    pass_at(store)
    assert store.sql("SELECT name FROM notices") == [("quota:80:a1:399",)]
