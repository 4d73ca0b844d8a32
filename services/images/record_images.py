"""Images of records: stored before the record that names them, removed after it; and named images of posts."""

import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from core.errors import ApiError, ImageExists, ImageStoreUnavailable, NoSuchRecord, StorageUnavailable
from services.file_urls import folder_of
from services.images.decoding import normalise
from services.images.fetch import ANONYMOUS_LOOKUPS, LOOKUPS, fetch
from services.images.store import EncodedImage, ImageStore, StoredImage, new_image_id, open_store
from services.response_cache import ResponseCache
from storage import image_removals
from storage.database import Storage

NONE = image_removals.NO_IMAGE
# Images uploaded without credentials, which expire, are kept in a folder of their own. They are all of one kind.
_ANONYMOUS_FOLDER, _ANONYMOUS_KIND = "anonymous", "support-"
ANONYMOUS_LIFETIME = timedelta(days=30)
# Names of images that no record refers to: the kind, and the slug of the post.
_OF_ITS_OWN = re.compile("(blog|showcase|support)-[a-z0-9-]+")
log = logging.getLogger(__name__)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as unusable:
        raise ValueError(f"images cannot be kept there (file: {type(unusable).__name__})") from None


class Images:
    """The images of records, and those that have names of their own."""

    def __init__(self, storage: Storage, url: str) -> None:
        """`url` says where images are stored (see `store.open_store`); raises ValueError."""
        folder = folder_of(url)
        if folder is None:
            self._opened: ImageStore | None = open_store(url)
        else:
            _make(folder)
            self._opened = None
        self._storage, self._url = storage, url
        self._cache = ResponseCache[StoredImage]()

    def _store(self) -> ImageStore:
        """Return the image store; a folder is opened on the first use."""

        if self._opened is None:
            try:
                self._opened = open_store(self._url)
            except ValueError as unusable:
                raise ImageStoreUnavailable("The image store is unavailable.") from unusable
        return self._opened

    def _anonymous(self) -> ImageStore:
        return self._store().part(_ANONYMOUS_FOLDER)

    async def find(self, name: str) -> StoredImage:
        """Return the image of this name, cached for up to a second; raises NoSuchRecord, ImageStoreUnavailable."""
        return await self._cache.get(name, partial(self._read, name))

    async def _read(self, name: str) -> StoredImage:
        found = await self._store().get(name)
        if found is None and _may_be_anonymous(name):
            found = await self._anonymous().get(name)
        if found is None:
            raise NoSuchRecord("There is no such image.")
        return found

    @asynccontextmanager
    async def stored(self, img: str | None, kind: str) -> AsyncIterator[str | None]:
        """Store an uploaded image, and return the name under which a record may name it; None if none was sent.

        The first `storage.write` inside writes that record. If it fails, the image is removed: at once if it is
        certain that the record was not written, else after a day, see `storage/image_removals.py`. Raises
        ImageInvalid, ImageStoreUnavailable, StorageUnavailable.
        """
        if img is None or img in ("", NONE):
            yield None if img is None else NONE
            return
        async with self._claimed(await normalise(img), kind) as name:
            yield name

    @asynccontextmanager
    async def copied(self, name: str, kind: str) -> AsyncIterator[str]:
        """Store a copy of a stored image, in the same way."""
        original = None if name == NONE else await self._store().get(name)
        if original is None:
            yield NONE
            return
        async with self._claimed(EncodedImage(original.content, original.media_type), kind) as copy:
            yield copy

    @asynccontextmanager
    async def _claimed(self, image: EncodedImage, kind: str) -> AsyncIterator[str]:
        name = new_image_id(kind)
        await self._storage.write_alone(image_removals.schedule, [name])
        await self._store().put(name, image)
        with self._storage.with_first_write(partial(image_removals.claim, name=name)) as claim:
            try:
                yield name
            except ApiError as error:
                # Without an answer from the database the record may have been written. So it is with a cancellation.
                if not claim.written and not isinstance(error, StorageUnavailable):
                    await self.discard(name)
                raise

    async def discard(self, *names: str) -> None:
        """Remove images that no record names any more; `remove_due` removes later what cannot be removed now."""
        for name in names:
            if name == NONE:
                continue
            try:
                await self._store().remove(name)
            except ImageStoreUnavailable as error:
                log.warning("image %s is removed later: %s", name, error.detail)
            finally:
                self._cache.invalidate()

    async def remove_due(self, now: datetime) -> int:
        """Remove some of the images whose scheduled removal is due, and return how many.

        Raises ImageStoreUnavailable, StorageUnavailable; another call continues.
        """
        due = await self._storage.write(image_removals.begin, now)
        for row in due:
            await self._store().remove(row.name)
        if due:
            self._cache.invalidate()
            await self._storage.write(image_removals.finish, [row.id for row in due])
        return len(due)

    async def exists(self, name: str) -> bool:
        """Whether there is an image of this name; raises ImageStoreUnavailable."""
        return await self._store().has(name) or (_may_be_anonymous(name) and await self._anonymous().has(name))

    async def publish(self, img: str, name: str, *, replace: bool, anonymous: bool) -> None:
        """Store an image under a name of its own; one that is `anonymous` expires after ANONYMOUS_LIFETIME.

        Raises ImageInvalid, ImageExists, ImageStoreUnavailable, Overloaded.
        """
        if not replace and await self.exists(name):
            raise ImageExists("An image with this name exists.")
        lookups = ANONYMOUS_LOOKUPS if anonymous else LOOKUPS
        image = await normalise(img, fetch=partial(fetch, lookups=lookups))
        try:
            await (self._anonymous() if anonymous else self._store()).put(name, image, replace=replace)
        finally:
            self._cache.invalidate()

    async def withdraw(self, name: str) -> None:
        """Remove an image that has a name of its own; raises NoSuchRecord, ImageStoreUnavailable."""
        if not has_name_of_its_own(name) or not await self.exists(name):
            raise NoSuchRecord("There is no such image.")
        try:
            await self._store().remove(name)
            if _may_be_anonymous(name):
                await self._anonymous().remove(name)
        finally:
            self._cache.invalidate()

    async def expire(self, now: datetime) -> None:
        """Remove the images that were uploaded without credentials more than ANONYMOUS_LIFETIME before `now`."""
        folder = folder_of(self._url)
        if folder is not None and not (folder / _ANONYMOUS_FOLDER).is_dir():
            return  # without loading the library of the store
        try:
            for name in await self._anonymous().older_than(now - ANONYMOUS_LIFETIME):
                await self._anonymous().remove(name)
        except ImageStoreUnavailable as error:
            log.warning("anonymous images are not removed now: %s", error.detail)
        finally:
            self._cache.invalidate()


def _may_be_anonymous(name: str) -> bool:
    return name.startswith(_ANONYMOUS_KIND)


def name_of(kind: str, slug: str, sub_id: str | int = "main") -> str:
    """Return the name of an image with its own name: `<kind>-<slug>`, with `-<sub_id>` unless that is `main`.

    The main image of `a-1` and image 1 of `a` have the same name: existing clients build names in this way.
    """
    return f"{kind}-{slug}" if sub_id == "main" else f"{kind}-{slug}-{sub_id}"


def has_name_of_its_own(name: str) -> bool:
    """Return whether images of this name can be replaced, so that responses with them expire."""
    return _OF_ITS_OWN.fullmatch(name) is not None
