"""The three servers, each a process of its own on the same database."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from socket import create_connection, socket

from bench import processors
from bench.fixture import Fixture

ROOT = Path(__file__).parent.parent
OURS, STARLETTE, RAW = "ours", "(a) Starlette", "(b) raw"
COMMANDS = {
    OURS: ["app.py"],
    STARLETTE: ["-m", "bench.serve", "bench.reference_starlette"],
    RAW: ["-m", "bench.serve", "bench.reference_raw"],
}
START_SECONDS = 30


class Server:
    """A running server."""

    def __init__(self, name: str, fixture: Fixture) -> None:
        self.name = name
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = fixture.settings.data_dir / f"{name.strip('()').replace(' ', '-')}.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, *COMMANDS[name]],
                cwd=ROOT,
                env=_environment(fixture, self.port),
                stdout=log,
                stderr=log,
            )
        self.pid = self._process.pid
        processors.pin(self.pid, processors.SERVER)

    def wait(self) -> None:
        """Until it takes connections; raises RuntimeError if it does not."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            try:
                create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"{self.name} does not start:\n{self.log.read_text()}")

    def stop(self) -> None:
        """End it, politely at first."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def running(fixture: Fixture) -> Iterator[list[Server]]:
    """All three, in the order of `COMMANDS`."""
    with ExitStack() as stack:
        servers = []
        for name in COMMANDS:
            servers.append(Server(name, fixture))
            stack.callback(servers[-1].stop)
        for server in servers:
            server.wait()
        yield servers


def _environment(fixture: Fixture, port: int) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith("FREESEWING_")}
    ours = {"FREESEWING_HOST": "127.0.0.1", "FREESEWING_PORT": str(port), "FREESEWING_LIMITS": "off"}
    return {**others, **ours, "FREESEWING_LOG_LEVEL": "warning", **fixture.environment()}


def _free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
