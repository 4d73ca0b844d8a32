"""All that an account owns, read together."""

from dataclasses import dataclass

from sqlalchemy import Connection

from storage import accounts, apikeys, bookmarks, events, patterns, quota_requests, sets, suggestions

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

    @property
    def pictures(self) -> list[str]:
        """The names of the pictures that go with the account."""
        return [str(row["img"]) for row in (self.account, *self.patterns, *self.sets)]


def of(connection: Connection, user_id: int) -> Holdings:
    """What the account owns; raises NoSuchRecord."""
    return Holdings(
        account=accounts.find(connection, user_id),
        apikeys=apikeys.list_of(connection, user_id),
        bookmarks=bookmarks.list_of(connection, user_id),
        patterns=patterns.list_of(connection, user_id),
        sets=sets.list_of(connection, user_id),
        suggestions=suggestions.list_of(connection, user_id),
        quota_requests=quota_requests.list_of(connection, user_id),
        events=events.page(connection, user_id, limit=MOST_EVENTS),
    )
