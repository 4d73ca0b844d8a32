"""The tables. Every time is UTC; every encrypted column says so in its type."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    CursorResult,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Uuid,
)
from sqlalchemy.types import TypeDecorator

from storage.encryption import Encrypted, EncryptedJson

# A row by its columns' names, as storage functions return it.
Record = Mapping[Any, Any]


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite, which has no time zones, keeps it without and gets it back with."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value  # type: ignore[no-any-return]
        return value.replace(tzinfo=UTC)  # type: ignore[no-any-return]


# SQLite numbers rows by itself only in a column declared INTEGER.
ID = BigInteger().with_variant(Integer, "sqlite")

# A removed account's number must never become another's: tokens carry it. PostgreSQL's sequences see to that.
NEVER_REUSED: dict[str, Any] = {"sqlite_autoincrement": True}

# Compared byte by byte on every engine, so that a prefix search is a range of the index.
NAME = String(200).with_variant(String(200, collation="C"), "postgresql")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", ID, primary_key=True),
    Column("uuid", Uuid, nullable=False, unique=True),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("last_seen", UtcTime),
    Column("username", String(100), nullable=False),
    Column("lusername", NAME, nullable=False, unique=True),
    # SHA-256 of the current and of the first address: look-ups never need the address itself.
    Column("ehash", String(64), nullable=False, unique=True),
    Column("ihash", String(64), nullable=False, index=True),
    Column("email", Encrypted("accounts.email"), nullable=False),
    Column("initial", Encrypted("accounts.initial"), nullable=False),
    Column("password", String(400), nullable=False),
    Column("role", String(16), nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("consent", SmallInteger, nullable=False),
    Column("patron", SmallInteger, nullable=False),
    Column("bio", Encrypted("accounts.bio"), nullable=False),
    Column("data", EncryptedJson("accounts.data"), nullable=False),
    Column("img", Encrypted("accounts.img"), nullable=False),
    Column("control", SmallInteger, nullable=False),
    Column("language", String(2), nullable=False),
    Column("compare", Boolean, nullable=False),
    Column("imperial", Boolean, nullable=False),
    Column("newsletter", Boolean, nullable=False),
    Column("mfa_enabled", Boolean, nullable=False),
    Column("mfa_secret", Encrypted("accounts.mfa_secret")),
    # The last time step whose code was accepted: no code is accepted twice.
    Column("mfa_step", BigInteger, nullable=False),
    # HMACs of the scratch codes that are left.
    Column("mfa_scratch", EncryptedJson("accounts.mfa_scratch"), nullable=False),
    Column("jwt_calls", BigInteger, nullable=False),
    Column("key_calls", BigInteger, nullable=False),
    # Tokens carry it; raising it ends every session at once.
    Column("epoch", Integer, nullable=False),
    **NEVER_REUSED,
)

apikeys = Table(
    "apikeys",
    metadata,
    Column("id", ID, primary_key=True),
    Column("key", Uuid, nullable=False, unique=True),
    Column("user_id", ID, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
    Column("last_seen", UtcTime),
    Column("name", Encrypted("apikeys.name"), nullable=False),
    Column("level", SmallInteger, nullable=False),
    Column("secret_hash", String(64), nullable=False),
    Column("calls", BigInteger, nullable=False),
    Index(None, "user_id", "id"),
    **NEVER_REUSED,
)

confirmations = Table(
    "confirmations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", ID, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
    Column("type", String(16), nullable=False),
    Column("check_hash", String(64), nullable=False),
    Column("data", EncryptedJson("confirmations.data"), nullable=False),
)

sets = Table(
    "sets",
    metadata,
    Column("id", ID, primary_key=True),
    Column("uuid", Uuid, nullable=False, unique=True),
    Column("user_id", ID, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("name", Encrypted("sets.name"), nullable=False),
    Column("notes", Encrypted("sets.notes"), nullable=False),
    Column("img", Encrypted("sets.img"), nullable=False),
    Column("measies", EncryptedJson("sets.measies"), nullable=False),
    Column("imperial", Boolean, nullable=False),
    Column("public", Boolean, nullable=False),
    Index(None, "user_id", "id"),
    **NEVER_REUSED,
)

mails = Table(
    "mails",
    metadata,
    Column("id", ID, primary_key=True),
    # Whom it is about, so that it goes when the account goes.
    Column("user_id", ID, ForeignKey("accounts.id", ondelete="CASCADE"), index=True),
    Column("created_at", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=False, index=True),
    Column("attempts", SmallInteger, nullable=False),
    Column("letter", EncryptedJson("mails.letter"), nullable=False),
    **NEVER_REUSED,
)


def inserted_id(result: CursorResult[Any]) -> int:
    """The number that the database gave the row just inserted."""
    key = result.inserted_primary_key
    assert key is not None
    return int(key[0])
