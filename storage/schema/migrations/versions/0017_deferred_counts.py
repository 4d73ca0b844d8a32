"""Count records and bytes at the end of a transaction on PostgreSQL, and no update that keeps the size.

The transaction makes all of it or nothing. The code deployed before runs on this schema, but may exceed a quota by
the record that it writes.
"""

from storage.schema import storage_use_triggers

revision = "0017"
down_revision = "0016"
oldest_code = "0005"
branch_labels = None
depends_on = None

# The encrypted columns of what counts.
SIZED = {
    "sets": ("name", "notes", "img", "measies"),
    "patterns": ("name", "notes", "img", "data", "settings"),
    "bookmarks": ("title", "url"),
    "suggestions": ("img", "data"),
}


def upgrade() -> None:
    for table, columns in SIZED.items():
        storage_use_triggers.drop(table)
        storage_use_triggers.create(table, *columns)


def downgrade() -> None:
    """Do nothing: these triggers count the same for the former code."""
