"""`keys`: the API keys of an account, and the end of one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

import storage
from commands import tables
from commands.work import (
    LOGIN,
    Parsers,
    account,
    can_be_confirmed,
    command,
    confirm,
    connected,
    group,
    operator,
    sentence,
    uuid,
)
from core import clock
from settings import Settings
from storage import apikeys, audit_log, revocation, security_log

LONGEST_REASON = 500  # as in the document
COLUMNS = ("key", "name", "level", "state", "created", "expires", "last seen", "calls")


def add(parsers: Parsers) -> None:
    """`keys list|show|revoke`."""
    keys = group(parsers, "keys", "look at API keys and revoke them")
    listed = command(keys, "list", _list, "list an account's keys")
    listed.add_argument("login", help=LOGIN)
    show = command(keys, "show", _show, "show a key")
    revoke = command(keys, "revoke", _revoke, "end a key at once; whoever calls with it is told why")
    for made in (show, revoke):
        made.add_argument("key", type=uuid, help="the key, without its secret")
    can_be_confirmed(revoke)
    revoke.add_argument(
        "--reason",
        required=True,
        type=sentence(LONGEST_REASON),
        help="a sentence for the owner, and for whoever calls with the key",
    )


def _list(settings: Settings, options: Any) -> None:
    found = connected(settings, lambda: _of(options.login))
    now = clock.now()
    rows = [
        (
            key["key"],
            key["name"],
            key["level"],
            apikeys.state(key, now),
            key["created_at"],
            key["expires_at"],
            key["last_seen"],
            key["calls"],
        )
        for key in found
    ]
    tables.rows(COLUMNS, rows)


async def _of(login: str) -> list[apikeys.ApiKey]:
    return list(await storage.read(apikeys.list_of, (await account(login))["id"]))


def _show(settings: Settings, options: Any) -> None:
    key = connected(settings, lambda: storage.read(apikeys.find, options.key))
    tables.record(
        {
            "key": key["key"],
            "name": key["name"],
            "account": key["user_id"],
            "level": key["level"],
            "state": apikeys.state(key, clock.now()),
            "created": key["created_at"],
            "expires": key["expires_at"],
            "rotated": key["rotated_at"],
            "revoked": key["revoked_at"],
            "revoked by": key["revoked_by"],
            "reason": key["revoked_reason"],
            "last seen": key["last_seen"],
            "calls": key["calls"],
        }
    )


def _revoke(settings: Settings, options: Any) -> None:
    connected(settings, lambda: _revoke_confirmed(options))


async def _revoke_confirmed(options: Any) -> None:
    key = await storage.read(apikeys.find, options.key)
    of = f"Key {key['key']} of account {key['user_id']}"
    if key["revoked_at"] is None:
        confirm(options, f"{of} is revoked for good.")
        await storage.write(_end, options.key, options.reason, operator(), clock.now())
        print(f"{of} is revoked. The owner is mailed.")
    else:
        print(f"{of} was revoked before: nothing is changed.")


def _end(connection: Connection, key: UUID, reason: str, by: audit_log.Actor, now: datetime) -> None:
    held = apikeys.lock(connection, key)
    if held.key["revoked_at"] is None:
        origin = security_log.Origin(security_log.STAFF, by.request_id)
        revocation.revoke(connection, held, by=revocation.STAFF, origin=origin, now=now, reason=reason)
        audit_log.record(connection, by, audit_log.REVOKE_KEY, subjects=[held.owner["id"]], now=now)
