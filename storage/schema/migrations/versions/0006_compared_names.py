"""`accounts.folded`: how a user name that is older than the present comparison is found by it.

Names were compared in lower case alone. They are now compared after NFKC normalisation and case folding, and new ones
keep that form in `lusername`. A name that has another form by the new comparison gets it in `folded`, unless an older
account has it: that name is reachable as it is written only. `lusername` stays as it is, so that the code deployed
before finds every account. Names that are not ASCII are read before anything is locked.
"""

from unicodedata import normalize

import sqlalchemy as sa
from alembic import op

from storage.schema.columns import NAME

revision = "0006"
down_revision = "0005"
oldest_code = "0005"
branch_labels = None
depends_on = None

accounts = sa.table("accounts", *(sa.column(name) for name in ("id", "username", "lusername", "folded")))
LONGEST = 200
BYTES = {"postgresql": "octet_length(username)", "sqlite": "length(CAST(username AS BLOB))"}


def upgrade() -> None:
    connection = op.get_bind()
    forms = _folded(connection)
    op.add_column("accounts", sa.Column("folded", NAME))
    for folded, user_id in forms.items():
        connection.execute(sa.update(accounts).where(accounts.c.id == user_id).values(folded=folded))
    holds = sa.text("folded IS NOT NULL")
    op.create_index(
        "ix_accounts_folded", "accounts", ["folded"], unique=True, postgresql_where=holds, sqlite_where=holds
    )


def downgrade() -> None:
    op.drop_index("ix_accounts_folded", "accounts")
    op.drop_column("accounts", "folded")


def _folded(connection: sa.Connection) -> dict[str, int]:
    """Return the forms that are not the lower case and that no other account has, with the number of the account."""
    is_not_ascii = sa.text(f"{BYTES[connection.dialect.name]} > length(username)")
    query = sa.select(accounts.c.id, accounts.c.username, accounts.c.lusername).where(is_not_ascii)
    forms: dict[str, int] = {}
    for user_id, username, lusername in connection.execute(query.order_by(accounts.c.id)).all():
        folded = normalize("NFKC", normalize("NFKC", username).casefold())
        if folded != lusername and len(folded) <= LONGEST and not _is_name(connection, folded):
            forms.setdefault(folded, user_id)
    return forms


def _is_name(connection: sa.Connection, folded: str) -> bool:
    """Return whether an account has this name in lower case."""
    named = sa.select(accounts.c.id).where(accounts.c.lusername == folded)
    return connection.execute(named).first() is not None
