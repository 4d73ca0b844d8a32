"""Redis is restarted and killed under load: every request is answered, and limits are counted in it again."""

import os
import shutil
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis, RedisError

from tests.databases import do_without
from tests.limits.conftest import settings
from tests.service import PATIENCE, ApiKey, Service, free_port, wait_until


class OwnRedis:
    """A Redis of the test's own, without persistence."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("redis-server")
        if program is None:
            do_without("redis-server is not on the path")
        self.port = free_port()
        self.client = Redis(port=self.port, socket_timeout=PATIENCE)
        options = ["--bind", "127.0.0.1", "--save", "", "--dir", str(folder), "--logfile", "redis.log"]
        self._command = [program, "--port", str(self.port), *options]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(self._command)
        wait_until(self._answers, "Redis to answer")

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except RedisError:
            return False

    def stop(self, how: signal.Signals) -> None:
        """End it so."""
        assert self._process is not None
        os.kill(self._process.pid, how)
        self._process.wait(PATIENCE)

    def counters(self) -> int:
        """How many it holds."""
        return int(self.client.dbsize())


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[OwnRedis]:
    """It runs."""
    own = OwnRedis(tmp_path)
    own.start()
    yield own
    own.stop(signal.SIGKILL)
    own.client.close()


@pytest.fixture
def limited(tmp_path: Path, redis: OwnRedis) -> Iterator[Service]:
    """A server that counts in it, with quotas that no client reaches."""
    quotas = settings(burst=1_000_000, day=1_000_000, account_burst=1_000_000)
    service = Service(tmp_path / "data", **{**quotas, "redis_url": f"redis://127.0.0.1:{redis.port}/0"})
    service.data.mkdir()
    try:
        yield service.start()
    finally:
        service.close()


class Visitor(threading.Thread):
    """A client that reads without pause."""

    def __init__(self, key: ApiKey, stop: threading.Event) -> None:
        super().__init__()
        self.key, self.stop = key, stop
        self.answers: Counter[int] = Counter()

    def run(self) -> None:
        while not self.stop.is_set():
            self.answers[self.key.get("/sets").status_code] += 1


def test_a_restart_of_redis_under_load_fails_no_request(limited: Service, redis: OwnRedis) -> None:
    person = limited.sign_up()
    stop = threading.Event()
    visitors = [Visitor(person.new_key(), stop) for _ in range(6)]

    def answered() -> int:
        return sum(visitor.answers.total() for visitor in visitors)

    for visitor in visitors:
        visitor.start()
    try:
        wait_until(lambda: redis.counters() > 0, "limits to be counted in Redis")
        for how in (signal.SIGTERM, signal.SIGKILL):
            redis.stop(how)
            before = answered()
            wait_until(lambda b=before: answered() > b + 100, "reads to go on")
            redis.start()
            wait_until(lambda: redis.counters() > 0, "limits to be counted in Redis again")
    finally:
        stop.set()
        for visitor in visitors:
            visitor.join()
    assert {status for visitor in visitors for status in visitor.answers} == {200}
    assert b"Traceback" not in limited.log.read_bytes()
