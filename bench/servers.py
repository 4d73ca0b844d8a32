"""The servers, each a process of its own on the same database: those to compare, ours without counting, and none."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from socket import create_connection, socket
from types import MappingProxyType

from bench import processors
from bench.fixture import Fixture
from services.limits.policies import DEFAULTS, STORAGE

ROOT = Path(__file__).parent.parent
OURS, STARLETTE, RAW, FASTAPI = "ours", "(a) Starlette", "(b) raw", "(c) FastAPI"
REFERENCES = (STARLETTE, RAW, FASTAPI)
UNCOUNTED = "ours, uncounted"
# What the machine's uvicorn can do at most: the measure of how fast the machine is.
BARE = "bare uvicorn"
# As it is run, with more in each quota than anybody can use in a minute.
LIMITED = {
    "FREESEWING_LIMITS": "on",
    "FREESEWING_QUOTAS": ",".join(
        f"{name}=1000000000000" for name in (*(policy.name for policy in DEFAULTS), *STORAGE)
    ),
}
COMMANDS = {
    OURS: ["app.py"],
    STARLETTE: ["-m", "bench.serve", "bench.reference_starlette"],
    RAW: ["-m", "bench.serve", "bench.reference_raw"],
    FASTAPI: ["-m", "bench.serve", "bench.reference_fastapi"],
}
BESIDES = {UNCOUNTED: ["-m", "bench.uncounted"], BARE: ["-m", "bench.serve", "bench.bare"]}
START_SECONDS = 60


class Server:
    """A running server."""

    def __init__(
        self,
        name: str,
        fixture: Fixture,
        *,
        on: Iterable[int] = processors.SERVER,
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Begin to start it on these processors, with `more` in its environment."""
        self.name = name
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = fixture.settings.data_dir / f"{re.sub('[^a-z]+', '-', name.lower())}.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, *{**COMMANDS, **BESIDES}[name]],
                cwd=ROOT,
                env={**_environment(name, fixture, self.port), **more},
                stdout=log,
                stderr=log,
            )
        self.pid = self._process.pid
        processors.pin(self.pid, on)

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
def running(fixture: Fixture, names: Iterable[str] = tuple(COMMANDS)) -> Iterator[list[Server]]:
    """These servers, in their order."""
    with ExitStack() as stack:
        servers = []
        for name in names:
            servers.append(Server(name, fixture))
            stack.callback(servers[-1].stop)
        for server in servers:
            server.wait()
        yield servers


def _environment(name: str, fixture: Fixture, port: int) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith("FREESEWING_")}
    limits = LIMITED if name == OURS else {"FREESEWING_LIMITS": "off"}
    ours = {"FREESEWING_HOST": "127.0.0.1", "FREESEWING_PORT": str(port), "FREESEWING_LOG_LEVEL": "warning"}
    return {**others, **ours, **limits, **fixture.environment()}


def _free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
