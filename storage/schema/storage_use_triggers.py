"""The triggers that count what an account stores (`storage/storage_use.py`), for migrations.

A migration of a new table of records creates them. A change of their SQL takes a migration that drops and creates
those of all counted tables, as 0017 does.
"""

from alembic import op

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

# Deferred: a count that was locked with the statement would stay locked until the COMMIT has arrived from the client,
# and the writes of an account would wait for each other. Removals are counted by statement: the removal of an account
# is one for each table.
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
CREATE CONSTRAINT TRIGGER {table}_added AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION {table}_added();
CREATE CONSTRAINT TRIGGER {table}_changed AFTER UPDATE OF {columns} ON {table} DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN ({new} <> {old}) EXECUTE FUNCTION {table}_changed();
CREATE TRIGGER {table}_removed AFTER DELETE ON {table} REFERENCING OLD TABLE AS removed
FOR EACH STATEMENT EXECUTE FUNCTION {table}_removed();
"""


def create(table: str, *columns: str) -> None:
    """Count the records of a table from now on: their number, and the bytes of these columns, which are not null."""
    written = (POSTGRESQL if _is_postgresql() else SQLITE).format(
        table=table,
        columns=", ".join(columns),
        new=_size("NEW", columns),
        old=_size("OLD", columns),
        sizes=_size("removed", columns),
    )
    # One statement at a time; those within a function or a trigger are indented.
    for statement in written.split("\nCREATE")[1:]:
        op.execute(f"CREATE{statement}")


def drop(table: str) -> None:
    """Count the records of a table no longer."""
    for name in (f"{table}_added", f"{table}_changed", f"{table}_removed"):
        op.execute(f"DROP TRIGGER {name} ON {table}" if _is_postgresql() else f"DROP TRIGGER {name}")
        if _is_postgresql():
            op.execute(f"DROP FUNCTION {name}()")


def _size(row: str, columns: tuple[str, ...]) -> str:
    return f"({' + '.join(f'length({row}.{column})' for column in columns)})"


def _is_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"
