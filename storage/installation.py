"""Tables about the database itself: under which secrets its rows were written, and which code can run on it."""

from sqlalchemy import Column, String, Table

from storage.columns import metadata
from storage.encryption import Encrypted

# A known value for each secret that rows depend on, see `storage/canaries.py`.
canaries = Table(
    "canaries",
    metadata,
    # `key` and the id of an encryption key that has encrypted rows; `secret key`.
    Column("name", String(32), primary_key=True),
    Column("value", Encrypted("canaries.value"), nullable=False),
)
