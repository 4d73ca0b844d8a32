"""Images to remove from the image store, unless a record names them by then.

An image is stored before the record that names it, and removed after that record. If the commit in between is
ambiguous (the connection was lost, the request was cancelled), the image may be needed or not. So a removal is
scheduled before an image is stored, and cancelled in the transaction that writes the record (`claim`); and it is
scheduled in the transaction that takes the name out of the record. No record names an image that is due here.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    Connection,
    Row,
    bindparam,
    delete,
    false,
    insert,
    select,
    update,
)

from core import clock
from core.errors import ImageStoreUnavailable
from storage.schema.image_removals import image_removals

# What records without an image name.
NO_IMAGE = "default-avatar"
# Longer than any request takes.
GRACE = timedelta(days=1)
# Removed at a time.
SLICE = 100

_insert = insert(image_removals)
_claim = delete(image_removals).where(
    image_removals.c.name == bindparam("claimed"), image_removals.c.begun == false()
)
_due = (
    select(image_removals.c.id)
    .where(image_removals.c.due_at <= bindparam("now"))
    .order_by(image_removals.c.due_at)
    .limit(SLICE)
)
_begin = (
    update(image_removals)
    .where(image_removals.c.id.in_(_due.scalar_subquery()))
    .values(begun=True)
    .returning(image_removals.c.id, image_removals.c.name)
)


def schedule(connection: Connection, names: Iterable[str]) -> None:
    """Schedule the removal of these images, after GRACE. Part of a write."""
    due_at = clock.now() + GRACE
    rows = [{"name": name, "due_at": due_at, "begun": False} for name in names if name != NO_IMAGE]
    if rows:
        connection.execute(_insert, rows)


def claim(connection: Connection, name: str) -> None:
    """Cancel the removal of an image that a record names from now on. Part of the write of that record.

    Raises ImageStoreUnavailable if the removal has begun.
    """
    if connection.execute(_claim, {"claimed": name}).rowcount == 0:
        raise ImageStoreUnavailable("The image was deleted before its record was written.", cause="image_removed")


def begin(connection: Connection, now: datetime) -> Sequence[Row[tuple[int, str]]]:
    """Return id and name of up to SLICE images to remove; the same again until `finish` is called."""
    return connection.execute(_begin, {"now": now}).all()


def finish(connection: Connection, ids: Sequence[int]) -> None:
    """Delete the rows of images that were removed."""
    connection.execute(delete(image_removals).where(image_removals.c.id.in_(ids)))
