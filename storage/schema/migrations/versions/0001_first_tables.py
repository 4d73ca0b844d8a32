"""Accounts, API keys, confirmations, measurement sets, mail queue.

Creates tables only: nothing that exists is locked.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
oldest_code = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")
TIME = sa.DateTime(timezone=True)
ENCRYPTED = sa.LargeBinary()


def column(name: str, kind: Any, *, nullable: bool = False, **options: Any) -> sa.Column[Any]:
    """A column that, unless said otherwise, always holds a value."""
    return sa.Column(name, kind, nullable=nullable, **options)


def owner(table: str, *, nullable: bool = False) -> sa.Column[Any]:
    """The account that a row belongs to, and goes with."""
    key = sa.ForeignKey("accounts.id", name=f"fk_{table}_user_id", ondelete="CASCADE")
    return sa.Column("user_id", ID, key, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "accounts",
        column("id", ID),
        column("uuid", sa.Uuid()),
        column("created_at", TIME),
        column("updated_at", TIME),
        column("last_seen", TIME, nullable=True),
        column("username", sa.String(100)),
        column("lusername", NAME),
        column("ehash", sa.String(64)),
        column("ihash", sa.String(64)),
        column("email", ENCRYPTED),
        column("initial", ENCRYPTED),
        column("password", sa.String(400)),
        column("role", sa.String(16)),
        column("status", sa.SmallInteger()),
        column("consent", sa.SmallInteger()),
        column("patron", sa.SmallInteger()),
        column("bio", ENCRYPTED),
        column("data", ENCRYPTED),
        column("img", ENCRYPTED),
        column("control", sa.SmallInteger()),
        column("language", sa.String(2)),
        column("compare", sa.Boolean()),
        column("imperial", sa.Boolean()),
        column("newsletter", sa.Boolean()),
        column("mfa_enabled", sa.Boolean()),
        column("mfa_secret", ENCRYPTED, nullable=True),
        column("mfa_step", sa.BigInteger()),
        column("mfa_scratch", ENCRYPTED),
        column("jwt_calls", sa.BigInteger()),
        column("key_calls", sa.BigInteger()),
        column("epoch", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("uuid", name="uq_accounts_uuid"),
        sa.UniqueConstraint("lusername", name="uq_accounts_lusername"),
        sa.UniqueConstraint("ehash", name="uq_accounts_ehash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_accounts_ihash", "accounts", ["ihash"])
    op.create_table(
        "apikeys",
        column("id", ID),
        column("key", sa.Uuid()),
        owner("apikeys"),
        column("created_at", TIME),
        column("expires_at", TIME),
        column("revoked_at", TIME, nullable=True),
        column("last_seen", TIME, nullable=True),
        column("name", ENCRYPTED),
        column("level", sa.SmallInteger()),
        column("secret_hash", sa.String(64)),
        column("calls", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_apikeys"),
        sa.UniqueConstraint("key", name="uq_apikeys_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_apikeys_user_id_id", "apikeys", ["user_id", "id"])
    op.create_table(
        "confirmations",
        column("id", sa.Uuid()),
        owner("confirmations"),
        column("created_at", TIME),
        column("expires_at", TIME),
        column("type", sa.String(16)),
        column("check_hash", sa.String(64)),
        column("data", ENCRYPTED),
        sa.PrimaryKeyConstraint("id", name="pk_confirmations"),
    )
    op.create_index("ix_confirmations_user_id", "confirmations", ["user_id"])
    op.create_index("ix_confirmations_expires_at", "confirmations", ["expires_at"])
    op.create_table(
        "sets",
        column("id", ID),
        column("uuid", sa.Uuid()),
        owner("sets"),
        column("created_at", TIME),
        column("updated_at", TIME),
        column("name", ENCRYPTED),
        column("notes", ENCRYPTED),
        column("img", ENCRYPTED),
        column("measies", ENCRYPTED),
        column("imperial", sa.Boolean()),
        column("public", sa.Boolean()),
        sa.PrimaryKeyConstraint("id", name="pk_sets"),
        sa.UniqueConstraint("uuid", name="uq_sets_uuid"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sets_user_id_id", "sets", ["user_id", "id"])
    op.create_table(
        "mails",
        column("id", ID),
        owner("mails", nullable=True),
        column("created_at", TIME),
        column("due_at", TIME),
        column("attempts", sa.SmallInteger()),
        column("letter", ENCRYPTED),
        sa.PrimaryKeyConstraint("id", name="pk_mails"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mails_user_id", "mails", ["user_id"])
    op.create_index("ix_mails_due_at", "mails", ["due_at"])


def downgrade() -> None:
    for table in ("mails", "sets", "confirmations", "apikeys", "accounts"):
        op.drop_table(table)
