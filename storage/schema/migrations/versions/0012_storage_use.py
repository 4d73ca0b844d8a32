"""What each account stores: one table, and triggers that count.

The code deployed before runs on this schema: the triggers count what it writes. While the migration runs, PostgreSQL
blocks writes to sets, patterns, bookmarks and suggestions: it reads their sizes once. The
transaction makes all of it or nothing.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
oldest_code = "0005"
branch_labels = None
depends_on = None

# The encrypted columns of what counts.
SIZED = {
    "sets": ("name", "notes", "img", "measies"),
    "patterns": ("name", "notes", "img", "data", "settings"),
    "bookmarks": ("title", "url"),
    "suggestions": ("img", "data"),
}

SQLITE = """
CREATE TRIGGER {table}_added AFTER INSERT ON {table} BEGIN
  INSERT INTO storage_use (user_id, records, bytes) VALUES (NEW.user_id, 1, {new})
  ON CONFLICT (user_id) DO UPDATE SET records = records + 1, bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER {table}_changed AFTER UPDATE OF {columns} ON {table} BEGIN
  UPDATE storage_use SET bytes = bytes + {new} - {old} WHERE user_id = NEW.user_id;
END;
CREATE TRIGGER {table}_removed AFTER DELETE ON {table} BEGIN
  UPDATE storage_use SET records = records - 1, bytes = bytes - {old} WHERE user_id = OLD.user_id;
END;
"""

# Removals are counted by statement: the removal of an account is one for each table.
POSTGRESQL = """
CREATE FUNCTION {table}_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO storage_use AS held (user_id, records, bytes) VALUES (NEW.user_id, 1, {new})
  ON CONFLICT (user_id) DO UPDATE SET records = held.records + 1, bytes = held.bytes + excluded.bytes;
  RETURN NULL;
END $$;
CREATE FUNCTION {table}_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE storage_use SET bytes = bytes + {new} - {old} WHERE user_id = NEW.user_id;
  RETURN NULL;
END $$;
CREATE FUNCTION {table}_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE storage_use SET records = records - gone.number, bytes = bytes - gone.size
  FROM (SELECT user_id, count(*) AS number, sum({sizes}) AS size FROM removed GROUP BY user_id) AS gone
  WHERE storage_use.user_id = gone.user_id;
  RETURN NULL;
END $$;
CREATE TRIGGER {table}_added AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_added();
CREATE TRIGGER {table}_changed AFTER UPDATE OF {columns} ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_changed();
CREATE TRIGGER {table}_removed AFTER DELETE ON {table} REFERENCING OLD TABLE AS removed
FOR EACH STATEMENT EXECUTE FUNCTION {table}_removed();
"""


def upgrade() -> None:
    op.create_table(
        "storage_use",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["accounts.id"], name="fk_storage_use_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name="pk_storage_use"),
    )
    # The triggers first: on PostgreSQL they lock the tables, so that nothing is written between them and the count.
    for table in SIZED:
        for statement in _triggers(table):
            op.execute(statement)
    names = ["user_id", "records", "bytes"]
    stored = sa.union_all(*map(_sizes, SIZED)).subquery()
    counted = sa.select(stored.c.user_id, sa.func.count(), sa.func.sum(stored.c.size)).group_by(stored.c.user_id)
    op.execute(sa.insert(sa.table("storage_use", *map(sa.column, names))).from_select(names, counted))


def _sizes(table: str) -> sa.Select[Any]:
    rows = sa.table(table, sa.column("user_id"), *map(sa.column, SIZED[table]))
    size: Any = sum(sa.func.length(rows.c[column]) for column in SIZED[table])
    return sa.select(rows.c.user_id, size.label("size"))


def downgrade() -> None:
    for table in SIZED:
        for name in (f"{table}_added", f"{table}_changed", f"{table}_removed"):
            op.execute(f"DROP TRIGGER {name} ON {table}" if _is_postgresql() else f"DROP TRIGGER {name}")
            if _is_postgresql():
                op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("storage_use")


def _triggers(table: str) -> list[str]:
    written = (POSTGRESQL if _is_postgresql() else SQLITE).format(
        table=table,
        columns=", ".join(SIZED[table]),
        new=_size("NEW", table),
        old=_size("OLD", table),
        sizes=_size("removed", table),
    )
    # One statement at a time; those within a function or a trigger are indented.
    return [f"CREATE{statement}" for statement in written.split("\nCREATE")[1:]]


def _size(row: str, table: str) -> str:
    return f"({' + '.join(f'length({row}.{column})' for column in SIZED[table])})"


def _is_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"
