"""Tables against guessing: counts of attempts, and the networks from which an account signed in."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table

from storage.schema.columns import ID, UtcTime, metadata

# A row for each counter, by a keyed hash of its subject; see `services/auth/attempts.py`.
attempts = Table(
    "attempts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("counted_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
)

# A keyed hash of the network and the account: the rows of two accounts do not tell that they share a network.
known_networks = Table(
    "known_networks",
    metadata,
    Column("user_id", ID, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("network", String(32), primary_key=True),
    Column("used_at", UtcTime, nullable=False, index=True),
)
