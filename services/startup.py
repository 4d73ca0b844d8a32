"""What must be so before the server or a command uses the database: its secrets, and its schema.

A secret that is not set is made and kept in DATA_DIR, but never for a database that has rows.
"""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Iterator

from sqlalchemy import Connection

import settings as configuration
from core.errors import StorageUnavailable
from services.auth.derivation import derive
from settings import Settings, SettingsInvalid
from storage import canaries, health
from storage.canaries import SecretsWrong
from storage.database import Storage
from storage.engines import diagnosis, urls
from storage.schema.encryption import Keyring

RETRY_SECONDS = 1.0
LOST = (
    "The secrets of this database are missing: FREESEWING_ENCRYPTION_KEYS and FREESEWING_SECRET_KEY are not both set,"
    " and {kept} does not exist. The database has rows that depend on them, so that no new ones are made. Set both,"
    " or restore that file from its backup. " + canaries.HELP
)
AWAY = (
    "FREESEWING_ENCRYPTION_KEYS and FREESEWING_SECRET_KEY are not both set, {kept} does not exist, and"
    " FREESEWING_DATABASE_URL cannot be used: {reason}. New secrets are made only for a database without rows: start"
    " the database first, or set both."
)
MIGRATE = "Run `python cli.py migrate`: it prints whether this version can serve the database."
log = logging.getLogger(__name__)


def keyring(settings: Settings) -> Keyring:
    """Return the encryption keys, with what the canaries know the secret key by; no keys if none are set."""
    keys = configuration.parse_keys(settings.encryption_keys) if settings.encryption_keys else {}
    secret = derive(settings.secret_key, "canary").hex() if settings.secret_key else ""
    return Keyring(keys, secret)


def with_secrets(settings: Settings) -> Settings:
    """Return the settings with both secrets, which are made now if they are missing and the database has no rows.

    Raises SettingsInvalid, DatabaseUrlInvalid.
    """
    require_secrets(settings)
    return configuration.make_secrets(settings)


def require_secrets(settings: Settings) -> None:
    """Raise SettingsInvalid if a secret is missing for a database that has rows, or that does not answer.

    Nothing is made. Raises DatabaseUrlInvalid.
    """
    if settings.encryption_keys and settings.secret_key:
        return
    kept = configuration.kept_secrets(settings)
    file = urls.file_of(settings.database_url)
    is_new_file = file is not None and not file.exists()
    try:
        has_rows = not is_new_file and asyncio.run(_has_rows(settings))
    except diagnosis.ERRORS as error:
        raise SettingsInvalid(AWAY.format(kept=kept, reason=diagnosis.explain(error))) from None
    # Looked for once more: another instance may have made them, and written the first rows, a moment ago.
    if has_rows and not kept.exists():
        raise SettingsInvalid(LOST.format(kept=kept))


async def _has_rows(settings: Settings) -> bool:
    async with Storage(settings.database_url, Keyring({}), pool=1) as storage:
        return await storage.read(canaries.protect)


def check_database(connection: Connection) -> None:
    """The first unit of work of a server: check the schema, then the secrets, and write what later starts compare.

    Raises StorageUnavailable for a schema that this code cannot serve, and SecretsWrong.
    """
    health.require_schema(connection)
    canaries.establish(connection)


def check(settings: Settings, *, may_wait: bool) -> None:
    """Check the database before the server starts; raises SettingsInvalid with instructions for the operator.

    A database that does not answer does not stop the start: `await_database` goes on. Nor does one that waits for its
    migrations, if the server `may_wait`. Workers may not: their supervisor then keeps those that it has.
    """
    try:
        with explained():
            asyncio.run(_checked(settings))
    except StorageUnavailable as error:
        if str(error.cause) == "migrations" and not may_wait:
            raise SettingsInvalid(f"{error.detail} {MIGRATE}") from None


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Raise SettingsInvalid, with the same instructions, in place of SecretsWrong."""
    try:
        yield
    except SecretsWrong as error:
        raise SettingsInvalid(str(error)) from None


async def _checked(settings: Settings) -> None:
    async with Storage(settings.database_url, keyring(settings), pool=1) as storage:
        await storage.write(check_database)


async def await_database(storage: Storage) -> None:
    """Wait until the database has passed the check; end the process if the secrets turn out to be wrong."""
    waiting = ""
    while True:
        try:
            await storage.read(health.revision)
        except StorageUnavailable as error:
            if isinstance(error.__cause__, SecretsWrong):
                log.critical("%s", error.__cause__)
                signal.raise_signal(signal.SIGTERM)
                return
            if waiting != (reason := diagnosis.explain(error)):
                waiting = reason
                log.warning("waiting for FREESEWING_DATABASE_URL: %s", reason)
        else:
            return
        await asyncio.sleep(RETRY_SECONDS)
