"""Administration: every operation writes to the audit log, in the same transaction."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection
from starlette.responses import Response

from core import clock
from core.errors import AccountNotActive, InsufficientLevel, OwnAccount
from core.etags import Preconditions
from handlers.serializers.access import act_for_administrator
from handlers.serializers.accounts import account_for_administrator
from handlers.support import account_data, audited_changes, newsletter_readers
from handlers.support.account_data import StreamedDocument
from handlers.support.audited_changes import actor
from handlers.support.paging import page_of, shown
from handlers.support.preconditions import account_tag, require_account
from handlers.support.reauthentication import reauthenticate
from handlers.support.responses import PRIVATE, SECRET, last_modified, success
from security import ROLE_LEVELS, Caller, unauthenticated
from services.auth import tokens
from services.container import Services
from storage import accounts, administration, audit_log, security_log, sessions

# As requests name them, and as accounts keep them.
COLUMNS = {"role": "role", "status": "status", "consent": "consent", "mfaEnabled": "mfa_enabled"}


async def search_users(body: dict[str, Any], caller: Caller, services: Services) -> Response:
    """Accounts by a part of their user name, or by their address and other names, whole."""
    found = await services.storage.write(administration.search, body["q"], by=actor(caller), now=clock.now())
    users = {by: [account_for_administrator(row) for row in rows] for by, rows in found.items()}
    return success(users={"email": users["ehash"], **users}, headers=SECRET)


async def read_user(id: str, caller: Caller, services: Services) -> Response:
    """One account with its patterns and sets."""
    row = await services.storage.write(administration.load, id, by=actor(caller), now=clock.now())
    owned = account_data.owned(services, row)
    begin = b'{"result":"success","user":%s,' % orjson.dumps(account_for_administrator(row))
    chunks = account_data.document({name: owned[name] for name in ("patterns", "sets")}, begin=begin, end=b"}")
    # Weak: it does not change with a pattern or a set.
    return StreamedDocument(chunks, headers={**_headers(row), "ETag": f"W/{account_tag(row)}"})


async def update_user(
    id: str, body: dict[str, Any], preconditions: Preconditions, caller: Caller, services: Services
) -> Response:
    """Change what only staff may change."""
    wanted = {column: body[name] for name, column in COLUMNS.items() if name in body}
    changed = await services.storage.write(_update, id, wanted, preconditions, caller, clock.now())
    services.outbox.wake()
    return _user(changed)


def _user(row: accounts.Account) -> Response:
    return success(user=account_for_administrator(row), headers=_headers(row))


def _headers(row: accounts.Account) -> dict[str, str]:
    return {**PRIVATE, "ETag": account_tag(row), **last_modified(row["updated_at"])}


def _update(
    connection: Connection,
    handle: str,
    wanted: dict[str, Any],
    preconditions: Preconditions,
    caller: Caller,
    now: datetime,
) -> accounts.Account:
    by = actor(caller)
    user_id = accounts.named(connection, handle)["id"]
    reauthenticate(connection, caller, user_id)
    account = accounts.lock(connection, user_id)
    require_account(preconditions, account)
    changes = any(account[column] != value for column, value in wanted.items())
    if changes and account["id"] in (caller.user_id, by.user_id):
        raise OwnAccount("Another administrator can change this account.")
    if wanted.get("consent", 0) > account["consent"]:
        raise InsufficientLevel("Only the owner can give consent. Staff can only withdraw it.")
    level = ROLE_LEVELS.get(wanted.get("role", ""), -1)
    return administration.update(connection, account["id"], wanted, level=level, by=by, now=now)


async def impersonate_user(id: str, caller: Caller, services: Services) -> Response:
    """A token with which to act as the account, for an hour."""
    # An impersonation ends with the session in which it began, which is the administrator's own.
    audited_changes.require_owner(caller)
    if caller.session is None:
        raise unauthenticated("Sign in again: this token was issued before sessions were recorded.")
    now = clock.now()
    account, session = await services.storage.write(_impersonate, id, caller, now)
    token = services.tokens.issue_impersonation(account, actor(caller).user_id, session, now)
    return success(token=token, account=account_for_administrator(account), headers=SECRET)


def _impersonate(connection: Connection, handle: str, caller: Caller, now: datetime) -> tuple[accounts.Account, UUID]:
    by, parent = actor(caller), caller.session
    user_id = accounts.named(connection, handle)["id"]
    reauthenticate(connection, caller, user_id)
    account = accounts.lock(connection, user_id)
    if not accounts.is_visible(account):
        raise AccountNotActive("The account is not active, is blocked, or has not consented.")
    audit_log.record(connection, by, audit_log.IMPERSONATE, subjects=[account["id"]], now=now)
    origin = security_log.Origin(security_log.STAFF, by.request_id)
    security_log.record(connection, account["id"], security_log.IMPERSONATED, now=now, origin=origin)
    until = now + tokens.IMPERSONATION_LIFETIME
    return account, sessions.begin(connection, account, now=now, until=until, parent=parent)


async def list_subscribers(limit: int | None, cursor: str | None, caller: Caller, services: Services) -> Response:
    """List the newsletter subscribers by language: a page, or all, streamed."""
    by = actor(caller)
    await services.storage.write(
        audit_log.record, by, audit_log.LIST_SUBSCRIBERS, subjects=[audit_log.NOBODY], now=clock.now()
    )
    if limit is None and cursor is None:
        return newsletter_readers.everyone(services)
    return await newsletter_readers.page(services, page_of(limit, cursor))


async def list_acts(
    limit: int | None, cursor: str | None, actor: int | None, subject: int | None, caller: Caller, services: Services
) -> Response:
    """What staff did, newest first."""
    page = page_of(limit, cursor)
    found = await services.storage.read(audit_log.page, actor=actor, subject=subject, **page.window)
    asked = {name: str(value) for name, value in (("actor", actor), ("subject", subject)) if value is not None}
    listed, link = shown(services, page, found, act_for_administrator, "/admin/acts", **asked)
    return success(acts=listed, headers={**PRIVATE, **link})
