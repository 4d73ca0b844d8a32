"""The most recent rejected and slow requests: in memory as they end, and to the database with the counts of calls.

Only the newest wait in memory: many rejected requests cost an append each, and a short write a second.
"""

from collections import deque

from core.errors import StorageUnavailable
from storage import recent_requests
from storage.database import Storage
from storage.recent_requests import REJECTED as REJECTED
from storage.recent_requests import SLOW as SLOW
from storage.recent_requests import RecentRequest as RecentRequest

# Of each kind, between two flushes.
MOST_WAITING = 50
Waiting = dict[str, deque[RecentRequest]]


class RecentRequests:
    """Recent requests that are not written yet."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._waiting = _none()

    def add(self, request: RecentRequest) -> None:
        """List the request from the next flush on."""
        self._waiting[request.kind].append(request)

    async def flush(self) -> None:
        """Write the requests. If the database is away, keep them for the next flush and raise."""
        waiting, self._waiting = self._waiting, _none()
        requests = [request for kind in waiting.values() for request in kind]
        if not requests:
            return
        try:
            await self._storage.write(recent_requests.add, requests)
        except StorageUnavailable:
            for kind, older in waiting.items():
                self._waiting[kind] = deque((*older, *self._waiting[kind]), MOST_WAITING)
            raise


def _none() -> Waiting:
    return {kind: deque(maxlen=MOST_WAITING) for kind in (REJECTED, SLOW)}
