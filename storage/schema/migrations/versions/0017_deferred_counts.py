"""Count what is stored at the end of a transaction on PostgreSQL, and not at all what keeps its size.

A trigger that ran with the statement locked the account's count until the COMMIT had arrived from the client: the
writes of one account waited for each other. The transaction makes all of it or nothing; the code deployed before runs
on this schema, but may exceed a quota by the record that it writes.
"""

from importlib import import_module

from alembic import op

revision = "0017"
down_revision = "0016"
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
CREATE TRIGGER {table}_changed AFTER UPDATE OF {columns} ON {table} WHEN {new} <> {old} BEGIN
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
  UPDATE storage_use SET records = records + 1, bytes = bytes + {new} WHERE user_id = NEW.user_id;
  IF NOT FOUND THEN
    INSERT INTO storage_use AS held (user_id, records, bytes) VALUES (NEW.user_id, 1, {new})
    ON CONFLICT (user_id) DO UPDATE SET records = held.records + 1, bytes = held.bytes + excluded.bytes;
  END IF;
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
CREATE CONSTRAINT TRIGGER {table}_added AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION {table}_added();
CREATE CONSTRAINT TRIGGER {table}_changed AFTER UPDATE OF {columns} ON {table} DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN ({new} <> {old}) EXECUTE FUNCTION {table}_changed();
CREATE TRIGGER {table}_removed AFTER DELETE ON {table} REFERENCING OLD TABLE AS removed
FOR EACH STATEMENT EXECUTE FUNCTION {table}_removed();
"""


def upgrade() -> None:
    for table in SIZED:
        _drop_triggers(table)
        for statement in _triggers(table):
            op.execute(statement)


def downgrade() -> None:
    former = import_module("storage.schema.migrations.versions.0012_storage_use")
    for table in SIZED:
        _drop_triggers(table)
        for statement in former._triggers(table):
            op.execute(statement)


def _drop_triggers(table: str) -> None:
    for name in (f"{table}_added", f"{table}_changed", f"{table}_removed"):
        op.execute(f"DROP TRIGGER {name} ON {table}" if _is_postgresql() else f"DROP TRIGGER {name}")
        if _is_postgresql():
            op.execute(f"DROP FUNCTION {name}()")


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
