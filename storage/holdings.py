"""What goes with an account when it is removed."""

from sqlalchemy import Connection, bindparam, select

from storage import tables

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
