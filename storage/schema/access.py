"""Tables of access to accounts: sessions, and the audit log."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Uuid

from storage.schema.columns import ID, NEVER_REUSED, PlainJson, UtcTime, metadata
from storage.schema.encryption import Encrypted

# One row for each token that was issued; see `storage/sessions.py`.
sessions = Table(
    "sessions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", ID, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    # Of an impersonation: the administrator's session in which it began, and with which it ends.
    Column("parent_id", Uuid, ForeignKey("sessions.id", ondelete="CASCADE"), index=True),
    Column("created_at", UtcTime, nullable=False),
    Column("last_used_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
    # The epoch of the account in which the session is valid.
    Column("epoch", Integer, nullable=False),
    # The client that opened the session: its network (/24 or /48), and its user agent in a few words.
    Column("network", Encrypted("sessions.network")),
    Column("agent", Encrypted("sessions.agent")),
    # `last_used_at` changes often: room in each page lets PostgreSQL update it without touching an index.
    postgresql_with={"fillfactor": 90},
)

# The audit log: what staff did to accounts. Numbers without foreign keys: a row outlives the accounts that it names.
acts = Table(
    "acts",
    metadata,
    Column("id", ID, primary_key=True),
    Column("created_at", UtcTime, nullable=False),
    Column("actor_id", ID, nullable=False),
    Column("subject_id", ID, nullable=False),
    Column("act", String(32), nullable=False),
    Column("request_id", Uuid, nullable=False),
    # Of a request made while impersonating: the operation.
    Column("operation", String(64)),
    # What changed: {field: [before, after]}; never personal data.
    Column("changes", PlainJson, nullable=False),
    Index(None, "actor_id", "id"),
    Index(None, "subject_id", "id"),
    **NEVER_REUSED,
)
