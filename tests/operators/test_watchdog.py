"""A server that hangs is noticed by its service manager, and replaced; until then it says that it is alive."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from serving import supervisor
from serving.manager import ServiceManager
from serving.supervisor import Supervisor
from tests import templates
from tests.operators.systemd import UNIT, Program, Systemd, directives, environment
from tests.service import PATIENCE, Service, wait_until

pytestmark = pytest.mark.long
SECONDS = 10.0


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """An instance that is not started yet, with what the unit sets besides folders and ports."""
    made = Service(tmp_path / "data")
    made.data.mkdir()
    set_there = environment(UNIT, "8001")
    made.environment = set_there | made.environment | {"FREESEWING_METRICS_PORT": "0"}
    templates.prepare(made.database_url, made.environment)
    try:
        yield made
    finally:
        made.http.close()


# The command of the unit itself is run by test_units.py.
def _kept(service: Service, tmp_path: Path, program: Program = Service.module, abort: float = 1.0) -> Systemd:
    return Systemd(tmp_path, program, service.environment, SECONDS, abort)


def test_a_service_says_that_it_is_ready_then_alive_then_stopping(service: Service, tmp_path: Path) -> None:
    with _kept(service, tmp_path) as systemd:
        systemd.becomes_ready()
        assert service.is_alive()
        wait_until(lambda: systemd.received("WATCHDOG=1") >= 3, "signs of life")
        assert "STOPPING=1" not in systemd.messages
        messages = systemd.messages
        systemd.signal(signal.SIGHUP)
        wait_until(lambda: systemd.starts == 2, "a new process at SIGHUP")
        assert messages[-1] == "STOPPING=1"
        systemd.becomes_ready()


def test_a_service_that_is_frozen_is_replaced(service: Service, tmp_path: Path) -> None:
    with _kept(service, tmp_path) as systemd:
        systemd.becomes_ready()
        frozen = systemd.signal(signal.SIGSTOP)
        wait_until(lambda: systemd.process and systemd.process.pid != frozen, "another process")
        systemd.becomes_ready()
        assert service.is_alive()


def test_a_service_whose_event_loop_hangs_is_replaced_and_logs_where_it_hung(
    service: Service, tmp_path: Path
) -> None:
    # Not forked, as the unit sets PYTHONFAULTHANDLER. It handles SIGABRT, however busy the machine is.
    hanging = [sys.executable, "-m", "tests.operators.hanging"]
    with _kept(service, tmp_path, hanging, abort=PATIENCE) as systemd:
        systemd.becomes_ready()
        hung = systemd.signal(signal.SIGUSR1)
        wait_until(lambda: systemd.process and systemd.process.pid != hung, "another process")
        systemd.becomes_ready()
        assert service.is_alive()
        log = systemd.log.read_text()
    assert "Fatal Python error: Aborted" in log and "in hang" in log


def test_a_supervisor_is_alive_and_reloads_and_is_replaced_when_it_is_frozen(
    service: Service, tmp_path: Path
) -> None:
    service.environment["FREESEWING_WORKERS"] = "2"
    with _kept(service, tmp_path) as systemd:
        systemd.becomes_ready()
        wait_until(lambda: systemd.received("WATCHDOG=1") >= 3, "signs of life")
        before = len(systemd.messages)
        systemd.signal(signal.SIGHUP)
        wait_until(lambda: systemd.received("READY=1") == 2, "the workers to be replaced")
        reloading = systemd.messages.index("RELOADING=1")
        assert reloading >= before and systemd.messages[reloading + 1].startswith("MONOTONIC_USEC=")
        assert systemd.starts == 1
        frozen = systemd.signal(signal.SIGSTOP)
        wait_until(lambda: systemd.process and systemd.process.pid != frozen, "another process")
        systemd.becomes_ready()


def test_an_abstract_address_is_understood() -> None:
    name = f"freesewing-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(f"\0{name}")
        ServiceManager(f"@{name}").ready()
        assert channel.recv(100) == b"READY=1"


@pytest.mark.parametrize(("silences", "expected"), [((0, 99), True), ((99, 99), False), ((), False)])
def test_a_supervisor_is_alive_as_long_as_one_worker_is(
    silences: tuple[int, ...], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(ServiceManager, "alive", lambda _: said.append("alive"))

    async def run() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            made = Supervisor("app.py", listener, len(silences))
            made._workers = cast(Any, [SimpleNamespace(silence=silence) for silence in silences])
            saying = asyncio.create_task(made._say_alive())
            await asyncio.sleep(0)
            saying.cancel()

    asyncio.run(run())
    assert bool(said) == expected


def test_the_units_watchdog_leaves_time_to_end() -> None:
    [seconds] = directives(UNIT, "WatchdogSec")
    assert int(seconds) >= supervisor.END_SECONDS
