"""Images whose removal is scheduled: one table. Nothing is locked."""

import sqlalchemy as sa
from alembic import op

from storage.schema.columns import ID, UtcTime

revision = "0010"
down_revision = "0009"
oldest_code = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "image_removals",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(140), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("begun", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_image_removals"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_image_removals_name", "image_removals", ["name"])
    op.create_index("ix_image_removals_due_at", "image_removals", ["due_at"])


def downgrade() -> None:
    op.drop_table("image_removals")
