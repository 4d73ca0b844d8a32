"""The mail queue: taken by one sender at a time, kept until sent."""

import asyncio
from datetime import timedelta

import storage
from storage import accounts, mails
from tests.storage.store import NOW, Store


def test_a_letter_is_taken_whole_and_by_nobody_else(store: Store) -> None:
    user_id = store.new_account()["id"]
    store.new_mail(user_id, to="zoë@example.org")
    [taken] = store.write(mails.claim, now=NOW)
    assert taken["letter"] == {"kind": "signup", "language": "en", "to": "zoë@example.org", "link": "/confirm"}
    assert (taken["user_id"], taken["attempts"], taken["created_at"]) == (user_id, 0, NOW)
    assert store.write(mails.claim, now=NOW) == []
    assert store.read(mails.waiting) == 1


def test_a_letter_whose_sender_crashed_is_taken_again(store: Store) -> None:
    store.new_mail()
    [first] = store.write(mails.claim, now=NOW)
    assert store.write(mails.claim, now=NOW + mails.CLAIM - timedelta(seconds=1)) == []
    [again] = store.write(mails.claim, now=NOW + mails.CLAIM)
    assert again["id"] == first["id"]


def test_the_letters_longest_due_come_first_and_a_few_at_a_time(store: Store) -> None:
    for seconds in (3, 1, 2):
        store.new_mail(now=NOW + timedelta(seconds=seconds), to=f"{seconds}@example.org")
    later = NOW + timedelta(minutes=1)
    first, second = store.write(mails.claim, now=later, most=2), store.write(mails.claim, now=later, most=2)
    assert sorted(mail["letter"]["to"] for mail in first) == ["1@example.org", "2@example.org"]
    assert [mail["letter"]["to"] for mail in second] == ["3@example.org"]


def test_a_letter_that_is_not_due_is_left(store: Store) -> None:
    store.new_mail(now=NOW + timedelta(seconds=1))
    assert store.write(mails.claim, now=NOW) == []


def test_a_letter_that_could_not_go_counts_its_attempts_and_waits(store: Store) -> None:
    store.new_mail()
    [mail] = store.write(mails.claim, now=NOW)
    store.write(mails.postpone, mail["id"], until=NOW + timedelta(hours=1))
    assert store.write(mails.claim, now=NOW + timedelta(minutes=59)) == []
    [again] = store.write(mails.claim, now=NOW + timedelta(hours=1))
    assert (again["id"], again["attempts"]) == (mail["id"], 1)


def test_a_letter_that_is_out_is_forgotten(store: Store) -> None:
    store.new_mail()
    store.new_mail()
    [first, _] = store.write(mails.claim, now=NOW)
    store.write(mails.sent, first["id"])
    store.write(mails.sent, first["id"])
    assert store.read(mails.waiting) == 1


def test_letters_go_with_their_account_and_those_of_nobody_stay(store: Store) -> None:
    user_id = store.new_account()["id"]
    store.new_mail(user_id)
    store.new_mail(None)
    store.write(accounts.remove, user_id)
    assert store.read(mails.waiting) == 1


def test_two_senders_at_once_never_take_the_same_letter(store: Store) -> None:
    for _ in range(12):
        store.new_mail()

    async def two_senders() -> list[int]:
        claims = [storage.write(mails.claim, now=NOW, most=4) for _ in range(4)]
        return [mail["id"] for claim in await asyncio.gather(*claims) for mail in claim]

    taken = store.run(two_senders())
    assert len(taken) == len(set(taken)) >= 8
