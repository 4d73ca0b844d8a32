"""Mails that were given up: they stay in `mails`, with the time and the reason.

Their `due_at` is in the year 9999, so that the code deployed before never claims them.
"""

import sqlalchemy as sa
from alembic import op

from storage.schema.columns import UtcTime

revision = "0013"
down_revision = "0012"
oldest_code = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mails", sa.Column("given_up_at", UtcTime()))
    op.add_column("mails", sa.Column("reason", sa.LargeBinary()))
    given_up = sa.text("given_up_at IS NOT NULL")
    op.create_index(
        "ix_mails_given_up", "mails", ["given_up_at", "id"], postgresql_where=given_up, sqlite_where=given_up
    )


def downgrade() -> None:
    # The schema before has no place for them: it would send them in the year 9999.
    op.execute("DELETE FROM mails WHERE given_up_at IS NOT NULL")
    op.drop_index("ix_mails_given_up", "mails")
    op.drop_column("mails", "reason")
    op.drop_column("mails", "given_up_at")
