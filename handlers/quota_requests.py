"""Asking for a higher quota, and answering."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from starlette.responses import Response

from core import clock
from handlers.quotas import require_fitting
from handlers.serializers.quotas import quota_request_for_administrator, quota_request_for_owner
from handlers.support import audited_changes
from handlers.support.paging import Listing, member
from handlers.support.reauthentication import reauthenticate, reauthenticated
from handlers.support.responses import PRIVATE, created, no_content, success
from security import Caller
from services.container import Services
from storage import audit_log, quota_requests

LIST = Listing("/quota-requests", quota_request_for_owner, member("requests"))
ALL = Listing("/admin/quota-requests", quota_request_for_administrator, member("requests"))


async def create_quota_request(body: dict[str, Any], caller: Caller, services: Services) -> Response:
    """Ask, for the account or for a key of its own."""
    audited_changes.require_owner(caller)
    require_fitting(body["policy"], has_key="key" in body)
    key = UUID(body["key"]) if "key" in body else None
    wish = quota_requests.Wish(body["policy"], body["quota"], body["purpose"], body["days"])
    asked = await services.storage.write(
        reauthenticated, caller, services.quota_decisions.ask, caller.user_id, key, wish, now=clock.now()
    )
    services.outbox.wake()
    return created(request=quota_request_for_owner(asked))


async def list_quota_requests(limit: int | None, cursor: str | None, caller: Caller, services: Services) -> Response:
    """What the caller asked for."""
    return (await LIST.page(services, limit, cursor, quota_requests.list_of, caller.user_id)).reply(cache=PRIVATE)


async def read_quota_request(id: str, caller: Caller, services: Services) -> Response:
    """One of the caller's requests."""
    found = await services.storage.read(quota_requests.find, UUID(id), owner=caller.user_id)
    return success(request=quota_request_for_owner(found))


async def delete_quota_request(id: str, caller: Caller, services: Services) -> Response:
    """Withdraw a request that is open."""
    await services.storage.write(reauthenticated, caller, quota_requests.withdraw, UUID(id), owner=caller.user_id)
    return no_content()


async def list_all_quota_requests(
    limit: int | None, cursor: str | None, state: str | None, caller: Caller, services: Services
) -> Response:
    """Everyone's requests that are open, or in another state."""
    by = audited_changes.actor(caller)
    await services.storage.write(
        audit_log.record, by, audit_log.LIST_QUOTA_REQUESTS, subjects=[audit_log.NOBODY], now=clock.now()
    )
    query, state = {"state": state}, state or quota_requests.OPEN
    page = await ALL.page(services, limit, cursor, quota_requests.page, state=state, query=query)
    return page.reply(cache=PRIVATE)


async def decide_quota_request(id: str, body: dict[str, Any], caller: Caller, services: Services) -> Response:
    """Grant or decline, with a sentence for the owner."""
    decision = quota_requests.Decision(body["state"], body["answer"], body.get("quota"), body.get("days"))
    decided = await services.storage.write(_decide, services, UUID(id), decision, caller, clock.now())
    services.outbox.wake()
    return success(request=quota_request_for_administrator(decided))


def _decide(
    connection: Connection,
    services: Services,
    uuid: UUID,
    decision: quota_requests.Decision,
    caller: Caller,
    now: datetime,
) -> quota_requests.QuotaRequest:
    reauthenticate(connection, caller, quota_requests.find(connection, uuid)["user_id"])
    return services.quota_decisions.decide(connection, uuid, decision, by=audited_changes.actor(caller), now=now)
