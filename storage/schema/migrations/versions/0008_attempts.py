"""Counters of attempts to sign in, and the networks from which accounts signed in: two tables. Nothing is locked."""

import sqlalchemy as sa
from alembic import op

from storage.schema.columns import ID, UtcTime

revision = "0008"
down_revision = "0007"
oldest_code = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("counted_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
    )
    op.create_index("ix_attempts_expires_at", "attempts", ["expires_at"])
    op.create_table(
        "known_networks",
        sa.Column("user_id", ID, nullable=False, autoincrement=False),
        sa.Column("network", sa.String(32), nullable=False),
        sa.Column("used_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "network", name="pk_known_networks"),
        sa.ForeignKeyConstraint(["user_id"], ["accounts.id"], name="fk_known_networks_user_id", ondelete="CASCADE"),
    )
    op.create_index("ix_known_networks_used_at", "known_networks", ["used_at"])


def downgrade() -> None:
    op.drop_table("known_networks")
    op.drop_table("attempts")
