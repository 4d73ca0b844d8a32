"""The table of images to remove from the image store. `storage/image_removals.py` explains it."""

from sqlalchemy import Boolean, Column, String, Table

from storage.schema.columns import ID, NEVER_REUSED, UtcTime, metadata

image_removals = Table(
    "image_removals",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", String(140), nullable=False, index=True),
    Column("due_at", UtcTime, nullable=False, index=True),
    # Whether the removal has begun: the image can no longer be claimed.
    Column("begun", Boolean, nullable=False),
    **NEVER_REUSED,
)
