"""Which old kinds of password hashes are stored, as a row of `totals`.

The passwords of all accounts are read twice: 0.4 to 0.8 s a million accounts. Nothing is locked.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from storage.schema.columns import PlainJson, UtcTime

revision = "0011"
down_revision = "0010"
oldest_code = "0005"
branch_labels = None
depends_on = None

FIND = {"postgresql": "strpos", "sqlite": "instr"}
# `$2a$12$…`, in JSON.
COSTS = """
    SELECT DISTINCT substr(password, {find}(password, '$2') + 4, 2) FROM accounts
    WHERE password LIKE '{{%' AND password LIKE '%$2_$__$%'
"""
HAS_SCRYPT = "SELECT 1 FROM accounts WHERE password LIKE '{%' AND password LIKE '%\"salt\"%' LIMIT 1"
totals = sa.table("totals", sa.column("name"), sa.column("computed_at", UtcTime()), sa.column("data", PlainJson()))
OURS = "old hashes"


def upgrade() -> None:
    connection = op.get_bind()
    costs = connection.execute(sa.text(COSTS.format(find=FIND[connection.dialect.name]))).scalars()
    highest = max(map(int, costs), default=0)
    has_scrypt = connection.execute(sa.text(HAS_SCRYPT)).first() is not None
    if highest or has_scrypt:
        data = {"bcrypt": highest, "scrypt": has_scrypt}
        row = {"name": OURS, "computed_at": datetime.now(UTC), "data": data}
        connection.execute(sa.insert(totals), row)


def downgrade() -> None:
    op.get_bind().execute(sa.delete(totals).where(totals.c.name == OURS))
