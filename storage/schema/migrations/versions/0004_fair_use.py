"""Fair use: usage, quotas and requests for more, security events, notices; revocation and rotation of keys.

New columns are empty or have a constant default, which neither engine writes into the rows; no table that has rows
gets an index: nothing is locked for longer than that takes.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
oldest_code = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
ENCRYPTED = sa.LargeBinary()
TABLES = ("usage_hours", "usage_days", "usage_anonymous", "quotas", "quota_requests", "events", "notices")


def column(name: str, kind: Any, *, nullable: bool = False) -> sa.Column[Any]:
    """A column that, unless said otherwise, always holds a value."""
    return sa.Column(name, kind, nullable=nullable)


def owner(table: str) -> sa.Column[Any]:
    """The account that a row belongs to, and goes with."""
    return sa.Column(
        "user_id", ID, sa.ForeignKey("accounts.id", name=f"fk_{table}_user_id", ondelete="CASCADE"), nullable=False
    )


def key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    """The primary key."""
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def amounts() -> list[sa.Column[Any]]:
    """Calls, bytes and microseconds."""
    return [column(name, sa.BigInteger()) for name in ("calls", "bytes_out", "microseconds")]


def index(table: str, *columns: str, unique: bool = False) -> None:
    """An index, named for what it covers."""
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns), unique=unique)


def new_columns() -> dict[str, list[sa.Column[Any]]]:
    """What tables that there are already get."""
    return {
        "accounts": [
            sa.Column("notices", sa.Boolean(), nullable=False, server_default=sa.true()),
            sa.Column("quotas", sa.Text()),
        ],
        "apikeys": [
            sa.Column("revoked_by", sa.String(8)),
            sa.Column("revoked_reason", ENCRYPTED),
            sa.Column("removed_at", TIME),
            sa.Column("rotated_at", TIME),
            sa.Column("previous_hash", sa.String(64)),
            sa.Column("previous_until", TIME),
            sa.Column("quotas", sa.Text()),
        ],
    }


def upgrade() -> None:
    for table, columns in new_columns().items():
        for added in columns:
            op.add_column(table, added)
    # Keys that were revoked before this migration were in no list.
    op.execute("UPDATE apikeys SET removed_at = revoked_at WHERE revoked_at IS NOT NULL")
    create_usage()
    create_quotas()
    create_events()


def create_usage() -> None:
    for table in ("usage_hours", "usage_days"):
        op.create_table(
            table,
            owner(table),
            column("at", TIME),
            column("key_id", ID),
            column("operation", sa.String(64)),
            column("status", sa.SmallInteger()),
            *amounts(),
            key(table, "user_id", "at", "key_id", "operation", "status"),
        )
        index(table, "at")
    op.create_table(
        "usage_anonymous",
        column("at", TIME),
        column("prefix", sa.String(43)),
        column("status", sa.SmallInteger()),
        *amounts(),
        key("usage_anonymous", "at", "prefix", "status"),
    )


def create_quotas() -> None:
    for table, columns in {
        "quotas": (column("until", TIME), column("reason", ENCRYPTED), column("set_by", ID)),
        "quota_requests": (
            column("days", sa.Integer()),
            column("purpose", ENCRYPTED),
            column("state", sa.String(8)),
            column("decided_at", TIME, nullable=True),
            column("decided_by", ID, nullable=True),
            column("answer", ENCRYPTED, nullable=True),
        ),
    }.items():
        op.create_table(
            table,
            column("id", ID),
            column("uuid", sa.Uuid()),
            owner(table),
            column("key_id", ID),
            column("created_at", TIME),
            column("policy", sa.String(16)),
            column("quota", sa.BigInteger()),
            *columns,
            key(table, "id"),
            sa.UniqueConstraint("uuid", name=f"uq_{table}_uuid"),
            sqlite_autoincrement=True,
        )
    index("quotas", "user_id", "key_id", "policy", unique=True)
    index("quota_requests", "user_id", "id")
    index("quota_requests", "state", "id")


def create_events() -> None:
    op.create_table(
        "events",
        column("id", ID),
        owner("events"),
        column("created_at", TIME),
        column("event", sa.String(32)),
        column("by", sa.String(8)),
        column("key", sa.Uuid(), nullable=True),
        column("request_id", sa.Uuid(), nullable=True),
        column("details", sa.Text()),
        key("events", "id"),
        sqlite_autoincrement=True,
    )
    index("events", "user_id", "id")
    index("events", "created_at")
    op.create_table("notices", column("name", sa.String(120)), column("created_at", TIME), key("notices", "name"))
    index("notices", "created_at")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    for table, columns in new_columns().items():
        for added in columns:
            op.drop_column(table, added.name)
