"""A stand-in for systemd: runs a service as a unit of deploy/ has it, listens to it, and restarts it."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.forked import Forked
from tests.service import PATIENCE, ROOT, wait_until

DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "freesewing-api@.service"
# Where the units expect the code, and the Python that runs it there.
PLACE, PYTHON = "/opt/freesewing-api", "/opt/freesewing-api/.venv/bin/python"
# The command of a unit, or the module whose `main` is forked (tests/forked.py).
Program = list[str] | str


def directives(unit: Path, name: str) -> list[str]:
    """Every value of a directive in a unit."""
    return re.findall(rf"^{name}=(.*)$", unit.read_text(), re.MULTILINE)


def environment(unit: Path, instance: str) -> dict[str, str]:
    """What the unit itself sets in the environment of an instance."""
    words = " ".join(directives(unit, "Environment")).replace("%i", instance).split()
    return dict(word.split("=", 1) for word in words)


def command(unit: Path, name: str = "ExecStart") -> list[str]:
    """A command of the unit, for the code and the Python of this test."""
    [line] = directives(unit, name)
    assert line.startswith(PYTHON)
    return line.replace(PYTHON, sys.executable).replace(PLACE, str(ROOT)).split()


class Systemd:
    """Runs one service of `Type=notify` with a watchdog of so many seconds, and `Restart=always`.

    A context manager. It kills a service that sends nothing for that long with SIGABRT, and if that does not end it
    within `abort` seconds with SIGKILL.
    """

    def __init__(
        self, folder: Path, program: Program, environment: dict[str, str], watchdog: float, abort: float = 1.0
    ) -> None:
        self.messages: list[str] = []
        self.starts = 0
        self.log = folder / "service.log"
        self.process: subprocess.Popen[bytes] | Forked | None = None
        self._address = folder / "notify"
        self._channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._program = program
        self._watchdog, self._abort = watchdog, abort
        self._environment = environment | {
            "NOTIFY_SOCKET": str(self._address),
            "WATCHDOG_USEC": str(round(watchdog * 1_000_000)),
        }
        self._is_over = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Systemd":
        self._channel.bind(str(self._address))
        self._channel.settimeout(0.1)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self._thread.join(PATIENCE)
        self._channel.close()

    def received(self, message: str) -> int:
        """How often a message came from the process that runs now."""
        return self.messages.count(message)

    def signal(self, number: signal.Signals) -> int:
        """Send the service's main process a signal; its id."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.pid

    def becomes_ready(self) -> None:
        """Wait for the service."""
        wait_until(lambda: self.received("READY=1"), f"the service to be ready; see {self.log}")

    def _run(self) -> None:
        while not self._is_over:
            self.messages = []
            self.process = self._start()
            self.starts += 1
            self._listen(self.process)
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)

    def _start(self) -> subprocess.Popen[bytes] | Forked:
        if isinstance(self._program, str):
            return Forked(self._program, environment=self._environment, output=self.log)
        with self.log.open("ab") as log:
            return subprocess.Popen(self._program, cwd=ROOT, env=self._environment, stdout=log, stderr=log)

    def _listen(self, process: subprocess.Popen[bytes] | Forked) -> None:
        heard = time.monotonic()
        has_ended = False
        while not has_ended and not self._is_over:
            # What a process sent before its end is read after it.
            has_ended = process.poll() is not None
            while self._receive():
                heard = time.monotonic()
            if self.received("READY=1") and time.monotonic() - heard > self._watchdog:
                process.send_signal(signal.SIGABRT)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(self._abort)
                process.kill()
                process.wait(PATIENCE)

    def _receive(self) -> bool:
        """Note a message; False if there is none for a tenth of a second."""
        try:
            self.messages += self._channel.recv(4096).decode().splitlines()
        except TimeoutError:
            return False
        return True


def clean_environment(**settings: str) -> dict[str, str]:
    """This process's environment without settings of ours, and with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FREESEWING_")}
    return kept | settings
