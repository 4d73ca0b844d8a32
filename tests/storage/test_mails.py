"""The mail queue: each mail is claimed by one sender at a time, and stored until it is sent."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete

from core.errors import NoSuchRecord
from storage import accounts, mails
from storage.schema.tables import Record
from storage.schema.tables import mails as table
from tests.counting import count_mails
from tests.storage.store import NOW, Store


def _claim(store: Store, now: datetime = NOW) -> Record:
    mail_id = store.write(mails.claim, now=now)
    assert mail_id is not None
    return store.read(mails.find, mail_id)


def test_a_claimed_mail_is_complete_and_cannot_be_claimed_again(store: Store) -> None:
    user_id = store.new_account()["id"]
    store.new_mail(user_id, to="zoë@example.org")
    taken = _claim(store)
    assert taken["letter"] == {"kind": "signup", "language": "en", "to": "zoë@example.org", "link": "/confirm"}
    assert (taken["user_id"], taken["attempts"], taken["created_at"]) == (user_id, 0, NOW)
    assert store.write(mails.claim, now=NOW) is None
    assert store.read(count_mails) == 1


def test_a_mail_whose_sender_crashed_can_be_claimed_again(store: Store) -> None:
    store.new_mail()
    first = _claim(store)
    assert store.write(mails.claim, now=NOW + mails.CLAIM - timedelta(seconds=1)) is None
    assert store.write(mails.claim, now=NOW + mails.CLAIM) == first["id"]


def test_mails_are_claimed_in_the_order_in_which_they_are_due(store: Store) -> None:
    for seconds in (3, 1, 2, 2):
        store.new_mail(now=NOW + timedelta(seconds=seconds), to=f"{seconds}@example.org")
    taken = [_claim(store, NOW + timedelta(minutes=1)) for _ in range(4)]
    assert [mail["letter"]["to"][0] for mail in taken] == ["1", "2", "2", "3"]
    assert taken[1]["id"] < taken[2]["id"]


def test_a_mail_that_is_not_due_is_not_claimed(store: Store) -> None:
    store.new_mail(now=NOW + timedelta(seconds=1))
    assert store.write(mails.claim, now=NOW) is None


def test_a_postponed_mail_counts_its_attempts_and_waits(store: Store) -> None:
    store.new_mail()
    mail = _claim(store)
    store.write(mails.postpone, mail["id"], until=NOW + timedelta(hours=1))
    assert store.write(mails.claim, now=NOW + timedelta(minutes=59)) is None
    again = _claim(store, NOW + timedelta(hours=1))
    assert (again["id"], again["attempts"]) == (mail["id"], 1)


def test_a_sent_mail_is_removed(store: Store) -> None:
    store.new_mail()
    store.new_mail()
    first = _claim(store)
    store.write(mails.sent, first["id"])
    store.write(mails.sent, first["id"])
    assert store.read(count_mails) == 1
    with pytest.raises(NoSuchRecord):
        store.read(mails.find, first["id"])


def test_mails_of_an_account_are_removed_with_it_and_mails_without_an_account_stay(store: Store) -> None:
    user_id = store.new_account()["id"]
    store.new_mail(user_id)
    store.new_mail(None)
    store.write(accounts.remove, user_id)
    assert store.read(count_mails) == 1


def test_concurrent_senders_never_claim_the_same_mail(store: Store) -> None:
    for _ in range(6):
        store.new_mail()

    async def ten_senders() -> list[int | None]:
        return list(await asyncio.gather(*(store.storage.write(mails.claim, now=NOW) for _ in range(10))))

    taken = [mail_id for mail_id in store.run(ten_senders()) if mail_id is not None]
    assert len(taken) == len(set(taken))
    while (mail_id := store.write(mails.claim, now=NOW)) is not None:
        taken.append(mail_id)
    assert len(taken) == len(set(taken)) == 6


def test_a_mail_that_was_given_up_is_kept_with_its_reason_and_not_sent(store: Store) -> None:
    store.new_mail(to="gone@example.org")
    mail = _claim(store)
    store.write(mails.give_up, mail["id"], "refused", now=NOW)
    assert store.write(mails.claim, now=NOW + 10_000 * timedelta(days=1)) is None
    assert store.read(mails.waiting) == (0, None)
    (kept,) = store.read(mails.given_up)
    assert (kept["id"], kept["reason"], kept["attempts"], kept["given_up_at"]) == (mail["id"], "refused", 1, NOW)
    assert kept["letter"]["to"] == "gone@example.org"


def test_mails_that_were_given_up_can_be_queued_again(store: Store) -> None:
    ids = _given_up(store, 3)
    assert store.write(mails.retry, [ids[0]], now=NOW) == 1
    again = _claim(store)
    assert (again["id"], again["attempts"], again["reason"]) == (ids[0], 0, None)
    assert store.write(mails.retry, [ids[0], 999], now=NOW) == 0
    assert store.write(mails.retry, None, now=NOW) == 2
    assert store.read(mails.given_up) == []
    assert store.read(mails.waiting)[0] == 3


def test_mails_given_up_are_limited_in_number_and_age(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mails, "_remove_surplus", delete(table).where(table.c.id.in_(mails._surplus.offset(2))))
    store.new_mail(to="waits@example.org")
    ids = _given_up(store, 4)
    assert [mail["id"] for mail in store.read(mails.given_up)] == [ids[3], ids[2]]
    assert [mail["id"] for mail in store.read(mails.given_up, limit=1)] == [ids[3]]
    assert store.write(mails.prune, NOW + timedelta(days=30)) == 0
    assert store.write(mails.prune, NOW + timedelta(days=30, seconds=3)) == 1
    assert store.write(mails.prune, NOW + timedelta(days=31)) == 1
    assert store.read(mails.waiting)[0] == 1


def _given_up(store: Store, count: int) -> list[int]:
    """Give up so many mails, a second apart, and return their numbers."""
    ids = []
    for second in range(count):
        store.new_mail(now=NOW - timedelta(seconds=1))
        ids.append(_claim(store)["id"])
        store.write(mails.give_up, ids[-1], "refused", now=NOW + timedelta(seconds=second))
    return ids


def test_how_many_wait_and_since_when_is_known(store: Store) -> None:
    assert store.read(mails.waiting) == (0, None)
    store.new_mail(now=NOW + timedelta(hours=1))
    store.new_mail(now=NOW)
    assert store.read(mails.waiting) == (2, NOW)
