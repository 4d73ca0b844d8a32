"""`check`: whether the server can work with these settings, beside a running server or before its first start."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Literal

import typer

import settings as configuration
from commands import tables, work
from services import startup
from services.diagnostics import advice, checks
from services.diagnostics.checks import FAILED, OK, WARNING, Clock, Finding
from settings import Settings, SettingsInvalid
from storage import canaries, health
from storage import checks as database_checks
from storage.canaries import SecretsWrong
from storage.database import Storage
from storage.engines import diagnosis, urls

DATABASE_URL, ENCRYPTION_KEYS = "FREESEWING_DATABASE_URL", "FREESEWING_ENCRYPTION_KEYS"
COLUMNS = ("state", "check", "setting", "detail")
# Connections that PostgreSQL reserves for superusers by default.
RESERVED = 3


def check(
    form: Annotated[Literal["table", "json"], typer.Option("--format", help="json: one object a line.")] = "table",
) -> None:
    """Check the settings, and what the server depends on.

    That is the database, Redis, the mail server, the image store and the clock. Exit status 1: a check failed.
    """
    found = asyncio.run(_all())
    if form == "json":
        for finding in found:
            print(json.dumps(finding._asdict()))
    else:
        tables.rows(COLUMNS, [(one.state, one.check, one.setting or None, one.detail) for one in found])
    if any(finding.state == FAILED for finding in found):
        raise typer.Exit(1)


async def _all() -> list[Finding]:
    from services import container  # its import takes a second: other commands do not wait for it

    try:
        settings = configuration.load()
        # The images are checked below.
        container.of(settings.model_copy(update={"images_url": "memory:"}))
    except (SettingsInvalid, ValueError) as error:
        return [*_advised(advice.on_unknown_names()), *map(_refused, str(error).splitlines())]
    found = _advised(advice.of(settings)) or [Finding(OK, "settings", "", "are known, valid and plausible")]
    clocks = list[Clock]()
    found += [finding async for finding in _database(settings, clocks)]
    of_redis, clock = await checks.redis(settings)
    clocks += [clock] if clock else []
    return [*found, of_redis, await checks.mail(settings), await checks.images(settings), *checks.clocks(clocks)]


def _advised(given: list[advice.Advice]) -> list[Finding]:
    return [Finding(WARNING, "settings", one.setting, one.text) for one in given]


def _refused(line: str) -> Finding:
    """Return the finding for a line of an error message, which begins with the name of a setting."""
    setting, _, detail = line.partition(" ")
    return Finding(FAILED, "settings", setting.rstrip(":"), detail)


async def _database(settings: Settings, clocks: list[Clock]) -> AsyncIterator[Finding]:
    file = urls.file_of(settings.database_url)
    if file is not None and not file.exists():
        yield _failed("database", f"there is no file {file}; `python cli.py migrate` makes the database")
        return
    try:
        async with work.open_database(settings) as storage:
            server = await storage.read(database_checks.describe)
            yield _described(server, settings)
            if server.most_connections is not None:
                clocks.append(await checks.ask_clock("PostgreSQL", lambda: storage.read(database_checks.seconds)))
            yield await _schema(storage)
            yield await _secrets(storage, settings)
    except diagnosis.ERRORS as error:
        yield _failed("database", diagnosis.explain(error))


def _described(server: database_checks.Server, settings: Settings) -> Finding:
    wanted = settings.workers * settings.database_pool
    if server.most_connections is not None and wanted > server.most_connections - RESERVED:
        detail = (
            f"one instance opens up to {wanted} connections; {server.name} allows {server.most_connections} in all"
        )
        return Finding(WARNING, "database", "FREESEWING_DATABASE_POOL", detail)
    return Finding(OK, "database", "", f"{server.name} answers")


async def _schema(storage: Storage) -> Finding:
    try:
        await storage.read(health.require_schema)
        await storage.write(database_checks.write)
    except diagnosis.ERRORS as error:
        return _failed("schema", diagnosis.explain(error))
    revision = await storage.read(health.revision)
    return Finding(OK, "schema", "", f"revision {revision}, and rows can be written")


async def _secrets(storage: Storage, settings: Settings) -> Finding:
    """Compare the canaries, which a server writes at its first start."""
    has_rows = await storage.read(canaries.protect)
    if not (settings.encryption_keys and settings.secret_key):
        kept = configuration.kept_secrets(settings)
        if has_rows:
            return _refused_secrets(startup.LOST.format(kept=kept))
        return Finding(WARNING, "secrets", ENCRYPTION_KEYS, f"are not set; the server makes and keeps them in {kept}")
    try:
        await storage.read(canaries.check_if_any)
    except SecretsWrong as error:
        return _refused_secrets(str(error))
    return Finding(OK, "secrets", "", "are those of the database")


def _refused_secrets(text: str) -> Finding:
    setting, _, detail = text.partition(": ")
    if not setting.startswith("FREESEWING_"):
        setting, detail = ENCRYPTION_KEYS, text
    return Finding(FAILED, "secrets", setting, detail)


def _failed(check: str, detail: str) -> Finding:
    return Finding(FAILED, check, DATABASE_URL, detail)
