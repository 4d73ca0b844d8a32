"""Patterns, curated sets, option packs, suggestions, bookmarks, subscribers, acts of staff, totals.

Creates tables only: nothing that exists is locked for longer than it takes to add a foreign key to nothing.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
oldest_code = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
ENCRYPTED = sa.LargeBinary()
TABLES = ("totals", "acts", "subscribers", "bookmarks", "patterns", "suggestions", "option_packs", "curated_sets")


def column(name: str, kind: Any, *, nullable: bool = False) -> sa.Column[Any]:
    """A column that, unless said otherwise, always holds a value."""
    return sa.Column(name, kind, nullable=nullable)


def refers(table: str, name: str, target: str, *, ondelete: str) -> sa.Column[Any]:
    """A reference: what belongs to the target goes with it, what does not is left without."""
    key = sa.ForeignKey(f"{target}.id", name=f"fk_{table}_{name}", ondelete=ondelete)
    return sa.Column(name, ID, key, nullable=ondelete == "SET NULL")


def create(table: str, *columns: Any, uuid: bool = True) -> None:
    """A table of numbered rows, most of which have a uuid too."""
    named = [column("uuid", sa.Uuid())] if uuid else []
    unique = [sa.UniqueConstraint("uuid", name=f"uq_{table}_uuid")] if uuid else []
    op.create_table(
        table,
        column("id", ID),
        *named,
        column("created_at", TIME),
        *columns,
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        *unique,
        sqlite_autoincrement=True,
    )


def index(table: str, *columns: str) -> None:
    """An index, named for what it covers."""
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def upgrade() -> None:
    create(
        "curated_sets",
        column("updated_at", TIME),
        column("published", sa.Boolean()),
        column("height", sa.Integer(), nullable=True),
        column("img", sa.String(140)),
        column("measies", sa.Text()),
        column("texts", sa.Text()),
    )
    create(
        "option_packs",
        column("updated_at", TIME),
        column("design", sa.String(100)),
        column("img", sa.String(140)),
        column("options", sa.Text()),
        column("texts", sa.Text()),
    )
    index("option_packs", "design", "id")
    create(
        "suggestions",
        refers("suggestions", "user_id", "accounts", ondelete="CASCADE"),
        column("type", sa.String(8)),
        column("img", ENCRYPTED),
        column("data", ENCRYPTED),
    )
    index("suggestions", "user_id")
    index("suggestions", "type", "id")
    _patterns()
    create(
        "bookmarks",
        refers("bookmarks", "user_id", "accounts", ondelete="CASCADE"),
        column("updated_at", TIME),
        column("type", sa.String(8)),
        column("title", ENCRYPTED),
        column("url", ENCRYPTED),
    )
    index("bookmarks", "user_id", "id")
    _subscribers()
    create(
        "acts",
        column("actor_id", ID),
        column("subject_id", ID),
        column("act", sa.String(32)),
        column("request_id", sa.Uuid()),
        column("changes", sa.Text()),
        uuid=False,
    )
    index("acts", "actor_id", "id")
    index("acts", "subject_id", "id")
    op.create_table(
        "totals",
        column("name", sa.String(32)),
        column("computed_at", TIME),
        column("data", sa.Text()),
        sa.PrimaryKeyConstraint("name", name="pk_totals"),
    )


def _patterns() -> None:
    create(
        "patterns",
        refers("patterns", "user_id", "accounts", ondelete="CASCADE"),
        column("updated_at", TIME),
        refers("patterns", "set_id", "sets", ondelete="SET NULL"),
        refers("patterns", "cset_id", "curated_sets", ondelete="SET NULL"),
        column("design", sa.String(100)),
        column("name", ENCRYPTED),
        column("notes", ENCRYPTED),
        column("img", ENCRYPTED),
        column("data", ENCRYPTED),
        column("settings", ENCRYPTED),
        column("public", sa.Boolean()),
    )
    index("patterns", "set_id")
    index("patterns", "cset_id")
    index("patterns", "user_id", "id")


def _subscribers() -> None:
    create(
        "subscribers",
        column("updated_at", TIME),
        column("ehash", sa.String(64)),
        column("email", ENCRYPTED),
        column("language", sa.String(2)),
        column("active", sa.Boolean()),
        sa.UniqueConstraint("ehash", name="uq_subscribers_ehash"),
    )
    index("subscribers", "language", "id")
    index("subscribers", "active", "created_at")


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
