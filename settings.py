"""The settings: one class, read once from `FREESEWING_<NAME>` in the environment or a `.env` file."""

import os
import re
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core import env_file, secrets_file
from core.secrets_file import LEAST_SECRET
from core.secrets_file import parse_keys as parse_keys

# Set by each of our programs at its start, so that only the owner can read and write files and folders. A umask also
# applies to files that libraries create: SQLite's -wal and -shm, and those of the image store.
UMASK = 0o077


class SettingsInvalid(Exception):
    """A setting cannot be used; the message names it and its valid values."""


# Paths are appended to a base URL, which is used in pages, headers and mails.
_BASE_URL = re.compile(
    r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/(?!\.{1,2}(/|$))[A-Za-z0-9._~-]+)*"
)
# They become part of URLs and headers, so characters with a meaning there are rejected.
_FORGE_FORMS = {
    "forge_repository": (r"([A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)?", "owner/name"),
    "forge_token": (r"[!-~]*", "one word of ASCII"),
    "forge_branch": (r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*", "the name of a branch"),
    "forge_posts": (
        r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*",
        "a folder of the repository, without a slash at either end",
    ),
    "forge_discussions": (r"[a-z0-9-]+", "a category as in its address: lower-case letters, digits, dashes"),
}

_NUMBERED = re.compile(r"rediss?://[^/?]+(/\d*)?(\?.*)?")
PREFIX = "FREESEWING_"
ENV_FILE = ".env"


class Settings(BaseSettings):
    """Every setting with its default; `python cli.py settings` prints this table."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=ENV_FILE, extra="ignore", frozen=True)

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on.")
    workers: int = Field(1, ge=1, le=64, description="Number of server processes; see docs/operate.md.")
    public_url: str = Field(
        "", description="URL at which clients reach this server; it may have a path; default: http://HOST:PORT."
    )
    website_url: str = Field("", description="URL at which links in mails start; default: PUBLIC_URL.")
    environment: Literal["development", "production"] = Field(
        "development",
        description="development or production. In production missing secrets and test mode stop the start.",
    )
    data_dir: Path = Field(
        Path("data"), description="Folder for the SQLite file, mails, images and generated secrets."
    )
    database_url: str = Field(
        "", description="sqlite:///file or postgresql://user@host/db; default: SQLite in DATA_DIR."
    )
    database_pool: int = Field(16, ge=1, le=500, description="Maximum number of PostgreSQL connections of a process.")
    key_cache_seconds: float = Field(
        0,
        ge=0,
        le=1,
        description="TTL of the identity cache on PostgreSQL, at most 1. With 0 a revoked key is rejected at"
        " once on every instance, otherwise at once only on the instance that revokes it.",
    )
    redis_url: str = Field(
        "", description="redis://host:port/number. Several instances need it to count limits together."
    )
    limits: Literal["on", "off"] = Field(
        "on", description="Limits for fair use; off only for benchmarks and test suites."
    )
    quotas: str = Field("", description="Quotas that differ from the defaults: policy=units, comma-separated.")
    max_concurrency: int = Field(
        500, ge=1, description="Requests that a process works on at the same time; more get 503."
    )
    max_connections: int = Field(
        800, ge=1, description="Connections of a process; at the limit an idle or slow one is closed."
    )
    max_connections_per_address: int = Field(
        100,
        ge=1,
        description="Connections of a process from one address (IPv6: one /64) that is no trusted proxy; also"
        " the number of its requests that wait for their client.",
    )
    client_seconds: float = Field(
        20.0,
        gt=0,
        description="Seconds in which a client must send a request; also the longest pause within a body or"
        " response.",
    )
    trusted_proxies: str = Field(
        "127.0.0.1", description="Addresses of reverse proxies whose X-Forwarded-For is trusted, comma-separated."
    )
    mail_url: str = Field("", description="file:folder, smtp:// or smtps://; default: DATA_DIR/outbox.")
    mail_from: str = Field("FreeSewing <no-reply@localhost>", description="Sender of every mail.")
    maintainer_email: str = Field(
        "", description="Recipient of suggestions and offers to translate; default: the address of MAIL_FROM."
    )
    maintainer_language: Literal["en", "de", "es", "fr", "nl", "uk"] = Field(
        "en", description="Language of mails to MAINTAINER_EMAIL: en, de, es, fr, nl, uk."
    )
    images_url: str = Field("", description="file:folder, memory: or s3://bucket; default: DATA_DIR/images.")
    forge: Literal["", "github", "forgejo"] = Field(
        "", description="Code forge for issues and posts: github, or forgejo (Codeberg among others)."
    )
    forge_url: str = Field(
        "", description="URL of the forge's API; default: https://api.github.com, https://codeberg.org/api/v1."
    )
    forge_repository: str = Field("", description="Repository for issues and posts: owner/name.")
    forge_token: str = Field("", description="Access token for the forge; its permissions are in docs/administer.md.")
    forge_branch: str = Field("main", description="Base branch of pull requests with posts.")
    forge_posts: str = Field("markdown/org", description="Folder of posts: FOLDER/blog/SLUG/LANGUAGE.md.")
    forge_discussions: str = Field("general", description="GitHub's category for discussions, as in its URL.")
    encryption_keys: str = Field(
        "",
        description="id:base64 of 32 bytes, comma-separated; the first encrypts, all decrypt; default:"
        " generated, in DATA_DIR.",
    )
    secret_key: str = Field(
        "",
        description="At least 32 random characters; signs tokens and hashes API secrets. A change invalidates"
        " all of them; default: generated, in DATA_DIR.",
    )
    test_mode: bool = Field(False, description="Lets addresses in TEST_DOMAIN skip mail; never in production.")
    test_domain: str = Field("freesewing.dev", description="Domain of the addresses of test mode.")
    import_token: str = Field(
        "", description="At least 16 random characters that imports from version 2 must send; empty disables imports."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Lowest level that is logged: debug, info, warning, error."
    )
    log_format: Literal["", "text", "json"] = Field(
        "", description="Log lines for people (text) or for programs (json); default: text, json in production."
    )
    slow_request_seconds: float = Field(1.0, ge=0, description="Slower requests are logged and listed; 0 for none.")
    metrics_port: int = Field(
        0,
        ge=0,
        le=65535,
        description="Port of the metrics for Prometheus, with several workers the first port; 0 is off.",
    )
    metrics_host: str = Field(
        "127.0.0.1", description="Address of the metrics; it must not be reachable from the internet."
    )
    commit: str = Field("", description="Commit of the code, for log and metrics; default: that of the clone.")

    @field_validator("public_url", "website_url", "forge_url")
    @classmethod
    def _base_url(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        if "?" in value or "#" in value:
            raise ValueError("must have no query (?) and no fragment (#)")
        base = value.removesuffix("/")
        if base and not _BASE_URL.fullmatch(base):
            raise ValueError("must be like https://example.org or https://example.org:8443/path, in ASCII")
        return base

    @field_validator("database_url")
    @classmethod
    def _engine_url(cls, value: str) -> str:
        if value and not value.startswith(("sqlite:///", "postgresql://", "postgresql+asyncpg://", "postgres://")):
            raise ValueError("must start with sqlite:/// or postgresql://")
        return value.replace("postgres://", "postgresql://", 1)

    @field_validator("redis_url")
    @classmethod
    def _redis_url(cls, value: str) -> str:
        if value and not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must start with redis://, rediss:// or unix://")
        if value and not value.startswith("unix:") and not (_host_of(value) and _NUMBERED.fullmatch(value)):
            raise ValueError("must be redis://host:port/number; percent-encode user and password")
        return value

    @field_validator("forge_repository", "forge_token", "forge_branch", "forge_posts", "forge_discussions")
    @classmethod
    def _forge_value(cls, value: str, field: ValidationInfo) -> str:
        form, wanted = _FORGE_FORMS[str(field.field_name)]
        if not re.fullmatch(form, value) or ".." in value:
            raise ValueError(f"must be {wanted}")
        return value

    @model_validator(mode="after")
    def _complete_forge(self) -> "Settings":
        if self.forge and not (self.forge_repository and self.forge_token):
            raise ValueError("FORGE needs FORGE_REPOSITORY and FORGE_TOKEN")
        return self

    @model_validator(mode="after")
    def _metrics_port_for_each_worker(self) -> "Settings":
        if self.metrics_port + self.workers - 1 > 65535:
            raise ValueError("METRICS_PORT leaves no port for the last of so many WORKERS")
        return self

    @model_validator(mode="after")
    def _fit_for_production(self) -> "Settings":
        if self.environment == "production":
            if self.test_mode:
                raise ValueError("TEST_MODE cannot be on in production")
            missing = [name.upper() for name in (*secrets_file.NAMES, "public_url") if not getattr(self, name)]
            if missing:
                raise ValueError("\n".join(f"{name} must be set in production" for name in missing))
        if self.secret_key and len(self.secret_key) < LEAST_SECRET:
            raise ValueError(f"SECRET_KEY needs at least {LEAST_SECRET} characters")
        if self.import_token and len(self.import_token) < 16:
            raise ValueError("IMPORT_TOKEN needs at least 16 characters")
        if self.encryption_keys:
            parse_keys(self.encryption_keys)
        return self


def _host_of(url: str) -> str:
    """Return the host that a URL names; empty if there is none, or if the port is no number."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "") if parts.port is None or parts.port else ""
    except ValueError:
        return ""


def load(**overrides: object) -> Settings:
    """Return the settings from the environment, with all defaults; raises SettingsInvalid.

    Secrets that are not set are read from DATA_DIR/secrets.json. In development they may be empty: `make_secrets`
    generates them.
    """
    try:
        env_file.require_valid_lines(Path(ENV_FILE), prefix=PREFIX)
        settings = Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsInvalid(_explain(error)) from None
    except ValueError as error:
        raise SettingsInvalid(str(error)) from None
    data = settings.data_dir.absolute()
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    return settings.model_copy(
        update={
            "data_dir": data,
            "public_url": base,
            "website_url": settings.website_url or base,
            "database_url": settings.database_url or f"sqlite:///{data / 'freesewing.db'}",
            "mail_url": settings.mail_url or f"file:{data / 'outbox'}",
            "log_format": settings.log_format or ("json" if settings.environment == "production" else "text"),
            "images_url": settings.images_url or f"file:{data / 'images'}",
            **_secrets(settings.model_copy(update={"data_dir": data})),
        }
    )


def _explain(error: ValidationError) -> str:
    """Return one line for each wrong setting: its name as in the environment, without the value."""
    lines = []
    for issue in error.errors():
        name = "_".join(str(part) for part in issue["loc"]).upper()
        problem = issue["msg"].removeprefix("Value error, ")
        # Messages about several settings begin with the name of the first.
        lines += [f"FREESEWING_{name}: {problem}"] if name else [f"FREESEWING_{one}" for one in problem.split("\n")]
    return "\n".join(lines)


def kept_secrets(settings: Settings) -> Path:
    """Return the file of the generated secrets."""
    return settings.data_dir / "secrets.json"


def make_secrets(settings: Settings) -> Settings:
    """Return the settings with both secrets; missing ones are generated and stored in DATA_DIR/secrets.json.

    The caller must check that the database has no rows that need other secrets: see `services.startup`.
    """
    file = kept_secrets(settings)
    if not (settings.encryption_keys and settings.secret_key) and not file.exists():
        try:
            secrets_file.create(file)
        except ValueError as error:
            raise SettingsInvalid(f"FREESEWING_DATA_DIR: {error}") from None
    return settings.model_copy(update=_secrets(settings))


def _secrets(settings: Settings) -> dict[str, str]:
    """Return the two secrets: as set, or from the file in DATA_DIR; empty if both are set or there is no file."""
    file = kept_secrets(settings)
    if (settings.encryption_keys and settings.secret_key) or not os.path.lexists(file):
        return {}
    try:
        stored = secrets_file.read(file)
    except ValueError as error:
        raise SettingsInvalid(f"FREESEWING_DATA_DIR: {error}") from None
    return {name: getattr(settings, name) or stored[name] for name in stored}
