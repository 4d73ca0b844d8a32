"""Everything that an account owns, and its removal together with the account."""

from sqlalchemy import Connection, bindparam, select

from storage import accounts, image_removals, suggestions
from storage.schema import tables

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


def remove(connection: Connection, user_id: int) -> list[str]:
    """Remove the account, which is locked, with all that it owns; return the names of the images to discard.

    The removal of the images is scheduled, for the case that the caller does not come to discard them.
    """
    names = [*images(connection, user_id), *suggestions.withdraw(connection, user_id)]
    image_removals.schedule(connection, names)
    accounts.remove(connection, user_id)
    return names
