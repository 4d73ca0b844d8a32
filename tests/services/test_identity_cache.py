"""The identity cache: credentials that end are rejected at once."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from core import clock
from core.errors import KeyExpired, Unauthorized
from security import BASIC, BEARER, Authenticator, Caller, Requirement
from services.auth import api_secrets, tokens
from storage import accounts, apikeys, migrate, sessions
from storage.database import Storage
from storage.schema.encryption import Keyring
from tests.databases import fresh_postgres
from tests.security.credentials import basic, refused
from tests.service import Credentials, Service, wait_until
from tests.service_container import services_on
from tests.storage.store import KEYS, ORIGIN

EITHER = Requirement(frozenset({BASIC, BEARER}))


class Server:
    """Storage and security in this process."""

    def __init__(self, runner: asyncio.Runner, storage: Storage) -> None:
        self.run = runner.run
        self.services = services = services_on(storage)
        self.authenticator = Authenticator(storage, services.tokens, services.credentials)
        self.account = self.run(storage.write(_account))

    def new_key(self, lasting: timedelta) -> str:
        """The credentials of a new API key."""
        secret = api_secrets.new_secret()
        made = self.run(
            self.services.storage.write(
                apikeys.create,
                user_id=self.account["id"],
                name="a key",
                level=3,
                secret_hash=self.services.api_secrets.hash_of(secret),
                origin=ORIGIN,
                now=clock.now(),
                expires_at=clock.now() + lasting,
            )
        )
        return basic(str(made["key"]), secret)

    def new_token(self) -> str:
        """The credentials of a new session."""
        now = clock.now()
        begun = self.services.storage.write(sessions.begin, self.account, now=now, until=now + tokens.LIFETIME)
        return f"Bearer {self.services.tokens.issue(self.account, self.run(begun), now)}"

    def caller(self, authorization: str) -> Caller | None:
        """Whom the credentials stand for."""
        return self.run(self.authenticator.authenticate(authorization, EITHER, None, "a request"))


def _account(connection: Connection) -> accounts.Account:
    made = accounts.create(
        connection, email="alice@example.org", language="en", role="user", password="hash", now=clock.now()
    )
    accounts.change(connection, made["id"], status=accounts.ACTIVE, consent=1)
    return accounts.find(connection, made["id"])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """On a database of its own."""
    url = f"sqlite:///{tmp_path / 'test.db'}"
    migrate.upgrade(url)
    storage = Storage(url, Keyring(KEYS))
    with asyncio.Runner() as runner:
        runner.run(storage.open())
        yield Server(runner, storage)
        runner.run(storage.close())


def pass_time(monkeypatch: pytest.MonkeyPatch, time: timedelta) -> None:
    """From now on it is later."""
    later = clock.now() + time
    monkeypatch.setattr(clock, "now", lambda: later)


def test_a_key_that_is_kept_expires_to_the_minute(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    authorization = server.new_key(timedelta(hours=1))
    assert [server.caller(authorization) for _ in range(3)].count(None) == 0
    pass_time(monkeypatch, timedelta(minutes=59))
    assert server.caller(authorization)
    pass_time(monkeypatch, timedelta(minutes=1))
    for _ in range(2):
        with pytest.raises(KeyExpired):
            server.caller(authorization)


def test_a_token_that_is_kept_expires(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    authorization = server.new_token()
    assert server.caller(authorization) == server.caller(authorization)
    pass_time(monkeypatch, tokens.LIFETIME)
    with pytest.raises(Unauthorized):
        server.caller(authorization)


def test_each_request_has_its_own_name(server: Server) -> None:
    authorization = server.new_key(timedelta(hours=1))
    for name in ("one", "two"):
        caller = server.run(server.authenticator.authenticate(authorization, EITHER, None, name))
        assert caller is not None
        assert caller.request_id == name


def test_the_scheme_is_checked_also_for_a_cached_identity(server: Server) -> None:
    authorization = server.new_key(timedelta(hours=1))
    assert server.caller(authorization)
    with pytest.raises(Unauthorized):
        server.run(server.authenticator.authenticate(authorization, Requirement(frozenset({BEARER})), None, ""))


def test_a_wrong_secret_is_refused_beside_a_right_one_that_is_kept(server: Server) -> None:
    authorization = server.new_key(timedelta(hours=1))
    caller = server.caller(authorization)
    assert caller is not None
    with pytest.raises(Unauthorized):
        server.caller(basic(str(caller.key), api_secrets.new_secret()))


def two_servers(
    folders: pytest.TempPathFactory, database_url: str = "", **settings: str
) -> Iterator[tuple[Service, Service]]:
    """Two servers on one database."""
    shared = {
        "secret_key": "s" * 40,
        "encryption_keys": "one:MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE=",
        "public_url": "http://api.example.org",
        **settings,
    }
    here = Service(folders.mktemp("here"), database_url=database_url, **shared)
    there = Service(folders.mktemp("there"), database_url=here.database_url, **shared)
    try:
        yield here.start(), there.start(migrate=False)
    finally:
        here.close()
        there.close()


@pytest.fixture
def on_one_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Service]]:
    """Two servers on one SQLite file."""
    yield from two_servers(tmp_path_factory)


@pytest.fixture
def trusting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Service]]:
    """Two servers on PostgreSQL that ask it only now and then whom credentials stand for."""
    with fresh_postgres() as url:
        yield from two_servers(tmp_path_factory, url, key_cache_seconds="1")


def test_a_key_revoked_through_another_server_on_the_same_file_is_refused_at_once(
    on_one_file: tuple[Service, Service],
) -> None:
    here, there = on_one_file
    alice = here.sign_up()
    for _ in range(5):
        key = alice.new_key()
        used_there = Credentials(there, key.authorization)
        assert [used_there.get("/whoami").status_code for _ in range(3)] == [200] * 3
        assert alice.delete(f"/apikeys/{key.key}").status_code == 204
        refused(there, key.authorization, "keyRevoked")


def test_where_the_operator_allows_a_second_a_key_ends_at_once_here_and_within_it_elsewhere(
    trusting: tuple[Service, Service],
) -> None:
    here, there = trusting
    alice = here.sign_up()
    for _ in range(3):
        key = alice.new_key()
        used_there = Credentials(there, key.authorization)
        assert [used.get("/whoami").status_code for used in (key, used_there, key, used_there)] == [200] * 4
        assert alice.delete(f"/apikeys/{key.key}").status_code == 204
        refused(here, key.authorization, "keyRevoked")
        wait_until(lambda used=used_there: used.get("/whoami").status_code == 401, "the other server to see it")
        assert [used_there.get("/whoami").status_code for _ in range(5)] == [401] * 5
