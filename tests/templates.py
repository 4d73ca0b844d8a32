"""Databases as `cli.py migrate` and `seed` leave them: made once in each process, then copied.

Nearly every server of the tests begins with one, and making it takes two seconds of processor time.
"""

import asyncio
import atexit
import os
import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from uuid import uuid4

import asyncpg

from tests import forked
from tests.databases import POSTGRES, execute, run

_SERVER = POSTGRES.rsplit("/", 1)[0]
_SQLITE = "sqlite:///"
# After which a command is ended.
MOST_SECONDS = 120.0


def prepare(database_url: str, environment: Mapping[str, str]) -> None:
    """Migrate and seed a database: a new one by a copy, one that holds something by the commands themselves."""
    if database_url.startswith(_SQLITE):
        file = Path(database_url.removeprefix(_SQLITE))
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(_sqlite(), file)
            return
    elif database_url.startswith(f"{_SERVER}/") and run(_is_empty(database_url)):
        run(_copy(_postgres(), database_url.rpartition("/")[2]))
        return
    run_commands(environment)


def run_commands(environment: Mapping[str, str]) -> None:
    """Migrate and seed, as an operator does."""
    for command in ("migrate", "seed"):
        forked.run("cli", command, environment=environment, timeout=MOST_SECONDS).check_returncode()


@cache
def _sqlite() -> Path:
    folder = _folder()
    _make(folder, f"{_SQLITE}{folder / 'template.db'}")
    return folder / "template.db"


@cache
def _postgres() -> str:
    name = f"freesewing_test_{uuid4().hex[:12]}"
    run(execute(f"CREATE DATABASE {name}"))
    # At the end of the process, when no thread can be started.
    atexit.register(lambda: asyncio.run(execute(f"DROP DATABASE {name} WITH (FORCE)")))
    _make(_folder(), f"{_SERVER}/{name}")
    return name


def _folder() -> Path:
    folder = Path(mkdtemp())
    atexit.register(shutil.rmtree, folder)
    return folder


def _make(folder: Path, url: str) -> None:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("FREESEWING_")}
    run_commands({**ours, "FREESEWING_DATA_DIR": str(folder), "FREESEWING_DATABASE_URL": url})


async def _is_empty(database_url: str) -> bool:
    connection = await asyncpg.connect(database_url, timeout=60)
    try:
        return not await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    finally:
        await connection.close()


async def _copy(template: str, name: str) -> None:
    await execute(f"DROP DATABASE {name}")
    await execute(f"CREATE DATABASE {name} TEMPLATE {template}")
