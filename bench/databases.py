"""Databases that exist as long as a benchmark runs."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.databases import fresh_postgres

ENGINES = ("sqlite", "postgresql")


@contextmanager
def fresh(engine: str) -> Iterator[tuple[Path, str]]:
    """A new folder and the address of a new, empty database; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="freesewing-bench-") as folder:
        if engine == "sqlite":
            yield Path(folder), f"sqlite:///{folder}/bench.db"
        else:
            with fresh_postgres() as url:
                yield Path(folder), url
