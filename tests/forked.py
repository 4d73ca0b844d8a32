"""Programs of this repository in processes forked from one that has imported the application already.

Importing it takes 1.2 s of processor time, more than the rest of a start, and the tests start hundreds of servers and
commands. What runs in the new process is the `main` of the program, as with `python app.py`.
"""

import gc
import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.quick_server", "cli"])


def _become(module: str, arguments: list[str], environment: dict[str, str], folder: str, outputs: list[str]) -> None:
    """Become the program, with the files for its two outputs: in the new process."""
    # What it was forked with stays: a server that starts runs the garbage collector, which need not look at it.
    gc.freeze()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for number, file in enumerate(outputs, 1):
        output = os.open(file, os.O_WRONLY | os.O_APPEND)
        os.dup2(output, number)
        os.close(output)
    sys.argv = [f"{module}.py", *arguments]
    importlib.import_module(module).main()


class Forked:
    """A process of a program, with the methods of `subprocess.Popen` that tests call."""

    def __init__(
        self,
        module: str,
        *arguments: str,
        environment: Mapping[str, str],
        output: Path,
        errors: Path | None = None,
        folder: Path = ROOT,
    ) -> None:
        outputs = [output, errors or output]
        for file in outputs:
            file.touch()
        given = (module, list(arguments), dict(environment), str(folder), list(map(str, outputs)))
        self._process = _context.Process(target=_become, args=given)
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


def run(
    module: str, *arguments: str, environment: Mapping[str, str], timeout: float, folder: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, like `subprocess.run` with `capture_output`."""
    with TemporaryDirectory() as place:
        output, errors = Path(place, "output"), Path(place, "errors")
        process = Forked(module, *arguments, environment=environment, output=output, errors=errors, folder=folder)
        try:
            status = process.wait(timeout)
        finally:
            process.kill()
        return subprocess.CompletedProcess([module, *arguments], status, output.read_text(), errors.read_text())
