"""The server's process ends, by SIGTERM or SIGKILL: acknowledged writes are stored, and calls are counted."""

import signal
import socket
import threading
from collections.abc import Iterator
from http.client import HTTPResponse
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import func, select

from storage.schema.fair_use import usage_days, usage_hours
from storage.schema.tables import accounts, apikeys, sets
from tests.databases import fresh_postgres
from tests.handlers.database import execute
from tests.matrix import ENGINES, matrix
from tests.problems import problem
from tests.service import PATIENCE, ApiKey, Credentials, Person, Service, wait_until
from tests.wire import Reply, head

USAGE = (usage_hours, usage_days)
# So long that only the end of the server can end a connection.
CLIENT_SECONDS = str(10 * PATIENCE)
# What happens on a connection does not depend on the engine.
on_one_engine = pytest.mark.parametrize("server", ["sqlite"], indirect=True)


# On PostgreSQL servers end under load in test_restart.py, and are killed in test_killed.py.
@pytest.fixture(scope="module", params=matrix(["sqlite"], full=ENGINES))
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server that tests may end."""
    data = tmp_path_factory.mktemp("mortal")
    if request.param == "sqlite":
        yield from _closing(Service(data, client_seconds=CLIENT_SECONDS))
    else:
        with fresh_postgres() as url:
            yield from _closing(Service(data, database_url=url, client_seconds=CLIENT_SECONDS))


def _closing(service: Service) -> Iterator[Service]:
    try:
        yield service.start()
    finally:
        service.close()


@pytest.fixture
def mortal(server: Service) -> Service:
    """The server, running again if a test ended it."""
    return server if server.is_alive() else server.start(migrate=False)


class Writer(threading.Thread):
    """A client that stores sets until the server is gone, and records which were acknowledged."""

    def __init__(self, who: Credentials) -> None:
        super().__init__()
        self.who = who
        self.acknowledged: list[str] = []
        self.refused: list[str] = []

    def run(self) -> None:
        while not self.refused:
            name = f"{self.name} {len(self.acknowledged)}"
            try:
                reply = self.who.post("/sets", {"name": name, "measies": {"chest": 900}})
            except httpx2.HTTPError:
                return
            (self.acknowledged if reply.status_code == 201 else self.refused).append(name)


def _write_until_the_end(service: Service, owner: Person, *keys: ApiKey, kill: bool) -> list[Writer]:
    """End the server under the load of eight writers, after some batches of counts; return the writers."""
    callers: list[Credentials] = [owner, *keys]
    writers = [Writer(caller) for caller in callers for _ in range(8 // len(callers))]
    counted: set[int] = set()

    def batches() -> int:
        counted.add(_used(service, owner)["accounts"])
        return len(counted)

    for writer in writers:
        writer.start()
    wait_until(lambda: min(len(one.acknowledged) for one in writers) >= 10, "some writes")
    wait_until(lambda: batches() > 3, "a few batches of counts")
    service.stop(kill=kill)
    for writer in writers:
        writer.join()
    return writers


def _counts(service: Service, person: Person, key: ApiKey) -> tuple[int, int, int]:
    """Calls with a token, with any key, and with this key, as they are stored."""
    by_account = select(accounts.c.jwt_calls, accounts.c.key_calls).where(accounts.c.id == person.id)
    by_key = select(apikeys.c.calls).where(apikeys.c.key == UUID(key.key))
    [(jwt_calls, key_calls)], [(calls,)] = execute(service, by_account), execute(service, by_key)
    return jwt_calls, key_calls, calls


def _used(service: Service, person: Person) -> dict[str, int]:
    """The account's calls, as each of the tables that count them has them."""
    sums = {table.name: select(func.sum(table.c.calls)).where(table.c.user_id == person.id) for table in USAGE}
    sums["accounts"] = select(accounts.c.jwt_calls + accounts.c.key_calls).where(accounts.c.id == person.id)
    return {name: int(execute(service, query)[0][0] or 0) for name, query in sums.items()}


