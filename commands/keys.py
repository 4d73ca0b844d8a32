"""`keys`: the API keys of an account, and the end of one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

import clock
import storage
from commands import tables
from commands.work import LOGIN, Parsers, account, command, connected, group, operator, uuid
from settings import Settings
from storage import acts, apikeys

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
    revoke.add_argument(
        "--reason", required=True, help="a sentence for the owner, and for whoever calls with the key"
    )


def _list(settings: Settings, options: Any) -> None:
    found = connected(settings, lambda: _of(options.login))
    now = clock.now()
    shown = ("key", "name", "level", None, "created_at", "expires_at", "last_seen", "calls")
    tables.rows(COLUMNS, [[key[name] if name else _state(key, now) for name in shown] for key in found])


async def _of(login: str) -> list[apikeys.ApiKey]:
    return await storage.read(apikeys.list_of, (await account(login))["id"])


def _state(key: apikeys.ApiKey, now: datetime) -> str:
    if key["revoked_at"] is not None:
        return "revoked"
    return "expired" if key["expires_at"] <= now else "active"


def _show(settings: Settings, options: Any) -> None:
    key = connected(settings, lambda: storage.read(apikeys.find, options.key))
    tables.record(
        {
            "key": key["key"],
            "name": key["name"],
            "account": key["user_id"],
            "level": key["level"],
            "state": _state(key, clock.now()),
            "created": key["created_at"],
            "expires": key["expires_at"],
            "last seen": key["last_seen"],
            "calls": key["calls"],
        }
    )


def _revoke(settings: Settings, options: Any) -> None:
    connected(settings, lambda: storage.write(_ended, options.key, clock.now()))


def _ended(connection: Connection, key: UUID, now: datetime) -> None:
    owner = apikeys.find(connection, key)["user_id"]
    apikeys.revoke(connection, key, now)
    acts.record(connection, operator(), acts.REVOKE_KEY, subjects=[owner], now=now)
