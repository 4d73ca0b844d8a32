"""Databases that exist as long as a benchmark runs."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import md5
from pathlib import Path
from typing import Any

from tests.databases import execute, fresh_postgres, run

TITLES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@contextmanager
def fresh(engine: str) -> Iterator[tuple[Path, str]]:
    """Yield a new folder and the address of a new, empty database; remove both afterwards."""
    with tempfile.TemporaryDirectory(prefix="freesewing-bench-") as folder:
        if engine == "sqlite":
            yield Path(folder), f"sqlite:///{folder}/bench.db"
        else:
            with fresh_postgres() as url:
                yield Path(folder), url


def query(url: str, *statements: str) -> Any:
    """Run statements outside of any server, and return the rows of the last one."""
    if url.startswith("postgresql"):
        return run(execute(*statements, url=url))
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
        # PostgreSQL has it, SQLite does not.
        connection.create_function("md5", 1, lambda text: md5(text.encode()).hexdigest(), deterministic=True)
        return [connection.execute(statement).fetchall() for statement in statements][-1]
