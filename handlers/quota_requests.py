"""Asking for a higher quota, and answering."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from starlette.responses import Response

import clock
import storage
from handlers import quota_shapes, staff
from handlers.paging import Listing, member
from handlers.quotas import require_fitting
from handlers.reauthentication import reauthenticate, reauthenticated
from handlers.replies import PRIVATE, created, no_content, success
from security import Caller
from services import outbox, quotas
from storage import acts, quota_requests

LIST = Listing("/quota-requests", quota_shapes.request, member("requests"))
ALL = Listing("/admin/quota-requests", quota_shapes.request, member("requests"))


async def create_quota_request(body: dict[str, Any], caller: Caller) -> Response:
    """Ask, for the account or for a key of its own."""
    staff.require_owner(caller)
    require_fitting(body["policy"], has_key="key" in body)
    key = UUID(body["key"]) if "key" in body else None
    wish = quota_requests.Wish(body["policy"], body["quota"], body["purpose"], body["days"])
    asked = await storage.write(reauthenticated, caller, quotas.ask, caller.user_id, key, wish, now=clock.now())
    outbox.wake()
    return created(request=quota_shapes.request(asked))


async def list_quota_requests(limit: int | None, cursor: str | None, caller: Caller) -> Response:
    """What the caller asked for."""
    return (await LIST.page(limit, cursor, quota_requests.list_of, caller.user_id)).reply(cache=PRIVATE)


async def read_quota_request(id: str, caller: Caller) -> Response:
    """One of the caller's requests."""
    found = await storage.read(quota_requests.find, UUID(id), owner=caller.user_id)
    return success(request=quota_shapes.request(found))


async def delete_quota_request(id: str, caller: Caller) -> Response:
    """Withdraw a request that is open."""
    await storage.write(reauthenticated, caller, quota_requests.withdraw, UUID(id), owner=caller.user_id)
    return no_content()


async def list_all_quota_requests(
    limit: int | None, cursor: str | None, state: str | None, caller: Caller
) -> Response:
    """Everyone's requests that are open, or in another state."""
    by = staff.actor(caller)
    await storage.write(acts.record, by, acts.LIST_QUOTA_REQUESTS, subjects=[acts.NOBODY], now=clock.now())
    wanted = state or quota_requests.OPEN
    return (await ALL.page(limit, cursor, quota_requests.page, wanted, state=state)).reply(cache=PRIVATE)


async def decide_quota_request(id: str, body: dict[str, Any], caller: Caller) -> Response:
    """Grant or decline, with a sentence for the owner."""
    decision = quota_requests.Decision(body["state"], body["answer"], body.get("quota"), body.get("days"))
    decided = await storage.write(_decide, UUID(id), decision, caller, clock.now())
    outbox.wake()
    return success(request=quota_shapes.request(decided))


def _decide(
    connection: Connection, uuid: UUID, decision: quota_requests.Decision, caller: Caller, now: datetime
) -> quota_requests.QuotaRequest:
    reauthenticate(connection, caller, quota_requests.find(connection, uuid)["user_id"])
    return quotas.decide(connection, uuid, decision, by=staff.actor(caller), now=now)
