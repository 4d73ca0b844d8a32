"""Version-keyed cache of values from the database: a change of an identity there invalidates all of them."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from storage.database import Storage

# The oldest entry is removed beyond it: a client with many credentials must not fill the memory. About 10 MB.
MOST = 16_384
Key = TypeVar("Key")
Value = TypeVar("Value")


class VersionCache(Generic[Key, Value]):
    """Values that were read at the current version of the identities (see `Storage.identity_version`)."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._version: object = None
        self._kept: dict[Key, Value] = {}

    async def get(self, key: Key, read: Callable[..., Awaitable[Value]], *args: object) -> Value:
        """Return the cached value of the key, or call `read` with `args` and cache its result.

        An exception is not cached.
        """
        version = self._storage.identity_version()
        if version is None:
            return await read(*args)
        if version != self._version:
            self._version, self._kept = version, {}
        # The dictionary of this version: a later version has another one.
        kept = self._kept
        found = kept.get(key)
        if found is None:
            found = await read(*args)
            if len(kept) >= MOST:
                del kept[next(iter(kept))]
            kept[key] = found
        return found

    def forget(self, key: Key) -> None:
        """Remove one value."""
        self._kept.pop(key, None)
