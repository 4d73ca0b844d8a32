"""Version-keyed cache: values read from the database, until an identity in it changes."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from storage.database import Storage

# Beyond it all is forgotten: who has many credentials must not fill the memory.
MOST = 10_000
Key = TypeVar("Key")
Value = TypeVar("Value")


class Unchanged(Generic[Key, Value]):
    """Values that were read in the present version of the identities (see `Storage.identity_version`)."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._version: object = None
        self._kept: dict[Key, Value] = {}

    async def get(self, key: Key, read: Callable[[], Awaitable[Value]]) -> Value:
        """What is kept under the key, or else what `read` returns; what it raises is not kept."""
        version = self._storage.identity_version()
        if version is None:
            return await read()
        if version != self._version or len(self._kept) >= MOST:
            self._version, self._kept = version, {}
        # Of this version: a later one has another.
        kept = self._kept
        found = kept.get(key)
        if found is None:
            found = kept[key] = await read()
        return found

    def forget(self, key: Key) -> None:
        """Do not keep this any longer."""
        self._kept.pop(key, None)
