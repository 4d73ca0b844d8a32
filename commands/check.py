"""`check`: whether the server could work with these settings, beside a running server or before its first start."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import settings as configuration
import storage
from commands import tables
from commands.work import Parsers, command
from services import startup
from services.diagnostics import advice, checks
from services.diagnostics.checks import FAILED, OK, WARNING, Clock, Finding
from settings import Settings, SettingsInvalid
from storage import canaries, health
from storage import checks as database_checks
from storage.canaries import SecretsWrong
from storage.engines import diagnosis, urls

DATABASE_URL, ENCRYPTION_KEYS = "FREESEWING_DATABASE_URL", "FREESEWING_ENCRYPTION_KEYS"
COLUMNS = ("state", "check", "setting", "detail")
# Connections that PostgreSQL keeps for superusers, unless it is set up differently.
RESERVED = 3


def add(parsers: Parsers) -> None:
    """`check`."""
    text = "check the settings, the database, Redis, the mail server, the image store and the clock"
    check = command(parsers, "check", _check, text, needs_settings=False)
    check.add_argument("--format", choices=("table", "json"), default="table", help="json: an object a line")


def _check(_settings: None, options: Any) -> int:
    found = asyncio.run(_all())
    if options.format == "json":
        for finding in found:
            print(json.dumps(finding._asdict()))
    else:
        tables.rows(COLUMNS, [(one.state, one.check, one.setting or None, one.detail) for one in found])
    return 1 if any(finding.state == FAILED for finding in found) else 0


async def _all() -> list[Finding]:
    from services import container  # takes a second, for which other commands need not wait

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
        await storage.connect(settings.database_url, startup.keyring(settings), pool=1)
        server = await storage.read(database_checks.describe)
        yield _described(server, settings)
        if server.most_connections is not None:
            clocks.append(await checks.ask_clock("PostgreSQL", lambda: storage.read(database_checks.seconds)))
        yield await _schema()
        yield await _secrets(settings)
    except diagnosis.ERRORS as error:
        yield _failed("database", diagnosis.explain(error))
    finally:
        await storage.disconnect()


def _described(server: database_checks.Server, settings: Settings) -> Finding:
    wanted = settings.workers * settings.database_pool
    if server.most_connections is not None and wanted > server.most_connections - RESERVED:
        detail = (
            f"one instance opens up to {wanted} connections; {server.name} allows {server.most_connections} in all"
        )
        return Finding(WARNING, "database", "FREESEWING_DATABASE_POOL", detail)
    return Finding(OK, "database", "", f"{server.name} answers")


async def _schema() -> Finding:
    try:
        await storage.read(health.require_schema)
        await storage.write(database_checks.write)
    except diagnosis.ERRORS as error:
        return _failed("schema", diagnosis.explain(error))
    revision = await storage.read(health.revision)
    return Finding(OK, "schema", "", f"revision {revision}, and rows can be written")


async def _secrets(settings: Settings) -> Finding:
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
