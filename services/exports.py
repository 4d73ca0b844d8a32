"""Exports: an address that opens an account's data for a day.

Nothing is stored: the token in the address says whose data it opens, and the file is made when it is asked for. So
nothing is left behind by an account that goes.
"""

from datetime import datetime
from typing import Any

import storage
from clock import iso
from errors import NoSuchRecord, Unauthorized
from services import address, tokens
from storage import accounts, holdings, sessions


def issue(account: accounts.Account, now: datetime) -> dict[str, Any]:
    """`ExportAddress`: token, url and expiry."""
    token = tokens.issue_export(account, now)
    return {"token": token, "url": address.of(f"/exports/{token}"), "expiresAt": iso(now + tokens.EXPORT_LIFETIME)}


async def open_export(token: str) -> holdings.Holdings:
    """What the token opens; raises NoSuchRecord if it is not valid, has expired, or its account's sessions ended."""
    try:
        session = tokens.verify_export(token)
    except Unauthorized:
        raise NoSuchRecord("There is no such export, or it has expired.") from None
    standing = await storage.read(sessions.find_standing, session.user_id)
    if standing is None or standing.epoch != session.epoch:
        raise NoSuchRecord("There is no such export, or it has expired.")
    return await storage.read(holdings.of, session.user_id)
