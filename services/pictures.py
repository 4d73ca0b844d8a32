"""Pictures of records: stored before the record that names them, removed after the one that did."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from errors import ImageStoreUnavailable, NoSuchRecord
from services.image_store import ImageStore, StoredImage, new_image_id, open_store
from services.images import Picture, normalise

NONE = "default-avatar"
log = logging.getLogger(__name__)

_store: ImageStore


def configure(url: str) -> None:
    """Where pictures are kept (see `image_store.open_store`); raises ValueError."""
    global _store
    _store = open_store(url)


async def find(name: str) -> StoredImage:
    """The picture of this name; raises NoSuchRecord, ImageStoreUnavailable."""
    found = await _store.get(name)
    if found is None:
        raise NoSuchRecord("There is no such image.")
    return found


@asynccontextmanager
async def stored(img: str | None, kind: str) -> AsyncIterator[str | None]:
    """The name under which an uploaded picture is kept; None if none was sent.

    If what is done with the name fails, the picture goes again: nothing is half done. Raises ImageInvalid and
    ImageStoreUnavailable.
    """
    if img is None or img in ("", NONE):
        yield None if img is None else NONE
        return
    picture = await normalise(img)
    name = new_image_id(kind)
    await _store.put(name, picture)
    try:
        yield name
    except BaseException:
        await discard(name)
        raise


@asynccontextmanager
async def copied(name: str, kind: str) -> AsyncIterator[str]:
    """The name of a copy of a stored picture, with the same promise."""
    original = None if name == NONE else await _store.get(name)
    if original is None:
        yield NONE
        return
    copy = new_image_id(kind)
    await _store.put(copy, Picture(original.content, original.media_type))
    try:
        yield copy
    except BaseException:
        await discard(copy)
        raise


async def discard(*names: str) -> None:
    """Remove pictures that no record names any more; one that cannot be removed now is only logged."""
    for name in names:
        if name == NONE:
            continue
        try:
            await _store.remove(name)
        except ImageStoreUnavailable as error:
            log.warning("picture %s stays behind: %s", name, error.detail)
