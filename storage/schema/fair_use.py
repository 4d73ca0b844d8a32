"""Tables of fair use: usage, recent requests, quotas, requests for higher quotas, and the security log."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, SmallInteger, String, Table, Uuid

from storage.schema.columns import ID, NEVER_REUSED, PlainJson, UtcTime, metadata
from storage.schema.encryption import Encrypted


def _amounts() -> list[Column[int]]:
    """Return the columns of sums: calls, bytes of response bodies, and processing time."""
    return [Column(name, BigInteger, nullable=False) for name in ("calls", "bytes_out", "microseconds")]


def _usage(name: str) -> Table:
    """Authenticated calls in each hour or day (UTC) that begins at `at`; key 0 stands for tokens."""
    return Table(
        name,
        metadata,
        Column("user_id", ID, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
        Column("at", UtcTime, primary_key=True),
        Column("key_id", ID, primary_key=True, autoincrement=False),
        Column("operation", String(64), primary_key=True),
        # 2 to 5: the first digit of the status.
        Column("status", SmallInteger, primary_key=True, autoincrement=False),
        *_amounts(),
        Index(None, "at"),
    )


usage_hours = _usage("usage_hours")
usage_days = _usage("usage_days")

# Anonymous calls an hour (before 0.2.0: a day) by the network that they came from; whole addresses are not kept.
usage_anonymous = Table(
    "usage_anonymous",
    metadata,
    Column("at", UtcTime, primary_key=True),
    Column("prefix", String(43), primary_key=True),
    Column("status", SmallInteger, primary_key=True, autoincrement=False),
    *_amounts(),
)

# The newest requests that were rejected or slow (`storage/recent_requests.py`), without what a client writes freely:
# no path, query, header or body. A network is that of an anonymous caller.
recent_requests = Table(
    "recent_requests",
    metadata,
    Column("id", ID, primary_key=True),
    # rejected or slow; a request that was both has two rows
    Column("kind", String(8), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("operation", String(64)),
    Column("method", String(7), nullable=False),
    # 0: the client closed the connection before the response.
    Column("status", SmallInteger, nullable=False),
    Column("code", String(64)),
    Column("milliseconds", Integer, nullable=False),
    Column("user_id", ID, ForeignKey("accounts.id", ondelete="CASCADE"), index=True),
    # 0 for tokens and for anonymous callers.
    Column("key_id", ID, nullable=False),
    Column("prefix", String(43)),
    Index(None, "kind", "at", "id"),
    **NEVER_REUSED,
)

# Quotas that differ from the usual: of an account (key 0) or of one of its keys.
quotas = Table(
    "quotas",
    metadata,
    Column("id", ID, primary_key=True),
    Column("uuid", Uuid, nullable=False, unique=True),
    Column("user_id", ID, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("key_id", ID, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("until", UtcTime, nullable=False),
    Column("policy", String(16), nullable=False),
    Column("quota", BigInteger, nullable=False),
    Column("reason", Encrypted("quotas.reason"), nullable=False),
    # The administrator's account; 0 is the operator at the command line.
    Column("set_by", ID, nullable=False),
    Index(None, "user_id", "key_id", "policy", unique=True),
    **NEVER_REUSED,
)

quota_requests = Table(
    "quota_requests",
    metadata,
    Column("id", ID, primary_key=True),
    Column("uuid", Uuid, nullable=False, unique=True),
    Column("user_id", ID, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    # The key that it is for; 0 for the account as a whole.
    Column("key_id", ID, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("policy", String(16), nullable=False),
    Column("quota", BigInteger, nullable=False),
    Column("days", Integer, nullable=False),
    Column("purpose", Encrypted("quota_requests.purpose"), nullable=False),
    # open, granted or declined
    Column("state", String(8), nullable=False),
    Column("decided_at", UtcTime),
    Column("decided_by", ID),
    Column("answer", Encrypted("quota_requests.answer")),
    Index(None, "user_id", "id"),
    Index(None, "state", "id"),
    **NEVER_REUSED,
)

# What happened to an account's security. Rows are added, and removed by age; never changed.
events = Table(
    "events",
    metadata,
    Column("id", ID, primary_key=True),
    Column("user_id", ID, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", UtcTime, nullable=False, index=True),
    Column("event", String(32), nullable=False),
    # owner, staff or system
    Column("by", String(8), nullable=False),
    Column("key", Uuid),
    Column("request_id", Uuid),
    Column("details", PlainJson, nullable=False),
    Index(None, "user_id", "id"),
    **NEVER_REUSED,
)

# Notices that were mailed, by what they say, so that no instance mails one again.
notices = Table(
    "notices",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("created_at", UtcTime, nullable=False, index=True),
)

# What each account stores, counted by triggers (`storage/storage_use.py`).
storage_use = Table(
    "storage_use",
    metadata,
    Column("user_id", ID, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("records", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
)
