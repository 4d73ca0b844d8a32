"""All that an account owns, read together."""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from storage import accounts, apikeys, bookmarks, events, patterns, quota_requests, sets, suggestions, tables

# The newest of them; what has been in an account for long has more.
MOST_EVENTS = 10_000


@dataclass(frozen=True, slots=True)
class Holdings:
    """An account and what belongs to it."""

    account: accounts.Account
    apikeys: list[apikeys.ApiKey]
    bookmarks: list[bookmarks.Bookmark]
    patterns: list[patterns.Pattern]
    sets: list[sets.MeasurementsSet]
    suggestions: list[suggestions.Suggestion]
    quota_requests: list[quota_requests.QuotaRequest]
    events: list[events.Event]


_images = [
    select(table.c.img).where(owner == bindparam("user_id"))
    for table, owner in (
        (tables.accounts, tables.accounts.c.id),
        (tables.sets, tables.sets.c.user_id),
        (tables.patterns, tables.patterns.c.user_id),
    )
]


def images(connection: Connection, user_id: int) -> list[str]:
    """Return the names of the images of the account, its sets and its patterns. Nothing else of them is read."""
    return [row.img for query in _images for row in connection.execute(query, {"user_id": user_id})]


def of(connection: Connection, user_id: int) -> Holdings:
    """What the account owns; raises NoSuchRecord."""
    return Holdings(
        account=accounts.find(connection, user_id),
        apikeys=list(apikeys.list_of(connection, user_id)),
        bookmarks=list(bookmarks.list_of(connection, user_id)),
        patterns=list(patterns.list_of(connection, user_id)),
        sets=list(sets.list_of(connection, user_id)),
        suggestions=[
            row
            for kind in (suggestions.SET, suggestions.PACK)
            for row in suggestions.list_of(connection, user_id, kind)
        ],
        quota_requests=list(quota_requests.list_of(connection, user_id)),
        events=events.page(connection, user_id, limit=MOST_EVENTS),
    )
