"""Idempotency keys, with the answers that their repeats get.

Creates a table only: nothing that exists is locked for longer than it takes to add a foreign key to nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
oldest_code = "0002"
branch_labels = None
depends_on = None

TABLE = "idempotency_keys"
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    owner = sa.ForeignKey("accounts.id", name=f"fk_{TABLE}_user_id", ondelete="CASCADE")
    op.create_table(
        TABLE,
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("user_id", ID, owner, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("attempt", sa.Uuid(), nullable=False),
        sa.Column("leased_until", TIME, nullable=False),
        sa.Column("carried_out", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=f"pk_{TABLE}"),
    )
    op.create_index(f"ix_{TABLE}_user_id", TABLE, ["user_id"])
    op.create_index(f"ix_{TABLE}_created_at", TABLE, ["created_at"])


def downgrade() -> None:
    op.drop_table(TABLE)
