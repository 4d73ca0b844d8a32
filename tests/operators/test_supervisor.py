"""The supervisor in this process, with workers that do little: failures and signals at any moment."""

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from serving import supervisor
from serving.supervisor import Supervisor
from serving.worker import Worker
from tests.service import PATIENCE

# Begins to serve once there is no file `begin-N` of its number, and ends once there is no file `end-N`.
IDLE = """
import os, pathlib, socket, sys, time

def wait(name):
    while pathlib.Path(__file__).with_name(f"{name}-{sys.argv[2]}").exists():
        time.sleep(0.01)

channel = socket.socket(fileno=int(sys.argv[3]))
wait("begin")
channel.send(b"r")
while channel.recv(1):
    pass
wait("end")
pathlib.Path(__file__).with_name(f"finished-{sys.argv[2]}-{os.getpid()}").touch()
"""
# Never responds, and rejects connections while one is open. A file `busy` appears with the first request.
BUSY = """
import asyncio, pathlib, uvicorn
from serving import channel, connections
from serving.server import HandedServer
from settings import Settings

async def app(scope, receive, send):
    pathlib.Path(__file__).with_name("busy").touch()
    await asyncio.Event().wait()

place = channel.place()
limited = connections.limited(Settings(max_connections=1))
config = uvicorn.Config(app, http=limited, ws="none", lifespan="off", log_level="error")
HandedServer(config, lambda: None, place.channel, lambda: None).run()
"""
# Serves, and hangs. Only the first worker does: two that write to one log at the same time mix their words.
HANGING = """
import socket, sys, threading, time

def hang():
    threading.Event().wait()

channel = socket.socket(fileno=int(sys.argv[3]))
channel.send(b"r")
while sys.argv[2] != "0":
    channel.send(b".")
    time.sleep(0.05)
hang()
"""


