"""URLs of databases: `sqlite:///file` and `postgresql://user:password@host:port/name`."""

from pathlib import Path

from sqlalchemy import URL
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

# Options of asyncpg, and one of SQLAlchemy, whose values are text or a whole number.
OPTIONS = {"host", "port", "ssl", "passfile", "target_session_attrs", "krbsrvname", "prepared_statement_cache_size"}
SSL = {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}


class DatabaseUrlInvalid(ValueError):
    """The URL cannot be used. The message names the setting and does not quote the URL, which may hold a password."""

    def __init__(self, detail: str, settings: str = "FREESEWING_DATABASE_URL") -> None:
        super().__init__(f"{settings}: {detail}")


def parse(url: str) -> URL:
    """Return the parts of a URL; raises DatabaseUrlInvalid."""
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError):
        raise DatabaseUrlInvalid(
            "must be sqlite:///file or postgresql://user:password@host:port/name;"
            " percent-encode special characters of user and password"
        ) from None
    if parts.drivername == "sqlite":
        _require_file(parts)
    elif parts.drivername in ("postgresql", "postgresql+asyncpg"):
        _require_options(parts)
    else:
        raise DatabaseUrlInvalid("must start with sqlite:/// or postgresql://")
    return parts


def file_of(url: str) -> Path | None:
    """Return the file of an SQLite database, None for PostgreSQL; raises DatabaseUrlInvalid."""
    parts = parse(url)
    return Path(parts.database or "").absolute() if parts.drivername == "sqlite" else None


def shown(url: str) -> str:
    """Return what to call the database: the file, or PostgreSQL's host and name, without user and password."""
    parts = parse(url)
    if (file := file_of(url)) is not None:
        return str(file)
    host = parts.host or parts.query.get("host", "localhost")
    return f"{host}{f':{parts.port}' if parts.port else ''}/{parts.database or ''}"


def make_folder(url: str) -> None:
    """Make the folder of an SQLite database; raises DatabaseUrlInvalid."""
    file = file_of(url)
    try:
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        detail = f"the folder {error.filename} cannot be made: {error.strerror}"
        raise DatabaseUrlInvalid(detail, "FREESEWING_DATABASE_URL, FREESEWING_DATA_DIR") from None


def _require_file(parts: URL) -> None:
    if parts.host or parts.query or parts.database in (None, "", ":memory:"):
        raise DatabaseUrlInvalid("must name a file: sqlite:///relative/path or sqlite:////absolute/path")


def _require_options(parts: URL) -> None:
    if "sslmode" in parts.query:
        raise DatabaseUrlInvalid("has the option `sslmode`; the name of that option is `ssl` here")
    if unknown := sorted(set(parts.query) - OPTIONS):
        raise DatabaseUrlInvalid(
            f"has the unknown option `{unknown[0]}`; the options are {', '.join(sorted(OPTIONS))}"
        )
    if parts.query.get("ssl", "prefer") not in SSL:
        raise DatabaseUrlInvalid(f"the option `ssl` must be one of {', '.join(sorted(SSL))}")
