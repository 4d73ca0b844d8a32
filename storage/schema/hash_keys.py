"""The table of keys for keyed hashes. A key is created once and never changes: stored hashes must be found."""

from sqlalchemy import Column, String, Table

from storage.schema.columns import metadata
from storage.schema.encryption import Encrypted

hash_keys = Table(
    "hash_keys",
    metadata,
    # The kind of value that is hashed with it.
    Column("name", String(32), primary_key=True),
    # 32 random bytes in hexadecimal; `reencrypt` keeps them readable when an encryption key ends.
    Column("key", Encrypted("hash_keys.key"), nullable=False),
)
