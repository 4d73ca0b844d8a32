"""The health check of the image, in a PID namespace of its own, as in a container."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped, unused-ignore]
import pytest

from tests import templates
from tests.service import PATIENCE, ROOT, Service, wait_until

# Seconds that the check waits for a server that is frozen, and for one that answers.
FROZEN, ANSWERING = 0.5, PATIENCE
NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
# An init process that ends with its child, as Docker's does.
INIT = ["sh", "-c", '"$@" & wait $!', "init"]


def check(seconds: float) -> list[str]:
    """The command of the health check."""
    return [sys.executable, str(ROOT / "deploy" / "health.py"), str(seconds)]


class Container(Service):
    """The server as the child of an init process, both in a PID namespace of their own."""

    def start(self, *, migrate: bool = True) -> "Container":
        """Start it and wait until it answers."""
        if migrate:
            templates.prepare(self.database_url, self.environment)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*NAMESPACE, *INIT, sys.executable, "app.py"], cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
        wait_until(lambda: self.is_alive() or self.has_ended(), f"the server to answer; see {self.log}")
        assert not self.has_ended(), self.log.read_text()
        return self

    def init(self) -> psutil.Process:
        """Process 1 of the namespace."""
        assert self.process is not None
        [found] = psutil.Process(self.process.pid).children()
        return found

    def check(self, seconds: float) -> int:
        """Run the health check inside, which waits so many seconds for a reply; its exit status."""
        inside = ["nsenter", "--target", str(self.init().pid), "--pid", "--mount"]
        return subprocess.run([*inside, *check(seconds)], env=self.environment, timeout=2 * PATIENCE).returncode


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    if subprocess.run([*NAMESPACE, "true"], capture_output=True).returncode:
        pytest.skip("this user cannot create a PID namespace")
    made = Container(tmp_path, environment="development")
    made.environment["PYTHONFAULTHANDLER"] = "1"
    try:
        yield made.start()
    finally:
        assert made.process is not None
        made.process.kill()  # and with it all that the namespace holds
        made.process.wait(PATIENCE)
        made.http.close()


def test_a_server_that_answers_is_healthy_and_goes_on(container: Container) -> None:
    assert container.check(ANSWERING) == 0
    assert container.is_alive()


def test_a_server_that_is_frozen_is_killed_and_its_container_ends(container: Container) -> None:
    [server] = container.init().children()
    os.kill(server.pid, signal.SIGSTOP)
    # The check ends by itself, or is killed with the namespace as soon as the init process has ended.
    assert container.check(FROZEN) in (1, -signal.SIGKILL)
    assert container.process is not None
    assert container.process.wait(PATIENCE) != 0


def test_a_server_that_refuses_connections_is_unhealthy_and_is_not_killed(container: Container) -> None:
    container.environment["FREESEWING_PORT"] = "1"
    assert container.check(ANSWERING) == 1
    assert container.is_alive()


def test_a_check_that_was_not_started_into_a_container_kills_nothing(container: Container) -> None:
    [server] = container.init().children()
    os.kill(server.pid, signal.SIGSTOP)
    # In another namespace, so that a check that kills would find nothing else than this.
    beside = ["sh", "-c", 'sleep 1000 & "$@"; kill -0 $! && echo spared', "sh", *check(FROZEN)]
    ran = subprocess.run(
        [*NAMESPACE, *beside], env=container.environment, timeout=PATIENCE, capture_output=True, text=True
    )
    assert ran.stdout == "the server hangs\nspared\n"
