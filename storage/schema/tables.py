"""The tables. Every time is UTC; every encrypted column says so in its type."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Uuid,
    true,
)

# The rest of the tables: importing this module loads all of them.
from storage.schema import fair_use as fair_use
from storage.schema import guessing as guessing
from storage.schema import hash_keys as hash_keys
from storage.schema import image_removals as image_removals
from storage.schema import installation as installation
from storage.schema.access import acts as acts
from storage.schema.columns import COUNTED, ID, NAME, NEVER_REUSED, PlainJson, UtcTime, only
from storage.schema.columns import metadata as metadata  # all that know the tables come here
from storage.schema.encryption import Encrypted, EncryptedJson

# A limit that no list reaches.
ALL = 2**31 - 1

# A row by its columns' names, as storage functions return it.
Record = Mapping[Any, Any]

accounts = Table(
    "accounts",
    metadata,
    Column("id", ID, primary_key=True),
    Column("uuid", Uuid, nullable=False, unique=True),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("last_seen", UtcTime),
    Column("username", String(100), nullable=False),
    # The user name as it is compared, see `storage/schema/names.py`; of a name from before 0.2.0 its lower case.
    Column("lusername", NAME, nullable=False, unique=True),
    # The compared form of a name from before 0.2.0 where that is not its lower case.
    Column("folded", NAME),
    # Keyed hashes of the current and of the first address, see `address_hashes`.
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
    # Whether its owner wants notices about keys and quotas by mail.
    Column("notices", Boolean, nullable=False, server_default=true()),
    # What of `quotas` holds for the account: {policy: {quota, until}}; here too, so that no request looks there.
    Column("quotas", PlainJson),
    # Few of many, found without looking at the others.
    Index("ix_accounts_administrators", "id", **only("role = 'admin'")),
    Index("ix_accounts_newsletter", "id", **only("newsletter", sqlite="newsletter = 1")),
    Index("ix_accounts_folded", "folded", unique=True, **only("folded IS NOT NULL")),
    **COUNTED,
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
    # owner, staff, leak, or what of the account changed: role, status, consent.
    Column("revoked_by", String(8)),
    Column("revoked_reason", Encrypted("apikeys.revoked_reason")),
    # Its owner took it off the list.
    Column("removed_at", UtcTime),
    # After a rotation the secret before is good for a while.
    Column("rotated_at", UtcTime),
    Column("previous_hash", String(64)),
    Column("previous_until", UtcTime),
    Column("quotas", PlainJson),  # as in accounts
    Index(None, "user_id", "id"),
    **COUNTED,
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
    # When the sender gave the mail up, and why; `due_at` is then so late that no sender claims it.
    Column("given_up_at", UtcTime),
    Column("reason", Encrypted("mails.reason")),
    Index("ix_mails_given_up", "given_up_at", "id", **only("given_up_at IS NOT NULL")),
    **NEVER_REUSED,
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    # SHA-256 of who sent it, the operation and the key itself, which is not kept.
    Column("id", String(64), primary_key=True),
    # None where the operation is open to anyone.
    Column("user_id", ID, ForeignKey("accounts.id", ondelete="CASCADE"), index=True),
    Column("created_at", UtcTime, nullable=False, index=True),
    Column("fingerprint", String(64), nullable=False),
    Column("attempt", Uuid, nullable=False),
    Column("leased_until", UtcTime, nullable=False),
    Column("carried_out", Boolean, nullable=False),
    Column("answer", EncryptedJson("idempotency_keys.answer")),
)

curated_sets = Table(
    "curated_sets",
    metadata,
    Column("id", ID, primary_key=True),
    Column("uuid", Uuid, nullable=False, unique=True),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("published", Boolean, nullable=False),
    # Centimetres.
    Column("height", Integer),
    Column("img", String(140), nullable=False),
    Column("measies", PlainJson, nullable=False),
    # {language: {name, notes, tags}}, see `handlers/serializers/translations.py`.
    Column("texts", PlainJson, nullable=False),
    **NEVER_REUSED,
)

option_packs = Table(
    "option_packs",
    metadata,
    Column("id", ID, primary_key=True),
    Column("uuid", Uuid, nullable=False, unique=True),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("design", String(100), nullable=False),
    Column("img", String(140), nullable=False),
    Column("options", PlainJson, nullable=False),
    Column("texts", PlainJson, nullable=False),
    Index(None, "design", "id"),
    **NEVER_REUSED,
)

# What users propose to the curators: a set or an option pack, with all that it is made of.
suggestions = Table(
    "suggestions",
    metadata,
    Column("id", ID, primary_key=True),
    Column("uuid", Uuid, nullable=False, unique=True),
    Column("user_id", ID, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", UtcTime, nullable=False),
    Column("type", String(8), nullable=False),
    Column("img", Encrypted("suggestions.img"), nullable=False),
    Column("data", EncryptedJson("suggestions.data"), nullable=False),
    Index(None, "type", "id"),
    **NEVER_REUSED,
)

patterns = Table(
    "patterns",
    metadata,
    Column("id", ID, primary_key=True),
    Column("uuid", Uuid, nullable=False, unique=True),
    Column("user_id", ID, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    # What it was drafted from; a pattern outlives both.
    Column("set_id", ID, ForeignKey("sets.id", ondelete="SET NULL"), index=True),
    Column("cset_id", ID, ForeignKey("curated_sets.id", ondelete="SET NULL"), index=True),
    Column("design", String(100), nullable=False),
    Column("name", Encrypted("patterns.name"), nullable=False),
    Column("notes", Encrypted("patterns.notes"), nullable=False),
    Column("img", Encrypted("patterns.img"), nullable=False),
    Column("data", EncryptedJson("patterns.data"), nullable=False),
    Column("settings", EncryptedJson("patterns.settings"), nullable=False),
    Column("public", Boolean, nullable=False),
    Index(None, "user_id", "id"),
    **NEVER_REUSED,
)

bookmarks = Table(
    "bookmarks",
    metadata,
    Column("id", ID, primary_key=True),
    Column("uuid", Uuid, nullable=False, unique=True),
    Column("user_id", ID, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("type", String(8), nullable=False),
    Column("title", Encrypted("bookmarks.title"), nullable=False),
    Column("url", Encrypted("bookmarks.url"), nullable=False),
    Index(None, "user_id", "id"),
    **NEVER_REUSED,
)

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", ID, primary_key=True),
    Column("uuid", Uuid, nullable=False, unique=True),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    # Keyed hash of the address, see `address_hashes`.
    Column("ehash", String(64), nullable=False, unique=True),
    Column("email", Encrypted("subscribers.email"), nullable=False),
    Column("language", String(2), nullable=False),
    # Whether the address was confirmed.
    Column("active", Boolean, nullable=False),
    Index(None, "language", "id"),
    # The unconfirmed, which are few, by their age.
    Index(None, "active", "created_at"),
    **NEVER_REUSED,
)

# Counts that would be dear to make at each request, made in the background; and what `seed.py` and `notices.py` did.
totals = Table(
    "totals",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("computed_at", UtcTime, nullable=False),
    Column("data", PlainJson, nullable=False),
)