def test_a_graceful_end_answers_stores_and_counts_every_call(mortal: Service) -> None:
    person = mortal.sign_up()
    key = person.new_key()
    writers = _write_until_the_end(mortal, person, key, kill=False)
    assert not any(writer.refused for writer in writers)
    by_token, by_key = (
        sum(len(writer.acknowledged) for writer in writers if writer.who is who) for who in (person, key)
    )
    # One more with the token: it made the key.
    assert _counts(mortal, person, key) == (by_token + 1, by_key, by_key)
    assert set(_used(mortal, person).values()) == {by_token + 1 + by_key}
    stored = execute(mortal, select(func.count()).select_from(sets).where(sets.c.user_id == person.id))
    assert stored[0][0] == by_token + by_key
    assert b"Traceback" not in mortal.log.read_bytes()


def test_after_a_crash_under_load_everything_that_was_acknowledged_is_there(mortal: Service) -> None:
    person = mortal.sign_up()
    writers = _write_until_the_end(mortal, person, kill=True)
    assert not any(writer.refused for writer in writers)
    mortal.start(migrate=False)
    stored = [made["name"] for made in person.every("/sets", "sets")]
    acknowledged = {name for writer in writers for name in writer.acknowledged}
    assert acknowledged <= set(stored)
    # A request that was not answered may be stored, once.
    assert len(stored) <= len(acknowledged) + len(writers)
    assert person.new_set()["name"] == "a set"


def test_a_crash_loses_no_counts_but_those_that_were_not_written_yet(mortal: Service) -> None:
    person = mortal.sign_up()
    for _ in range(20):
        person.get("/sets")
    wait_until(lambda: _used(mortal, person)["accounts"] == 20, "the counts to be written, once a second")
    for _ in range(5):
        person.get("/sets")
    mortal.stop(kill=True)
    [written] = set(_used(mortal, person).values())
    assert 20 <= written <= 25
    mortal.start(migrate=False)
    person.get("/sets")
    wait_until(lambda: _used(mortal, person)["accounts"] > written, "the counts to be written")
    assert set(_used(mortal, person).values()) == {written + 1}


@on_one_engine
def test_a_body_that_does_not_arrive_while_the_server_ends_gets_503(mortal: Service) -> None:
    who = mortal.sign_up()
    before = len(mortal.log.read_bytes())
    fields = (f"Authorization: {who.authorization}", "Content-Type: application/json", "Content-Length: 100")
    with socket.create_connection(("127.0.0.1", mortal.port)) as waiting:
        # The server says when it begins to wait.
        waiting.sendall(head("POST", "/sets", *fields, "Expect: 100-continue"))
        assert waiting.recv(1_000).startswith(b"HTTP/1.1 100 ")
        waiting.sendall(b"{")
        assert mortal.stop() in (0, -signal.SIGTERM)
        reply = HTTPResponse(waiting)
        reply.begin()
        body = problem(Reply(reply.status, reply.headers, reply.read()), 503, "unavailable")
    assert (reply.getheader("connection"), body["detail"]) == ("close", "The server is stopping.")
    assert int(reply.getheader("retry-after", "0")) >= 1
    assert_quiet(mortal.log.read_bytes()[before:])


@on_one_engine
def test_a_body_that_arrives_while_the_server_ends_is_accepted(mortal: Service) -> None:
    who = mortal.sign_up()
    body = b'{"name": "late"}'
    fields = (f"Authorization: {who.authorization}", "Content-Type: application/json", f"Content-Length: {len(body)}")
    with socket.create_connection(("127.0.0.1", mortal.port)) as waiting:
        waiting.sendall(head("POST", "/sets", *fields, "Expect: 100-continue"))
        assert waiting.recv(1_000).startswith(b"HTTP/1.1 100 ")
        assert mortal.process is not None
        mortal.process.terminate()
        wait_until(lambda: not mortal.is_alive(), "the server to accept no connection")
        waiting.sendall(body)
        assert waiting.recv(1_000).startswith(b"HTTP/1.1 201 ")
    assert mortal.process.wait(PATIENCE) in (0, -signal.SIGTERM)


@on_one_engine
def test_a_reply_that_is_not_read_does_not_keep_the_server_from_ending(mortal: Service) -> None:
    before = len(mortal.log.read_bytes())
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", mortal.port))
        # More than the system keeps for the server.
        reader.sendall(head("GET", "/openapi.json") * 40)
        assert reader.recv(100)
        assert mortal.stop() in (0, -signal.SIGTERM)
    assert_quiet(mortal.log.read_bytes()[before:])


def assert_quiet(log: bytes) -> None:
    """No error and no traceback."""
    assert b"Traceback" not in log and b" ERROR " not in log, log.decode()
