"""Fill an empty PostgreSQL database: 3 keys and 10 sets an account, and what goes with them, by COPY.

The rows are encrypted and hashed under FREESEWING_ENCRYPTION_KEYS and FREESEWING_SECRET_KEY, else the secrets in the
data directory, where `bench.growth.measure` finds them again.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path

import asyncpg
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

import settings as configuration
from bench.growth import definitions
from bench.growth.rows import Maker
from core import clock
from services import container
from settings import Settings
from storage import migrate
from storage.schema.encryption import Keyring

DATA_DIR = Path("data/growth")
# Numbers whose rows go into one COPY.
TOGETHER = 20_000
_maker: Maker


def main(arguments: list[str] | None = None) -> int:
    """Fill the database that was named."""
    parser = argparse.ArgumentParser(prog="python -m bench.growth.fill", description=__doc__)
    parser.add_argument("--accounts", type=int, default=1_000_000, help="how many (default a million)")
    parser.add_argument("--database-url", required=True, help="an empty database, postgresql://…")
    parser.add_argument("--data-dir", type=Path, default=DATA_DIR, help=f"holds the secrets (default {DATA_DIR})")
    parser.add_argument("--processes", type=int, default=2, help="that make rows (default 2)")
    options = parser.parse_args(arguments)
    settings = configuration.make_secrets(
        configuration.load(data_dir=options.data_dir, database_url=options.database_url)
    )
    fill(settings, options.accounts, options.processes)
    return 0


def fill(settings: Settings, accounts: int, processes: int = 2) -> None:
    """Migrate the empty database of these settings and fill it."""
    migrate.upgrade(settings.database_url)
    started = time.monotonic()
    with _progress() as progress:
        made = asyncio.run(_begin(settings, accounts))
        _copy(settings, accounts, processes, progress)
        asyncio.run(_finish(settings, made, progress))
    print(f"{accounts:,} accounts in {time.monotonic() - started:.0f} s")


def _progress() -> Progress:
    columns = (TextColumn("{task.description:<28}"), BarColumn(), TaskProgressColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn())


async def _begin(settings: Settings, accounts: int) -> list[str]:
    """Make sure that nothing is there, and take off what slows COPY down; how to put it on again."""
    connection = await asyncpg.connect(settings.database_url)
    try:
        if await connection.fetchval("SELECT EXISTS (SELECT FROM accounts)"):
            raise SystemExit("there are accounts already: an empty database is wanted")
        return await definitions.take_off(connection, _names(settings, accounts))
    finally:
        await connection.close()


def _names(settings: Settings, accounts: int) -> list[str]:
    return [filling.table.name for filling in _new_maker(settings, accounts, clock.now()).fillings()]


def _copy(settings: Settings, accounts: int, processes: int, progress: Progress) -> None:
    moment = clock.now()
    fillings = _new_maker(settings, accounts, moment).fillings()
    with ProcessPoolExecutor(
        processes, get_context("spawn"), initializer=_ready, initargs=(settings, accounts, moment)
    ) as pool:
        for place, filling in enumerate(fillings):
            task = progress.add_task(filling.table.name, total=filling.numbers)
            parts = [pool.submit(_copy_part, settings.database_url, place, part) for part in _parts(filling.numbers)]
            for part in as_completed(parts):
                progress.advance(task, part.result())


def _parts(count: int) -> Iterator[range]:
    for start in range(1, count + 1, TOGETHER):
        yield range(start, min(start + TOGETHER, count + 1))


def _new_maker(settings: Settings, accounts: int, moment: datetime) -> Maker:
    keyring = Keyring(configuration.parse_keys(settings.encryption_keys))
    return Maker(accounts, keyring, container.of(settings).api_secrets, moment)


def _ready(settings: Settings, accounts: int, moment: datetime) -> None:
    """In a process that makes rows."""
    global _maker
    _maker = _new_maker(settings, accounts, moment)


def _copy_part(url: str, place: int, numbers: range) -> int:
    asyncio.run(_copy_rows(url, place, numbers))
    return len(numbers)


async def _copy_rows(url: str, place: int, numbers: range) -> None:
    filling = _maker.fillings()[place]
    # What a row does not tell is null.
    columns = [column.name for column in filling.table.columns]
    rows = (tuple(map(row.get, columns)) for number in numbers for row in filling.rows(number))
    connection = await asyncpg.connect(url)
    try:
        await connection.copy_records_to_table(filling.table.name, records=rows, columns=columns)
    finally:
        await connection.close()


async def _finish(settings: Settings, made: list[str], progress: Progress) -> None:
    """Keys and indices, the sequences, the planner's statistics, and the totals that a running server would have."""
    connection = await asyncpg.connect(settings.database_url)
    try:
        await connection.execute("SET maintenance_work_mem = '1GB'")
        task = progress.add_task("keys and indices", total=len(made))
        for statement in made:
            await connection.execute(statement)
            progress.advance(task)
        await connection.execute(_SEQUENCES)
        task = progress.add_task("statistics", total=1)
        await connection.execute("VACUUM (ANALYZE)")
        progress.advance(task)
    finally:
        await connection.close()
    task = progress.add_task("totals", total=1)
    services = container.of(settings)
    async with services.storage:
        await services.statistics.refresh()
    progress.advance(task)


_SEQUENCES = """
DO $$
DECLARE of record;
BEGIN
  FOR of IN SELECT table_name AS name, pg_get_serial_sequence(table_name, 'id') AS sequence
            FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'id'
  LOOP
    IF of.sequence IS NOT NULL THEN
      EXECUTE format('SELECT setval(%L, greatest((SELECT max(id) FROM %I), 1))', of.sequence, of.name);
    END IF;
  END LOOP;
END $$
"""

if __name__ == "__main__":
    sys.exit(main())
