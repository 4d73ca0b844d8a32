"""The key of the keyed hashes of addresses. Their columns stay as they are, see `storage.address_hashes`.

A new table: nothing is locked. `cli.py hash-addresses` replaces the unsalted hashes when version 0.1 no longer runs.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
oldest_code = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hash_keys",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_hash_keys"),
    )


def downgrade() -> None:
    op.drop_table("hash_keys")
