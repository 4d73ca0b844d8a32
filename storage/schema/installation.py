"""Tables about the database itself: the secrets of its rows, the code that can run on it, and what caches compare."""

from sqlalchemy import BigInteger, Column, String, Table

from storage.schema.columns import metadata
from storage.schema.encryption import Encrypted

# A known value for each secret that rows depend on, see `storage/canaries.py`.
canaries = Table(
    "canaries",
    metadata,
    # `key` and the id of an encryption key that has encrypted rows; `secret key`.
    Column("name", String(32), primary_key=True),
    Column("value", Encrypted("canaries.value"), nullable=False),
)

# Written by `migrate`, and read by code that does not have that migration: can it serve the database?
schema_revisions = Table(
    "schema_revisions",
    metadata,
    Column("revision", String(32), primary_key=True),
    # The newest migration of the oldest code that can run on the schema after this one.
    Column("oldest_code", String(32), nullable=False),
)
# One row. On SQLite, triggers raise the version when a row changes that decides what a credential is worth.
identity_version = Table(
    "identity_version",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("version", BigInteger, nullable=False),
)
# The first revision that has a row.
FIRST_RECORDED = "0015"
