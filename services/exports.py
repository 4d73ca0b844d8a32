"""Exports: an address that opens an account's data for a day, while the credential that requested it is valid.

Nothing is stored: the token in the address names the account and the credential, and the file is made when it is
downloaded. So nothing is left behind by an account that goes.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from core import clock
from core.clock import iso
from core.errors import NoSuchRecord, Unauthorized
from services.address import PublicAddress
from services.auth import api_secrets, credentials, tokens
from services.auth.tokens import Export, Tokens
from storage import accounts, apikeys, sessions
from storage.database import Storage
from storage.sessions import SessionStatus


def by_session(account: accounts.Account, session: UUID | None, *, until: datetime | None, now: datetime) -> Export:
    """Return an export of the account, requested in a session that ends at this time (None: not known)."""
    return Export(account["id"], account["epoch"], account["consent"] > 0, _earliest(now, until), session)


def by_key(
    account: accounts.Account, key: UUID, secret_hash: str, *, until: datetime | None, now: datetime
) -> Export:
    """Return an export of the account, requested with an API key whose secret has this stored hash and end."""
    secret = api_secrets.fingerprint(secret_hash)
    return Export(account["id"], account["epoch"], True, _earliest(now, until), key=key, secret=secret)


def _earliest(now: datetime, until: datetime | None) -> datetime:
    longest = now + tokens.EXPORT_LIFETIME
    return longest if until is None else min(longest, until)


class Exports:
    """Addresses of exports, and the exports that are being streamed."""

    def __init__(self, storage: Storage, tokens: Tokens, address: PublicAddress) -> None:
        self._storage, self._tokens, self._address = storage, tokens, address
        # Accounts whose export is being streamed.
        self.streaming: set[int] = set()

    def shown(self, export: Export, now: datetime) -> dict[str, Any]:
        """`ExportAddress`: token, url and expiry."""
        token = self._tokens.issue_export(export, now)
        return {"token": token, "url": self._address.of(f"/exports/{token}"), "expiresAt": iso(export.until)}

    async def owner_of(self, token: str) -> int:
        """Return the number of the account whose export the token opens; raise NoSuchRecord if it opens none.

        It opens none once it has expired, the session has ended, the key was revoked, has expired or lost the secret,
        the account is blocked, restricted or disabled, the consent was withdrawn, or the epoch of the account was
        raised.
        """
        try:
            export = self._tokens.verify_export(token)
        except Unauthorized:
            raise _no_such_export() from None
        session_status = await self._storage.read(sessions.find_status, export.user_id, export.session)
        if session_status is None or not _is_open(export, session_status) or not await self._has_key(export):
            raise _no_such_export()
        return export.user_id

    async def _has_key(self, export: Export) -> bool:
        """Return whether the export was not requested with an API key, or with one whose secret is still good."""
        if export.key is None:
            return True
        key_status = await self._storage.read(apikeys.find_status, export.key)
        if key_status is None or key_status.user_id != export.user_id or key_status.revoked_at is not None:
            return False
        stored = (key_status.secret_hash, key_status.previous_hash or "")
        used = next((each for each in stored if api_secrets.fingerprint(each) == export.secret), None)
        ends = None if used is None else credentials.end_of_secret(key_status, used)
        return ends is not None and ends > clock.now()


def _is_open(export: Export, session_status: SessionStatus) -> bool:
    """Return whether the account, and the session if it was one that requested the export, still allow it."""
    return (
        session_status.epoch == export.epoch
        and (export.session is None or session_status.session_epoch == session_status.epoch)
        and session_status.status >= accounts.ACTIVE
        and session_status.role != accounts.BLOCKED
        # An owner who never consented may export, too.
        and (session_status.consent > 0 or not export.consents)
    )


def _no_such_export() -> NoSuchRecord:
    return NoSuchRecord("The export does not exist or has expired.")
