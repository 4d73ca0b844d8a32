"""Code that is older or newer than its database: readiness, start, and the output of `migrate`."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import health
from tests import forked
from tests.operators.workers import Crew
from tests.service import PATIENCE, ROOT, Service, wait_until
from tests.templates import run_commands

# A later version differs by this migration.
LATER = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{newest}"
oldest_code = "{oldest}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sets", sa.Column("later", sa.Integer()))
"""
NOT_CODE = ("bench/", "tests/", "tools/", ".ci/")


def copy_code(folder: Path) -> Path:
    """The code as an operator has it, with its bytecode: compiling it takes half a second."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in listed:
        if not name.startswith(NOT_CODE):
            _copy(Path(name), folder)
            _copy(Path(name).parent / "__pycache__" / f"{Path(name).stem}.{sys.implementation.cache_tag}.pyc", folder)
    return folder


def _copy(name: Path, folder: Path) -> None:
    """Copy a file if there is one, with its time: bytecode states that of its source."""
    if (ROOT / name).is_file():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)


def add_migration(code: Path, oldest: str = health.newest()) -> None:
    """Make it a later version."""
    text = LATER.format(newest=health.newest(), oldest=oldest)
    (code / "storage" / "schema" / "migrations" / "versions" / "9999_later.py").write_text(text)


def cli(code: Path, service: Service, *command: str) -> subprocess.CompletedProcess[str]:
    """A command of this version."""
    arguments = [sys.executable, "cli.py", *command]
    return subprocess.run(arguments, cwd=code, env=service.environment, capture_output=True, text=True, check=False)


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A copy of the code, for the test to change."""
    return copy_code(tmp_path / "code")


@pytest.fixture
def crew(code: Path, tmp_path: Path) -> Iterator[Crew]:
    """Two workers of that copy."""
    crew = Crew(tmp_path / "data", workers="2")
    crew.program = (str(code / "app.py"),)
    crew.data.mkdir()
    try:
        run_commands(crew.environment)
        crew.start(migrate=False)
        yield crew
    finally:
        crew.close()


def test_a_reload_keeps_the_old_workers_until_the_new_version_has_migrated(code: Path, crew: Crew) -> None:
    alice = crew.sign_up()
    before = {worker.pid for worker in crew.workers()}
    add_migration(code)
    assert crew.process is not None
    crew.process.send_signal(signal.SIGHUP)
    wait_until(lambda: crew.logged("the other workers are not replaced"), f"the reload to stop; see {crew.log}")
    assert crew.logged("The database waits for its migrations. Run `python cli.py migrate`") == 1
    assert crew.logged("Traceback") == 0
    assert {worker.pid for worker in crew.workers()} == before
    # The version before is ready before and after the migration, and goes on.
    assert crew.http.get("/ready").status_code == 200
    assert cli(code, crew, "migrate").returncode == 0
    assert crew.http.get("/ready").status_code == 200
    alice.new_set()
    crew.replace()
    assert crew.http.get("/ready").status_code == 200
    # What starts anew is the version before.
    rolled_back = forked.run("cli", "migrate", environment=crew.environment, timeout=PATIENCE)
    line = f"revision 9999 is newer than this version, which has {health.newest()} and can serve it, nothing to do\n"
    assert rolled_back.returncode == 0 and rolled_back.stdout.endswith(f": {line}")
    assert rolled_back.stdout.count("\n") == 1
    (code / "storage" / "schema" / "migrations" / "versions" / "9999_later.py").unlink()
    crew.replace()
    assert crew.http.get("/ready").status_code == 200
    assert len(alice.every("/sets", "sets")) == 1


def test_workers_that_need_a_migration_do_not_start(code: Path, tmp_path: Path) -> None:
    service = Service(tmp_path, workers="2")
    ended = subprocess.run(
        [sys.executable, "app.py"],
        cwd=code,
        env=service.environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    service.http.close()
    assert ended.returncode == 1 and "Traceback" not in ended.stderr
    assert ended.stderr.endswith(
        "The database waits for its migrations. Run `python cli.py migrate`:"
        " it prints whether this version can serve the database.\n"
    )


def test_a_version_that_is_too_old_for_the_database_says_so_and_is_not_ready(code: Path, tmp_path: Path) -> None:
    service = Service(tmp_path / "data")
    service.data.mkdir()
    add_migration(code, oldest="9999")
    try:
        assert cli(code, service, "migrate").returncode == 0
        ended = forked.run("cli", "migrate", environment=service.environment, timeout=PATIENCE)
        assert (ended.returncode, ended.stdout) == (1, "") and "cannot serve it" in ended.stderr
        assert "Traceback" not in ended.stderr
        service.start(migrate=False)
        assert service.http.get("/ready").status_code == 503
        assert service.http.get("/curated-sets").status_code == 503
    finally:
        service.close()
