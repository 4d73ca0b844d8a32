"""What each account stores: one table, and triggers that count.

The code deployed before runs on this schema: the triggers count what it writes. While the migration runs, PostgreSQL
blocks writes to sets, patterns, bookmarks and suggestions: it reads their sizes once. The
transaction makes all of it or nothing.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.schema import storage_use_triggers

revision = "0012"
down_revision = "0011"
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
    op.create_table(
        "storage_use",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["accounts.id"], name="fk_storage_use_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name="pk_storage_use"),
    )
    # The triggers first: on PostgreSQL they lock the tables, so that nothing is written between them and the count.
    for table, columns in SIZED.items():
        storage_use_triggers.create(table, *columns)
    names = ["user_id", "records", "bytes"]
    stored = sa.union_all(*map(_sizes, SIZED)).subquery()
    counted = sa.select(stored.c.user_id, sa.func.count(), sa.func.sum(stored.c.size)).group_by(stored.c.user_id)
    op.execute(sa.insert(sa.table("storage_use", *map(sa.column, names))).from_select(names, counted))


def _sizes(table: str) -> sa.Select[Any]:
    rows = sa.table(table, sa.column("user_id"), *map(sa.column, SIZED[table]))
    size: Any = sum(sa.func.length(rows.c[column]) for column in SIZED[table])
    return sa.select(rows.c.user_id, size.label("size"))


def downgrade() -> None:
    for table in SIZED:
        storage_use_triggers.drop(table)
    op.drop_table("storage_use")
