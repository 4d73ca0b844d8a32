"""Stored subscribers of the newsletter."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from core.errors import NoSuchRecord
from storage import accounts, subscribers
from storage.schema.tables import subscribers as table
from tests.storage.store import NOW, Store

LATER = NOW + timedelta(hours=1)
ANN = "ann@example.org"
ANNS = accounts.email_hash(ANN)


def asked(store: Store, email: str = ANN, language: str = "en", **given: Any) -> Any:
    """A subscription that waits to be confirmed."""
    return store.write(subscribers.ask, email, language=language, **{"now": NOW, **given})


def confirmed(store: Store, email: str, language: str = "en") -> Any:
    """A confirmed subscription."""
    made = asked(store, email, language)
    return store.write(subscribers.confirm, made["uuid"], accounts.email_hash(email), now=NOW)


def test_a_new_subscription_waits_to_be_confirmed(store: Store) -> None:
    made = asked(store, language="uk")
    assert (made["email"], made["language"], made["active"]) == (ANN, "uk", False)
    found = store.read(subscribers.find, ANNS)
    assert found == subscribers.Recipient(made["uuid"], ANN, "uk", None)
    assert store.read(subscribers.page, limit=10, after=0) == []


def test_the_address_is_stored_encrypted(store: Store) -> None:
    asked(store)
    assert ANN not in str(store.sql("SELECT * FROM subscribers"))


def test_confirming_needs_the_right_uuid_and_the_right_hash(store: Store) -> None:
    made, other = asked(store), asked(store, "bob@example.org")
    wrong: list[tuple[UUID, str]] = [(uuid4(), ANNS), (other["uuid"], ANNS), (made["uuid"], "0" * 64)]
    for uuid, ehash in wrong:
        with pytest.raises(NoSuchRecord):
            store.write(subscribers.confirm, uuid, ehash, now=NOW)
    assert store.read(subscribers.page, limit=10, after=0) == []
    first = store.write(subscribers.confirm, made["uuid"], ANNS, now=LATER)
    assert first == {**made, "active": True, "updated_at": LATER}
    assert store.write(subscribers.confirm, made["uuid"], ANNS, now=LATER + timedelta(days=30)) == first
    assert store.read(subscribers.page, limit=10, after=0) == [first]


def test_a_repeated_request_keeps_the_link_and_restarts_the_wait(store: Store) -> None:
    made = asked(store, language="de")
    again = asked(store, ANN.upper(), "nl", now=LATER)
    assert again == {**made, "language": "nl", "created_at": LATER, "updated_at": LATER}
    assert store.count(table) == 1


def test_a_repeated_request_does_not_change_a_confirmed_subscription(store: Store) -> None:
    made = confirmed(store, ANN, "de")
    assert asked(store, language="nl", now=LATER) == made
    assert store.read(subscribers.page, limit=10, after=0) == [made]


def test_pages_hold_the_confirmed_in_order_and_of_one_language_if_it_is_asked_for(store: Store) -> None:
    made = [confirmed(store, f"{number}@example.org", "de" if number % 2 else "en") for number in range(5)]
    asked(store)
    first = store.read(subscribers.page, limit=3, after=0)
    rest = store.read(subscribers.page, limit=3, after=first[-1]["id"])
    assert (first, rest) == (made[:3], made[3:])
    assert store.read(subscribers.page, limit=9, after=0, language="de") == made[1::2]
    assert store.read(subscribers.page, limit=1, after=made[1]["id"], language="de") == [made[3]]
    assert store.read(subscribers.page, limit=9, after=made[-1]["id"]) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"newsletter": False},
        {"status": accounts.INACTIVE},
        {"status": accounts.DISABLED},
        {"consent": 0},
        {"role": accounts.BLOCKED},
    ],
    ids=str,
)
def test_only_accounts_that_want_the_newsletter_and_may_get_it_are_listed(
    store: Store, fields: dict[str, Any]
) -> None:
    wanting = store.new_account("zoe@example.org", newsletter=True, language="fr")
    store.new_account(**{"newsletter": True, **fields})
    found = store.read(subscribers.accounts_page, limit=10, after=0)
    names = ("id", "uuid", "created_at", "email", "language")
    assert [dict(row) for row in found] == [{name: wanting[name] for name in names}]
    for other in ({"language": "en"}, {"after": wanting["id"]}):
        assert store.read(subscribers.accounts_page, **{"limit": 10, "after": 0, **other}) == []


def test_the_list_of_both_is_walked_in_pages_of_any_size(store: Store) -> None:
    made = [confirmed(store, f"{number}@example.org", "de") for number in range(3)]
    wanting = [store.new_account(f"{number}@example.com", newsletter=True, language="de") for number in range(3)]
    whole = [("subscriber", row["uuid"]) for row in made] + [("account", row["uuid"]) for row in wanting]
    for limit in range(1, 8):
        seen, after = [], 0
        while rows := store.read(subscribers.readers, limit=limit, after=after, language="de"):
            assert len(rows) <= limit
            seen += [(row["source"], row["uuid"]) for row in rows]
            after = rows[-1]["id"]
        assert seen == whole
    assert store.read(subscribers.readers, limit=9, after=0, language="en") == []


def test_an_account_that_also_subscribes_is_listed_once(store: Store) -> None:
    store.new_account(ANN, newsletter=True)
    asked(store)
    assert len(store.read(subscribers.accounts_page, limit=10, after=0)) == 1
    confirmed(store, ANN)
    assert store.read(subscribers.accounts_page, limit=10, after=0) == []


def test_an_unsubscription_ends_the_subscription_and_the_newsletter_of_the_account(store: Store) -> None:
    account = store.new_account(ANN, newsletter=True)
    kept = store.new_account("bob@example.org", newsletter=True)
    other = confirmed(store, "bob@example.org")
    asked(store)
    for _time in range(2):
        store.write(subscribers.leave, ANNS, now=LATER)
    assert store.read(subscribers.find, ANNS) is None
    changed = store.read(accounts.find, account["id"])
    assert (changed["newsletter"], changed["updated_at"]) == (False, LATER)
    assert store.read(accounts.find, kept["id"])["newsletter"]
    assert store.read(subscribers.page, limit=10, after=0) == [other]


def test_an_account_with_the_newsletter_is_found_by_its_address(store: Store) -> None:
    account = store.new_account(ANN, newsletter=True, language="es")
    store.new_account("bob@example.org")
    found = store.read(subscribers.find, ANNS)
    assert found == subscribers.Recipient(account["uuid"], ANN, "es", account["id"])
    assert store.read(subscribers.find, accounts.email_hash("bob@example.org")) is None


def test_a_link_from_before_the_removal_is_worth_nothing_afterwards(store: Store) -> None:
    old = asked(store)
    store.write(subscribers.leave, ANNS, now=NOW)
    assert asked(store)["uuid"] != old["uuid"]
    with pytest.raises(NoSuchRecord):
        store.write(subscribers.confirm, old["uuid"], ANNS, now=NOW)


def test_an_unconfirmed_subscription_expires_also_before_it_is_pruned(store: Store) -> None:
    waiting, kept = asked(store), confirmed(store, "bob@example.org")
    end = NOW + subscribers.UNCONFIRMED
    just_before = end - timedelta(milliseconds=1)
    assert store.write(subscribers.prune, just_before) == 0
    with pytest.raises(NoSuchRecord):
        store.write(subscribers.confirm, waiting["uuid"], ANNS, now=end)
    assert store.write(subscribers.prune, end) == 1
    assert store.read(subscribers.find, ANNS) is None
    assert store.read(subscribers.page, limit=10, after=0) == [kept]


def test_concurrent_requests_with_one_address_share_one_subscription(store: Store) -> None:
    made = store.write_at_once(*[partial(subscribers.ask, email=ANN, language="en", now=NOW)] * 4)
    assert len({row["uuid"] for row in made}) == 1
    assert store.count(table) == 1
