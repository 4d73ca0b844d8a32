"""The image store: a folder, memory, or an object store such as S3, through obstore.

An image is one object under its id, nothing else is stored: media type and ETag are computed from the
bytes, since folders store no attributes. Every failure is raised as ImageStoreUnavailable.
"""

import hashlib
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from core.errors import ImageExists, ImageStoreUnavailable
from services.file_urls import folder_of

# obstore takes 5 MB, and most workers never read an image: the functions that need it import it.
if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

_IMAGE_ID = re.compile(r"[a-z]+-[A-Za-z0-9_-]{1,120}")
_KIND = re.compile(r"[a-z]+")

# A person is waiting: obstore's own patience is three minutes.
_TIMEOUTS: "ClientConfig" = {"connect_timeout": "3 seconds", "timeout": "15 seconds"}
_RETRIES: "RetryConfig" = {"max_retries": 2, "retry_timeout": timedelta(seconds=10)}


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """The bytes of an image file and its media type."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class StoredImage:
    """A stored image: bytes, media type, strong ETag with its quotes, and the time when it was stored (UTC)."""

    content: bytes
    media_type: str
    etag: str
    last_modified: datetime

    def __len__(self) -> int:
        return len(self.content)


def new_image_id(kind: str) -> str:
    """Return `<kind>-` and 24 unguessable characters (144 bits); raises ValueError unless the kind is in [a-z]+."""
    if not _KIND.fullmatch(kind):
        raise ValueError("the kind of an image is lower-case letters")
    return f"{kind}-{secrets.token_urlsafe(18)}"


class ImageStore:
    """Images by id. Ids other than `<kind>-<characters>` are a ValueError, so none can be a path.

    With a `folder` it is separate from the images of the same store without one.
    """

    def __init__(self, store: "ObjectStore", folder: str = "") -> None:
        self._store = store
        self._prefix = f"{folder}/" if folder else ""

    def part(self, folder: str) -> "ImageStore":
        """Return the images in this folder of the same store."""
        return ImageStore(self._store, folder)

    async def put(self, image_id: str, image: EncodedImage, *, replace: bool = True) -> None:
        """Store an image, which replaces an earlier one with this id; raises ValueError unless JPEG, PNG or WebP.

        Without `replace` an earlier one stays, and ImageExists is raised; of two at once one is kept.
        """
        path = self._path(image_id)
        if _media_type(image.content) != image.media_type:
            raise ValueError("the media type is not that of the content, or not one that is kept")
        import obstore
        from obstore.exceptions import AlreadyExistsError

        with _raised_as_unavailable():
            try:
                await obstore.put_async(self._store, path, image.content, mode="overwrite" if replace else "create")
            except AlreadyExistsError:
                raise ImageExists("An image with this name exists.") from None

    async def get(self, image_id: str) -> StoredImage | None:
        """The image of that id, None if there is none."""
        import obstore

        path = self._path(image_id)
        with _raised_as_unavailable():
            try:
                found = await obstore.get_async(self._store, path)
                content = bytes(await found.bytes_async())
            except FileNotFoundError:
                return None
        etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        return StoredImage(content, _media_type(content), etag, found.meta["last_modified"])

    async def has(self, image_id: str) -> bool:
        """Whether there is an image of that id."""
        import obstore

        path = self._path(image_id)
        with _raised_as_unavailable():
            try:
                await obstore.head_async(self._store, path)
            except FileNotFoundError:
                return False
        return True

    async def remove(self, image_id: str) -> None:
        """Remove the image of that id, if there is one."""
        import obstore

        path = self._path(image_id)
        with _raised_as_unavailable():
            try:
                await obstore.delete_async(self._store, path)
            except FileNotFoundError:
                return

    async def older_than(self, moment: datetime) -> list[str]:
        """Return the ids of the images that were stored before the moment (UTC). Every image is listed."""
        import obstore

        found: list[str] = []
        with _raised_as_unavailable():
            async for listed in obstore.list(self._store, self._prefix or None):
                found += [one["path"].removeprefix(self._prefix) for one in listed if one["last_modified"] < moment]
        return [image_id for image_id in found if _IMAGE_ID.fullmatch(image_id)]

    def _path(self, image_id: str) -> str:
        if not _IMAGE_ID.fullmatch(image_id):
            raise ValueError("not the id of an image")
        return self._prefix + image_id


def open_store(url: str) -> ImageStore:
    """The store at `file:<folder>` (made if missing), `memory:` or a URL that obstore knows (`s3://bucket`).

    Raises ValueError for a URL that cannot be used; whether a remote store answers shows at first use.
    """
    from obstore.exceptions import BaseError
    from obstore.store import LocalStore, MemoryStore, from_url

    scheme, colon, _ = url.partition(":")
    if url in ("memory:", "memory://", "memory:///"):
        return ImageStore(MemoryStore())
    folder = folder_of(url)
    try:
        if folder is not None:
            return ImageStore(LocalStore(folder, mkdir=True))
        return ImageStore(from_url(url, client_options=_TIMEOUTS, retry_config=_RETRIES))
    except (BaseError, OSError, ValueError) as unusable:
        # The URL itself may hold a password, and so may obstore's message.
        raise ValueError(
            f"images cannot be kept there ({scheme if colon else 'no scheme'}: {type(unusable).__name__})"
        ) from None


def _media_type(content: bytes) -> str:
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return "application/octet-stream"


@contextmanager
def _raised_as_unavailable() -> Iterator[None]:
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, OSError) as failure:
        raise ImageStoreUnavailable("The image store is unavailable.") from failure
