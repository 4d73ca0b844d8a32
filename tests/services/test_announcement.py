"""One line at start-up tells which code runs, and with what."""

import asyncio
from pathlib import Path

import pytest

import settings
from core import document
from services.diagnostics import announcement
from services.observability import build
from storage import health, migrate
from storage.database import Storage
from storage.schema.encryption import Keyring

SECRETS = {
    "mail_url": "smtps://post:s3cret@mail.example.org:465",
    "images_url": "s3://bucket/folder?secret=s3cret",
    "redis_url": "redis://:s3cret@10.0.0.3:6379/2",
}
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def announced(data: Path, caplog: pytest.LogCaptureFixture, **given: str) -> str:
    """The line."""
    found = settings.make_secrets(settings.load(data_dir=data, **given))

    async def start() -> None:
        async with Storage(found.database_url, Keyring(settings.parse_keys(found.encryption_keys))) as storage:
            await announcement.announce(found, storage)

    with caplog.at_level("INFO", "freesewing-api"):
        asyncio.run(start())
    (line,) = caplog.records
    assert line.__dict__["version"] == document.load()["info"]["version"]
    return line.getMessage()


def test_the_line_names_version_commit_engine_schema_and_services_without_credentials(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    migrate.upgrade(f"sqlite:///{tmp_path / 'freesewing.db'}")
    line = announced(tmp_path, caplog, commit="abc123", **SECRETS)
    start, engine, rest = line.partition(", engine SQLite 3.")
    assert start == f"freesewing-api: version {build.version()}, commit abc123" and engine
    assert rest.partition(", ")[2] == (
        f"schema {health.newest()}, mail smtps://mail.example.org:465, images s3://bucket/folder, "
        "redis redis://10.0.0.3:6379/2, limits on"
    )


def test_the_line_is_written_without_a_database(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    url = "postgresql://post:s3cret@127.0.0.1:9/none"
    line = announced(tmp_path, caplog, database_url=url, limits="off")
    assert ", engine postgresql (not reachable), schema unknown, " in line
    folders = f"mail file:{tmp_path / 'outbox'}, images file:{tmp_path / 'images'}"
    assert line.endswith(f", {folders}, redis none, limits off")


def test_the_commit_is_read_from_a_clone_a_worktree_and_packed_references(tmp_path: Path) -> None:
    clone, worktree = tmp_path / "clone", tmp_path / "worktree"
    own = clone / ".git" / "worktrees" / "one"
    own.mkdir(parents=True)
    worktree.mkdir()
    (clone / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (clone / ".git" / "packed-refs").write_text(f"# pack-refs\n{COMMIT} refs/heads/main\n")
    (worktree / ".git").write_text(f"gitdir: {own}\n")
    (own / "HEAD").write_text("ref: refs/heads/main\n")
    (own / "commondir").write_text("../..\n")
    for root in (clone, worktree):
        assert build.commit(root) == COMMIT[:12]
    build.commit.cache_clear()
    (clone / ".git" / "refs" / "heads").mkdir(parents=True)
    (clone / ".git" / "refs" / "heads" / "main").write_text("f" * 40 + "\n")
    assert build.commit(clone) == build.commit(worktree) == "f" * 12
    build.commit.cache_clear()
    (clone / ".git" / "HEAD").write_text(COMMIT + "\n")
    assert build.commit(clone) == COMMIT[:12]
    assert build.commit(tmp_path) == "unknown"
    build.commit.cache_clear()
