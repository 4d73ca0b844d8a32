"""Images of records: stored before the record that names them, removed after it; and named images of posts."""

import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import storage
from core.errors import Fact, ImageExists, ImageStoreUnavailable, NoSuchRecord, StorageUnavailable
from services.file_urls import folder_of
from services.images.decoding import normalise
from services.images.fetch import ANONYMOUS_LOOKUPS, LOOKUPS, fetch
from services.images.store import ImageStore, Picture, StoredImage, new_image_id, open_store
from services.response_cache import Shelf
from storage import image_removals

NONE = image_removals.NO_IMAGE
# Images uploaded without credentials, which expire, are kept in a folder of their own. They are all of one kind.
_ANONYMOUS_FOLDER, _ANONYMOUS_KIND = "anonymous", "support-"
ANONYMOUS_LIFETIME = timedelta(days=30)
# Of what nobody's record names: the kind, and what the picture is of.
_OF_ITS_OWN = re.compile("(blog|showcase|support)-[a-z0-9-]+")
log = logging.getLogger(__name__)

_url = ""
_opened: ImageStore | None = None
_shelf = Shelf[StoredImage]()


def configure(url: str) -> None:
    """Where pictures are kept (see `image_store.open_store`); raises ValueError."""
    global _url, _opened
    folder = folder_of(url)
    if folder is None:
        _url, _opened = url, open_store(url)
    else:
        _make(folder)
        _url, _opened = url, None
    _shelf.forget()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as unusable:
        raise ValueError(f"images cannot be kept there (file: {type(unusable).__name__})") from None


def _store() -> ImageStore:
    """Where pictures are kept; a folder is opened when the first one is asked for."""
    global _opened
    if _opened is None:
        try:
            _opened = open_store(_url)
        except ValueError as unusable:
            raise ImageStoreUnavailable("Images cannot be stored or read right now.") from unusable
    return _opened


def _anonymous() -> ImageStore:
    return _store().part(_ANONYMOUS_FOLDER)


def _may_be_anonymous(name: str) -> bool:
    return name.startswith(_ANONYMOUS_KIND)


async def find(name: str) -> StoredImage:
    """The picture of this name, as it was less than a second ago; raises NoSuchRecord, ImageStoreUnavailable."""
    return await _shelf.get(name, partial(_read, name))


async def _read(name: str) -> StoredImage:
    found = await _store().get(name)
    if found is None and _may_be_anonymous(name):
        found = await _anonymous().get(name)
    if found is None:
        raise NoSuchRecord("There is no such image.")
    return found


@asynccontextmanager
async def stored(img: str | None, kind: str) -> AsyncIterator[str | None]:
    """Store an uploaded image, and return the name under which a record may name it; None if none was sent.

    The first `storage.write` inside writes that record. If it fails, the image is removed: at once if it is certain
    that the record was not written, else after a day, see `storage/image_removals.py`. Raises ImageInvalid,
    ImageStoreUnavailable, StorageUnavailable.
    """
    if img is None or img in ("", NONE):
        yield None if img is None else NONE
        return
    async with _claimed(await normalise(img), kind) as name:
        yield name


@asynccontextmanager
async def copied(name: str, kind: str) -> AsyncIterator[str]:
    """Store a copy of a stored image, in the same way."""
    original = None if name == NONE else await _store().get(name)
    if original is None:
        yield NONE
        return
    async with _claimed(Picture(original.content, original.media_type), kind) as copy:
        yield copy


@asynccontextmanager
async def _claimed(picture: Picture, kind: str) -> AsyncIterator[str]:
    name = new_image_id(kind)
    await storage.write_alone(image_removals.schedule, [name])
    await _store().put(name, picture)
    with storage.with_first_write(partial(image_removals.claim, name=name)) as claim:
        try:
            yield name
        except Fact as error:
            # Without an answer from the database the record may have been written. So it is with a cancellation.
            if not claim.written and not isinstance(error, StorageUnavailable):
                await discard(name)
            raise


async def discard(*names: str) -> None:
    """Remove images that no record names any more; `remove_due` removes later what cannot be removed now."""
    for name in names:
        if name == NONE:
            continue
        try:
            await _store().remove(name)
        except ImageStoreUnavailable as error:
            log.warning("image %s is removed later: %s", name, error.detail)
        finally:
            _shelf.forget()


async def remove_due(now: datetime) -> int:
    """Remove some of the images whose scheduled removal is due, and return how many.

    Raises ImageStoreUnavailable, StorageUnavailable; another call continues.
    """
    due = await storage.write(image_removals.begin, now)
    for row in due:
        await _store().remove(row.name)
    if due:
        _shelf.forget()
        await storage.write(image_removals.finish, [row.id for row in due])
    return len(due)


def name_of(kind: str, slug: str, sub_id: str | int = "main") -> str:
    """The name of a picture that has one of its own, `main` being the one that needs no number.

    The first picture of `a-1` and picture 1 of `a` have the same name: clients have always built it so.
    """
    return f"{kind}-{slug}" if sub_id == "main" else f"{kind}-{slug}-{sub_id}"


def has_name_of_its_own(name: str) -> bool:
    """Whether pictures of this name can be replaced, so that none may be cached for ever."""
    return _OF_ITS_OWN.fullmatch(name) is not None


async def exists(name: str) -> bool:
    """Whether there is an image of this name; raises ImageStoreUnavailable."""
    return await _store().has(name) or (_may_be_anonymous(name) and await _anonymous().has(name))


async def publish(img: str, name: str, *, replace: bool, anonymous: bool) -> None:
    """Store an image under a name of its own; one that is `anonymous` expires after ANONYMOUS_LIFETIME.

    Raises ImageInvalid, ImageExists, ImageStoreUnavailable, Overloaded.
    """
    if not replace and await exists(name):
        raise ImageExists("There is an image of this name.")
    lookups = ANONYMOUS_LOOKUPS if anonymous else LOOKUPS
    picture = await normalise(img, fetch=partial(fetch, lookups=lookups))
    try:
        await (_anonymous() if anonymous else _store()).put(name, picture, replace=replace)
    finally:
        _shelf.forget()


async def withdraw(name: str) -> None:
    """Remove an image that has a name of its own; raises NoSuchRecord, ImageStoreUnavailable."""
    if not has_name_of_its_own(name) or not await exists(name):
        raise NoSuchRecord("There is no such image.")
    try:
        await _store().remove(name)
        if _may_be_anonymous(name):
            await _anonymous().remove(name)
    finally:
        _shelf.forget()


async def expire(now: datetime) -> None:
    """Remove the images that were uploaded without credentials more than ANONYMOUS_LIFETIME before `now`."""
    folder = folder_of(_url)
    if folder is not None and not (folder / _ANONYMOUS_FOLDER).is_dir():
        return  # without loading the library of the store
    try:
        for name in await _anonymous().older_than(now - ANONYMOUS_LIFETIME):
            await _anonymous().remove(name)
    except ImageStoreUnavailable as error:
        log.warning("anonymous images are not removed now: %s", error.detail)
    finally:
        _shelf.forget()
