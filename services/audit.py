"""The audit log of requests that administrators make while they impersonate an account."""

from uuid import UUID

import clock
import storage
from storage import acts


async def record_impersonated(by: int, user_id: int, operation: str, request_id: str) -> None:
    """Record the request before it is carried out: what cannot be recorded is not done. Raises StorageUnavailable."""
    actor = acts.Actor(by, UUID(request_id))
    await storage.write(
        acts.record, actor, acts.IMPERSONATED_REQUEST, subjects=[user_id], now=clock.now(), operation=operation
    )
