"""A PostgreSQL server of a test's own, which it may stop, crash and start again."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.databases import do_without
from tests.service import PATIENCE, free_port

# Who runs it where the tests run as root, which PostgreSQL refuses.
SERVER_USER = "postgres"


class Cluster:
    """An empty server with one user, `postgres`, who needs no password. Crashes lose nothing: fsync is on."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder = programs, folder
        self._user = SERVER_USER if os.geteuid() == 0 else None
        self.port = free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        if self._user:
            shutil.chown(folder, self._user)
        self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = f"-c port={self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=on"
        self._run("pg_ctl", "--wait", f"--log={self._folder / 'log'}", f"--options={settings}", "start")

    def stop(self, mode: str) -> None:
        """Stop it: `fast` ends every session and tidies up, `immediate` is a crash."""
        self._run("pg_ctl", "--wait", f"--mode={mode}", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        command = [self._programs / program, f"--pgdata={self._folder / 'data'}", *arguments]
        # Not its output: the server inherits that, and would keep a pipe open.
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(command, user=self._user, cwd=self._folder, check=True, timeout=PATIENCE, **quiet)  # type: ignore[call-overload]


def _programs() -> Path | None:
    """Where the server's programs are: on the path, else where Debian keeps its newest."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return versions[-1].parent if versions else None


@contextmanager
def own_postgres() -> Iterator[Cluster]:
    """A running server, which is ended and removed afterwards; skips, saying so, where there is none to run."""
    programs = _programs()
    if programs is None:
        do_without("initdb of PostgreSQL is neither on the path nor where Debian has it")
    # Not in pytest's folders, which only root may read: this is another user.
    with tempfile.TemporaryDirectory(prefix="freesewing-postgres-") as folder:
        cluster = Cluster(programs, Path(folder))
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop("immediate")
