"""A version of the identities that are in use, so that the identity cache outlives other writes. Nothing is locked.

On SQLite, triggers raise it whenever a row changes that decides what a credential is worth, whichever process writes.
On PostgreSQL, where reading it would cost each request a round trip, the table stays at its first value.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
oldest_code = "0005"
branch_labels = None
depends_on = None

# The columns that a caller is made of, and those that end one. Counters and times of the last use are not among them.
COLUMNS = {
    "accounts": ("uuid", "role", "status", "consent", "epoch", "quotas"),
    "apikeys": (
        *("key", "user_id", "level", "expires_at", "revoked_at"),
        *("secret_hash", "previous_hash", "previous_until", "quotas"),
    ),
    "sessions": ("user_id", "parent_id", "epoch"),
}
RAISE = "BEGIN UPDATE identity_version SET version = version + 1; END"


def upgrade() -> None:
    op.create_table(
        "identity_version",
        sa.Column("name", sa.String(16), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_identity_version"),
    )
    op.execute("INSERT INTO identity_version (name, version) VALUES ('identities', 1)")
    if op.get_context().dialect.name == "sqlite":
        for table, columns in COLUMNS.items():
            changed = f"AFTER UPDATE OF {', '.join(columns)}"
            op.execute(f"CREATE TRIGGER {table}_identity_changed {changed} ON {table} {RAISE}")
            op.execute(f"CREATE TRIGGER {table}_identity_removed AFTER DELETE ON {table} {RAISE}")


def downgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        for table in COLUMNS:
            op.execute(f"DROP TRIGGER {table}_identity_changed")
            op.execute(f"DROP TRIGGER {table}_identity_removed")
    op.drop_table("identity_version")
