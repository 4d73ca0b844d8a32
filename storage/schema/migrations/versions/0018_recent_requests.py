"""The most recent rejected and slow requests: one table. Nothing is locked but writes to `accounts`, for a moment."""

import sqlalchemy as sa
from alembic import op

from storage.schema.columns import ID, NEVER_REUSED, UtcTime

revision = "0018"
down_revision = "0017"
oldest_code = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recent_requests",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("operation", sa.String(64)),
        sa.Column("method", sa.String(7), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("code", sa.String(64)),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("user_id", ID),
        sa.Column("key_id", ID, nullable=False),
        sa.Column("prefix", sa.String(43)),
        sa.ForeignKeyConstraint(["user_id"], ["accounts.id"], name="fk_recent_requests_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_recent_requests"),
        **NEVER_REUSED,
    )
    op.create_index("ix_recent_requests_kind_at_id", "recent_requests", ["kind", "at", "id"])
    op.create_index("ix_recent_requests_user_id", "recent_requests", ["user_id"])


def downgrade() -> None:
    op.drop_table("recent_requests")
