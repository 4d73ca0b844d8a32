"""What ends access between authentication and the handler's transaction ends that request, too, on both engines."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, update

import clock
import storage
from security import ROLE_LEVELS
from storage import accounts, acts, administration, apikeys, revocation
from storage.events import OWNER, Origin
from storage.tables import apikeys as table
from tests.databases import fresh_postgres
from tests.handlers.reading import failure
from tests.inside import Inside, before_next_write, inside
from tests.service import ApiKey, Credentials, Person

KEY = {"name": "a key", "level": 3, "expiresIn": 3600}
UNAUTHORIZED, REVOKED = (401, "unauthorized"), (401, "keyRevoked")
BY_OPERATOR = acts.Actor(acts.NOBODY, clock.new_uuid())
Ends = Callable[[Connection, int, UUID | None], object]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def application(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    """The application, in this process."""
    data = tmp_path_factory.mktemp("reauthentication")
    if request.param == "sqlite":
        with inside(data) as there:
            yield there
    else:
        with fresh_postgres() as url, inside(data, url) as there:
            yield there


def changed(**wanted: Any) -> Ends:
    """An administrator changes the account."""
    level = ROLE_LEVELS.get(wanted.get("role", ""), -1)

    def change(connection: Connection, user_id: int, _key: UUID | None) -> object:
        return administration.update(connection, user_id, wanted, level=level, by=BY_OPERATOR, now=clock.now())

    return change


def removed(connection: Connection, user_id: int, _key: UUID | None) -> None:
    """The owner removes the account."""
    accounts.remove(connection, user_id)


def revoked(connection: Connection, _user_id: int, key: UUID | None) -> None:
    """The owner revokes the key."""
    assert key is not None
    held, now = apikeys.lock(connection, key), clock.now()
    revocation.revoke(connection, held, by=revocation.OWNER, origin=Origin(OWNER), now=now)


def rotated(connection: Connection, _user_id: int, key: UUID | None) -> None:
    """The owner gives the key another secret and ends the present one."""
    assert key is not None
    held, now = apikeys.lock(connection, key), clock.now()
    apikeys.rotate(connection, held, secret_hash="0" * 64, grace=timedelta(0), origin=Origin(OWNER), now=now)


def expired(connection: Connection, _user_id: int, key: UUID | None) -> None:
    """The key reaches its end."""
    connection.execute(update(table).where(table.c.key == key).values(expires_at=clock.now()))


ENDINGS: list[tuple[str, Ends, tuple[int, str] | None, tuple[int, str]]] = [
    ("blocked", changed(role="blocked"), UNAUTHORIZED, REVOKED),
    ("disabled", changed(status=accounts.DISABLED), UNAUTHORIZED, REVOKED),
    ("restricted", changed(status=accounts.RESTRICTED), UNAUTHORIZED, REVOKED),
    ("without consent", changed(consent=0), (451, "consentLacking"), REVOKED),
    # What such a role may give, not what the former role might.
    ("demoted", changed(role="user"), (400, "keyLevelExceedsRoleLevel"), REVOKED),
    ("removed", removed, UNAUTHORIZED, UNAUTHORIZED),
    ("revoked", revoked, None, REVOKED),
    ("rotated", rotated, None, UNAUTHORIZED),
    ("expired", expired, None, (401, "keyExpired")),
]
CASES = [
    pytest.param(ends, kind, outcome, id=f"{name}, by {kind}")
    for name, ends, *outcomes in ENDINGS
    for kind, outcome in zip(("token", "key"), outcomes, strict=True)
    if outcome is not None
]


def end_before_next_write(monkeypatch: pytest.MonkeyPatch, ends: Ends, person: Person, key: ApiKey) -> None:
    """Let this end come just before the first unit of work of the next request."""
    happens = partial(storage.write, ends, person.id, UUID(key.key))
    before_next_write(monkeypatch, happens)


@pytest.mark.parametrize(("ends", "kind", "outcome"), CASES)
def test_no_key_is_created_after_the_end_of_the_credentials(
    application: Inside, monkeypatch: pytest.MonkeyPatch, ends: Ends, kind: str, outcome: tuple[int, str]
) -> None:
    person = application.sign_up("curator")
    key = person.new_key(5)
    callers: dict[str, Credentials] = {"token": person, "key": key}
    end_before_next_write(monkeypatch, ends, person, key)
    reply = callers[kind].post("/apikeys", {**KEY, "level": 5})
    assert failure(reply) == outcome
    assert ("www-authenticate" in reply.headers) == (reply.status_code == 401)
    assert len(application.run(storage.read(apikeys.list_of, person.id))) <= 1
