"""The audit log of requests that administrators make while they impersonate an account."""

from uuid import UUID

from core import clock
from storage import audit_log
from storage.database import Storage


async def record_impersonated(storage: Storage, by: int, user_id: int, operation: str, request_id: str) -> None:
    """Record the request before it is carried out: what cannot be recorded is not done. Raises StorageUnavailable."""
    actor = audit_log.Actor(by, UUID(request_id))
    await storage.write(
        audit_log.record,
        actor,
        audit_log.IMPERSONATED_REQUEST,
        subjects=[user_id],
        now=clock.now(),
        operation=operation,
    )