async def until(true: Callable[[], object], what: str) -> None:
    """Wait for something."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, what
        await asyncio.sleep(0.02)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """The idle application."""
    path = tmp_path / "app.py"
    path.write_text(IDLE)
    return path


def with_supervisor(app: Path, work: Callable[[Supervisor], Awaitable[None]]) -> int:
    """Do the work beside a supervisor of two workers, end it, and give its exit status."""

    async def run() -> int:
        made = Supervisor(str(app), supervisor.listen("127.0.0.1", 0), 2)
        running = asyncio.create_task(made.run())
        await asyncio.sleep(0)
        await work(made)
        if not running.done():
            os.kill(os.getpid(), signal.SIGTERM)
        return await asyncio.wait_for(running, PATIENCE)

    return asyncio.run(run())


def failing_starts(monkeypatch: pytest.MonkeyPatch, count: int) -> list[int]:
    """Let so many of the next starts of workers fail for want of memory; the numbers of all that were tried."""
    tried: list[int] = []
    start = Worker.start

    async def fail_or_start(app: str, number: int, restarts: int) -> Worker:
        tried.append(number)
        if len(tried) <= count:
            raise OSError(12, "Cannot allocate memory")
        return await start(app, number, restarts)

    monkeypatch.setattr(Worker, "start", fail_or_start)
    return tried


def test_a_worker_that_cannot_be_started_anew_is_tried_again(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_DELAY", 0.05)

    async def kill_one(made: Supervisor) -> None:
        await until(lambda: len(made._workers) == 2, "both to serve")
        killed = made._workers[0].pid
        tried = failing_starts(monkeypatch, 2)
        os.kill(killed, signal.SIGKILL)
        await until(lambda: len(tried) == 3 and len(made._workers) == 2, "another in its place")
        assert killed not in [worker.pid for worker in made._workers]

    assert with_supervisor(app, kill_one) == 0


def test_a_start_that_fails_ends_the_supervisor(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing_starts(monkeypatch, 1)

    async def wait(made: Supervisor) -> None:
        await until(made._ending.is_set, "it to give up")

    assert with_supervisor(app, wait) == 1


def test_a_worker_that_is_being_replaced_may_finish_when_all_are_to_end(app: Path) -> None:
    async def end_amid_reload(made: Supervisor) -> None:
        await until(lambda: len(made._workers) == 2 and not made._reloading, "both to serve")
        first = {worker.pid for worker in made._workers}
        app.with_name("end-0").touch()
        os.kill(os.getpid(), signal.SIGHUP)
        await until(lambda: made._retiring, "one to be retired")
        assert {worker.pid for worker in made._retiring} <= first
        os.kill(os.getpid(), signal.SIGTERM)
        await until(made._ending.is_set, "all to be ended")
        app.with_name("end-0").unlink()

    assert with_supervisor(app, end_amid_reload) == 0
    finished = [path.name.split("-")[1] for path in app.parent.glob("finished-*")]
    # The two that served, and the one that took over from the first.
    assert sorted(finished) == ["0", "0", "1"]


def test_a_reload_before_all_serve_is_ignored(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app.with_name("begin-1").touch()
    reload, reloads = Supervisor._reload, list[Supervisor]()

    async def counted(made: Supervisor) -> None:
        await reload(made)
        reloads.append(made)

    monkeypatch.setattr(Supervisor, "_reload", counted)

    async def reload_early(made: Supervisor) -> None:
        await until(lambda: len(made._workers) == 1, "the first to serve")
        first = made._workers[0].pid
        os.kill(os.getpid(), signal.SIGHUP)
        await until(lambda: reloads, "the reload")
        app.with_name("begin-1").unlink()
        await until(lambda: len(made._workers) == 2 and not made._reloading, "both to serve")
        assert first in [worker.pid for worker in made._workers]
        # A watcher for each, and one who looks after all.
        assert len(made._tasks) == 3

    assert with_supervisor(app, reload_early) == 0


def test_refused_connections_do_not_make_a_worker_look_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app.py").write_text(BUSY)
    monkeypatch.setenv("PYTHONPATH", str(Path(supervisor.__file__).parent.parent))

    async def refuse() -> None:
        worker = await Worker.start(str(tmp_path / "app.py"), 0)
        clients: list[socket.socket] = []

        async def hand(request: bytes) -> None:
            client, theirs = socket.socketpair()
            clients.append(client)
            client.sendall(request)
            await until(lambda: worker.hand(theirs), "the worker to take a connection")
            theirs.close()

        try:
            assert await worker.serves(PATIENCE)
            await hand(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
            await until((tmp_path / "busy").exists, "the request to be begun")
            for _ in range(10):
                await hand(b"")
            await until(lambda: worker.open == 1, "the rejected ones to be reported")
            # A report of one that was reported before would have come before that of another.
            await hand(b"")
            assert worker.open == 2
            await until(lambda: worker.open == 1, "another one to be reported")
        finally:
            await worker.kill()
            for client in clients:
                client.close()

    asyncio.run(refuse())


def test_a_worker_that_is_stuck_is_replaced_and_the_others_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "LOOK_SECONDS", 1.0)  # a worker reports about once a second
    app = tmp_path / "app.py"
    app.write_text(BUSY)
    monkeypatch.setenv("PYTHONPATH", str(Path(supervisor.__file__).parent.parent))

    async def work(made: Supervisor) -> None:
        await until(lambda: len(made._workers) == 2, "both to serve")
        stuck, other = made._workers
        os.kill(stuck.pid, signal.SIGSTOP)
        await until(lambda: stuck not in made._workers and len(made._workers) == 2, "it to be replaced")
        # It was looked at as often.
        assert other in made._workers

    assert with_supervisor(app, work) == 0


def test_a_worker_that_hangs_logs_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(supervisor, "LOOK_SECONDS", 0.2)
    # It may take its time to write.
    monkeypatch.setattr(Worker, "end", lambda _: None)
    monkeypatch.setenv("PYTHONFAULTHANDLER", "1")
    app = tmp_path / "app.py"
    app.write_text(HANGING)

    async def work(made: Supervisor) -> None:
        await until(lambda: len(made._workers) == 2, "both to serve")
        await until(lambda: len(made._workers) < 2, "one to be ended")
        for worker in made._workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGKILL)

    with_supervisor(app, work)
    assert "Fatal Python error: Aborted" in (log := capfd.readouterr().err) and "in hang" in log
