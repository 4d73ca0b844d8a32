"""All that an account owns, read together."""

from dataclasses import dataclass

from sqlalchemy import Connection

from storage import accounts, apikeys, sets, suggestions


@dataclass(frozen=True, slots=True)
class Holdings:
    """An account and what belongs to it."""

    account: accounts.Account
    apikeys: list[apikeys.ApiKey]
    sets: list[sets.MeasurementsSet]
    suggestions: list[suggestions.Suggestion]


def of(connection: Connection, user_id: int) -> Holdings:
    """What the account owns; raises NoSuchRecord."""
    return Holdings(
        account=accounts.find(connection, user_id),
        apikeys=apikeys.list_of(connection, user_id),
        sets=sets.list_of(connection, user_id),
        suggestions=suggestions.list_of(connection, user_id),
    )
