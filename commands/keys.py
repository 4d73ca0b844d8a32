"""`keys`: show the API keys of an account, and revoke one."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import Connection

from commands import tables, work
from commands.options import Key, Login, Yes, text
from core import clock
from storage import apikeys, audit_log, revocation, security_log
from storage.database import Storage

MAX_REASON = 500  # characters, as in the document
COLUMNS = ("key", "name", "level", "state", "created", "expires", "last seen", "calls")
Reason = Annotated[
    str,
    typer.Option(parser=text(MAX_REASON), help="A sentence for the owner, and for clients that still use the key."),
]
app = typer.Typer(help="Show API keys and revoke them.")


@app.command("list")
def list_keys(login: Login) -> None:
    """List the API keys of an account."""
    found = work.run(lambda storage, _: _keys_of(storage, login))
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


async def _keys_of(storage: Storage, login: str) -> list[apikeys.ApiKey]:
    return list(await storage.read(apikeys.list_of, (await work.find_account(storage, login))["id"]))


@app.command()
def show(key: Key) -> None:
    """Show an API key."""
    found = work.run(lambda storage, _: storage.read(apikeys.find, key))
    tables.record(
        {
            "key": found["key"],
            "name": found["name"],
            "account": found["user_id"],
            "level": found["level"],
            "state": apikeys.state(found, clock.now()),
            "created": found["created_at"],
            "expires": found["expires_at"],
            "rotated": found["rotated_at"],
            "revoked": found["revoked_at"],
            "revoked by": found["revoked_by"],
            "reason": found["revoked_reason"],
            "last seen": found["last_seen"],
            "calls": found["calls"],
        }
    )


@app.command()
def revoke(key: Key, reason: Reason, yes: Yes = False) -> None:
    """Revoke an API key at once. Requests with it get the reason."""
    work.run(lambda storage, _: _revoke(storage, key, reason, yes=yes))


async def _revoke(storage: Storage, key: UUID, reason: str, *, yes: bool) -> None:
    found = await storage.read(apikeys.find, key)
    named = f"Key {found['key']} of account {found['user_id']}"
    if found["revoked_at"] is None:
        work.confirm(f"{named} is revoked for good.", yes=yes)
        await storage.write(_write_revocation, key, reason, work.operator(), clock.now())
        print(f"{named} is revoked. The owner is mailed.")
    else:
        print(f"{named} was revoked before: nothing is changed.")


def _write_revocation(connection: Connection, key: UUID, reason: str, by: audit_log.Actor, now: datetime) -> None:
    held = apikeys.lock(connection, key)
    if held.key["revoked_at"] is None:
        origin = security_log.Origin(security_log.STAFF, by.request_id)
        revocation.revoke(connection, held, by=revocation.STAFF, origin=origin, now=now, reason=reason)
        audit_log.record(connection, by, audit_log.REVOKE_KEY, subjects=[held.owner["id"]], now=now)
