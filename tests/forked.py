"""Server processes forked from one that has imported the application already.

Importing it takes 1.2 s of processor time, more than the rest of a start, and the tests start more than a hundred
servers. What runs in the new process is `app.main()`, as in `python app.py`.
"""

import multiprocessing
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.quick_server"])


def _serve(environment: dict[str, str], log: str) -> None:
    """Become the server: in the new process."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    from tests import quick_server

    quick_server.main()


class Forked:
    """A server process, with the methods of `subprocess.Popen` that tests call."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._process = _context.Process(target=_serve, args=(dict(environment), str(log)))
        self._process.start()

    @property
    def pid(self) -> int:
        """The id of the process."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Return the exit status; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status once it has ended; raise TimeoutExpired."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("app.py", timeout or 0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)
