"""Sessions, and the operation of requests made while impersonating.

The code deployed before ignores both: tokens that it issues have no session, and it accepts tokens whose session has
ended until the epoch of their account is raised. A new table and a nullable column lock nothing for long.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
oldest_code = "0005"
branch_labels = None
depends_on = None

TABLE = "sessions"
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
INDICES = ("user_id", "parent_id", "expires_at")


def upgrade() -> None:
    owner = sa.ForeignKey("accounts.id", name=f"fk_{TABLE}_user_id", ondelete="CASCADE")
    parent = sa.ForeignKey("sessions.id", name=f"fk_{TABLE}_parent_id", ondelete="CASCADE")
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", ID, owner, nullable=False),
        sa.Column("parent_id", sa.Uuid(), parent, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("last_used_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("network", sa.LargeBinary(), nullable=True),
        sa.Column("agent", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=f"pk_{TABLE}"),
        postgresql_with={"fillfactor": 90},
    )
    for column in INDICES:
        op.create_index(f"ix_{TABLE}_{column}", TABLE, [column])
    op.add_column("acts", sa.Column("operation", sa.String(64)))


def downgrade() -> None:
    op.drop_column("acts", "operation")
    op.drop_table(TABLE)
