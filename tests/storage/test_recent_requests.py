"""Recent requests: the newest of each kind, of accounts that exist."""

from datetime import datetime, timedelta

from storage import accounts, recent_requests
from storage.recent_requests import MOST, REJECTED, SLOW, RecentRequest
from storage.schema.tables import ALL
from tests.storage.store import NOW, Store


def request(seconds: int = 0, *, kind: str = REJECTED, user_id: int | None = None, key_id: int = 0) -> RecentRequest:
    """A request that ended so many seconds after NOW."""
    at = NOW + timedelta(seconds=seconds)
    return RecentRequest(kind, at, "read_set", "GET", 404, "notFound", 3, user_id, key_id, None)


def moments(store: Store, kind: str) -> list[datetime]:
    """When the stored requests of a kind ended, newest first."""
    return [row["at"] for row in store.read(recent_requests.newest, kind, limit=ALL)]


def test_later_requests_displace_those_of_their_kind(store: Store) -> None:
    store.write(recent_requests.add, [request(kind=SLOW), *(request(seconds) for seconds in range(MOST))])
    store.write(recent_requests.add, [request(MOST), request(MOST + 1)])
    assert moments(store, REJECTED) == [NOW + timedelta(seconds=seconds) for seconds in range(MOST + 1, 1, -1)]
    assert moments(store, SLOW) == [NOW]


def test_requests_of_removed_accounts_are_removed_and_not_added(store: Store) -> None:
    stays, goes = store.new_account(), store.new_account()
    key = store.new_key(stays["id"], name="my script")
    store.write(
        recent_requests.add, [request(1, user_id=stays["id"], key_id=key["id"]), request(2, user_id=goes["id"])]
    )
    store.write(accounts.remove, goes["id"])
    store.write(recent_requests.add, [request(3, user_id=goes["id"]), request(4)])
    listed = store.read(recent_requests.newest, REJECTED, limit=ALL)
    assert [(row["user_id"], row["username"], row["key"], row["name"]) for row in listed] == [
        (None, None, None, None),
        (stays["id"], stays["username"], key["key"], "my script"),
    ]
