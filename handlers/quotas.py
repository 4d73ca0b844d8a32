"""Quotas that administrators raise or lower, with the record of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from starlette.responses import Response

from core import clock
from core.errors import Refused
from handlers.serializers.quotas import quota_for_administrator
from handlers.support.audited_changes import actor
from handlers.support.paging import Listing, member
from handlers.support.reauthentication import reauthenticate
from handlers.support.responses import PRIVATE, no_content, success
from security import Caller
from services.container import Services
from storage import audit_log, quotas

LIST = Listing("/admin/quotas", quota_for_administrator, member("quotas"))


async def list_quotas(
    limit: int | None, cursor: str | None, user: int | None, caller: Caller, services: Services
) -> Response:
    """The quotas that hold."""
    now = clock.now()
    await services.storage.write(
        audit_log.record, actor(caller), audit_log.LIST_QUOTAS, subjects=[user or audit_log.NOBODY], now=now
    )
    query = {} if user is None else {"user": str(user)}
    page = await LIST.page(services, limit, cursor, quotas.page, now=now, user_id=user, query=query)
    return page.reply(cache=PRIVATE)


async def set_quota(body: dict[str, Any], caller: Caller, services: Services) -> Response:
    """Raise or lower one, until a moment."""
    now = clock.now()
    terms = quotas.Terms(body["quota"], _moment(body["until"], now), body["reason"])
    kept = await services.storage.write(_set, body, terms, caller, now)
    return success(quota=quota_for_administrator(kept))


def _moment(text: str, now: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("validationFailed", "`until` is not a valid time.") from None
    if moment <= now:
        raise Refused("validationFailed", "`until` is in the past.")
    return moment


def _set(
    connection: Connection, body: dict[str, Any], terms: quotas.Terms, caller: Caller, now: datetime
) -> quotas.Quota:
    require_fitting(body["policy"], has_key="key" in body)
    if ("user" in body) == ("key" in body):
        raise Refused("validationFailed", "Send either `user` or `key`.")
    holder = quotas.holder_of_key(connection, UUID(body["key"])) if "key" in body else quotas.Holder(body["user"])
    reauthenticate(connection, caller, holder.user_id)
    return quotas.set_by_staff(connection, holder, body["policy"], terms, by=actor(caller), now=now)


def require_fitting(policy: str, *, has_key: bool) -> None:
    """Raise Refused unless the policy is one of keys and a key is named, or one of accounts and none is."""
    if has_key != (policy in quotas.OF_KEYS):
        raise Refused(
            "validationFailed", "The policies burst and day need a `key`. Policies of accounts do not accept one."
        )


async def delete_quota(id: str, caller: Caller, services: Services) -> Response:
    """End a quota, so that the usual one applies again."""
    await services.storage.write(_remove, UUID(id), caller, clock.now())
    return no_content()


def _remove(connection: Connection, uuid: UUID, caller: Caller, now: datetime) -> None:
    reauthenticate(connection, caller, quotas.find(connection, uuid)["user_id"])
    quotas.remove(connection, uuid, by=actor(caller), now=now)
