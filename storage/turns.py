"""Locks by key, so that units of work of one kind run one after the other."""

from asyncio import Lock
from collections.abc import Hashable
from weakref import WeakValueDictionary


class Turns:
    """A lock for each key; it is removed when no task holds it or waits for it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[Hashable, Lock] = WeakValueDictionary()

    def of(self, key: Hashable) -> Lock:
        """Return the lock of the key. The caller must keep it as long as it waits for it or holds it."""
        return self._locks.setdefault(key, Lock())

    def is_taken(self, key: Hashable) -> bool:
        """Return whether a task holds the lock of the key."""
        lock = self._locks.get(key)
        return lock is not None and lock.locked()
