"""What ends access between authentication and the handler's transaction ends that request, too, on both engines."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pyotp
import pytest
from httpx2 import Response
from sqlalchemy import Connection, update

from core import clock, document
from security import ROLE_LEVELS
from storage import accounts, administration, apikeys, audit_log, revocation, sessions
from storage.schema.tables import apikeys as table
from storage.security_log import OWNER, Origin
from tests.contract.levels import CASES as CALLS
from tests.contract.levels.case import known
from tests.handlers.reading import failure
from tests.idempotent import SET, new_key, post
from tests.in_process import AsgiService, before_next_write
from tests.service import Credentials, Person

KEY = {"name": "a key", "level": 3, "expiresIn": 3600}
UNAUTHORIZED, REVOKED = (401, "unauthorized"), (401, "keyRevoked")
BY_OPERATOR = audit_log.Actor(audit_log.NOBODY, clock.new_uuid())
SECURED = {
    operation["operationId"]: (method.upper(), path)
    for path, method, operation in document.operations(document.load())
    if operation["security"] and {} not in operation["security"]
}
# Operations that change nothing but what the owner's own records hold, which a block does not end either: the hot
# paths of the API. For the records of others see `BY_STAFF`.
OWN_RECORDS = {
    *("create_set", "import_set", "update_set", "delete_set", "clone_set", "clone_curated_set"),
    *("create_pattern", "update_pattern", "delete_pattern", "clone_pattern"),
    *("create_bookmark", "update_bookmark", "delete_bookmark"),
}
# Operations that change nothing in the database: a search, a name to check, the code forge, files.
NO_TRANSACTION = {"search_users", "check_username", "open_post", "delete_image"}
BY_GET = {"export_account", "impersonate_user", "restrict_account_v3"}
REAUTHENTICATED = sorted(
    {name for name, (method, _) in SECURED.items() if method != "GET"} - OWN_RECORDS - NO_TRANSACTION | BY_GET
)
# Bodies that make an operation get as far as its transaction.
BODIES: dict[str, Callable[[Person], dict[str, Any]]] = {
    "suggest_curated_set": lambda owner: {"set": owner.new_set()["id"]},
    "configure_mfa": lambda owner: _mfa_body(owner),
}
# On records of others, with the level of staff.
BY_STAFF = ("update_set", "delete_set", "clone_set", "update_pattern", "delete_pattern", "clone_pattern")
Ends = Callable[[Connection, int, UUID | None], object]


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


def signed_out(connection: Connection, user_id: int, _key: UUID | None) -> None:
    """The owner ends every session."""
    accounts.lock(connection, user_id)
    sessions.end_all(connection, user_id)


ENDINGS: list[tuple[str, Ends, tuple[int, str] | None, tuple[int, str] | None]] = [
    ("blocked", changed(role="blocked"), UNAUTHORIZED, REVOKED),
    ("disabled", changed(status=accounts.DISABLED), UNAUTHORIZED, REVOKED),
    ("restricted", changed(status=accounts.RESTRICTED), UNAUTHORIZED, REVOKED),
    ("without consent", changed(consent=0), (451, "consentLacking"), REVOKED),
    # What such a role may give, not what the former role might.
    ("demoted", changed(role="user"), (400, "keyLevelExceedsRoleLevel"), REVOKED),
    ("removed", removed, UNAUTHORIZED, UNAUTHORIZED),
    ("signed out", signed_out, UNAUTHORIZED, None),
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


def _mfa_body(owner: Person) -> dict[str, Any]:
    """What turns multi-factor authentication on."""
    secret = owner.post("/account/mfa", {"mfa": True}).json()["mfa"]["secret"]
    return {"mfa": True, "secret": secret, "token": pyotp.TOTP(secret).now()}


def call(name: str, caller: Person, owner: Person) -> Callable[[], Response]:
    """The operation, ready to be called on a new record of the owner's."""
    method, path = SECURED[name]
    case = CALLS[name]
    path = path.format(**(case.record(owner, False) if case.record else {}))
    sent = {"json": BODIES[name](caller)} if name in BODIES else case.sent
    return partial(caller.request, method, path, **sent)


@contextmanager
def role_before_next_write(
    application: AsgiService, patch: pytest.MonkeyPatch, person: Person, role: str
) -> Iterator[None]:
    """The person's role changes just before the first unit of work of the next request, and back in the end."""
    try:
        with before_next_write(
            patch, partial(application.services.storage.write, accounts.change, person.id, role=role)
        ):
            yield
    finally:
        patch.undo()
        application.run(application.services.storage.write(accounts.change, person.id, role="admin"))


@pytest.mark.parametrize("name", REAUTHENTICATED)
def test_an_operation_whose_result_outlives_it_is_rejected_after_a_block(
    application: AsgiService, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    admin = known(application, "admin")
    ready = call(name, admin, admin)
    with role_before_next_write(application, monkeypatch, admin, accounts.BLOCKED):
        reply = ready()
    assert reply.status_code >= 400, f"use `reauthenticated` in {name}, or add it to OWN_RECORDS or NO_TRANSACTION"
    assert failure(reply) == UNAUTHORIZED


@pytest.mark.parametrize("name", sorted(OWN_RECORDS))
def test_an_operation_of_an_account_that_is_removed_meanwhile_is_401_or_404(
    application: AsgiService, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    person = application.sign_up()
    ready = call(name, person, person)
    with before_next_write(monkeypatch, partial(application.services.storage.write, accounts.remove, person.id)):
        assert failure(ready()) in (UNAUTHORIZED, (404, "notFound"))


def test_a_request_with_an_idempotency_key_is_401_if_its_account_is_removed_meanwhile(
    application: AsgiService, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = application.sign_up()
    with before_next_write(monkeypatch, partial(application.services.storage.write, accounts.remove, person.id)):
        reply = post(person, "/sets", SET, new_key())
    assert failure(reply) == UNAUTHORIZED


def test_a_report_of_a_key_is_answered_alike_if_its_account_is_removed_meanwhile(
    application: AsgiService, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = application.sign_up()
    key = person.new_key()
    with before_next_write(monkeypatch, partial(application.services.storage.write, accounts.remove, person.id)):
        reply = application.http.post("/apikeys/leaked", json={"key": key.key, "secret": key.secret})
    assert (reply.status_code, reply.json()) == (202, {"result": "received"})


@pytest.mark.parametrize("name", [*BY_STAFF, "read_all_data", "revoke_api_key"])
def test_demoted_staff_no_longer_reach_the_records_of_others(
    application: AsgiService, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    admin = known(application, "admin")
    ready = call(name, admin, known(application, "owner"))
    with role_before_next_write(application, monkeypatch, admin, "user"):
        assert failure(ready()) == (403, "insufficientAccessLevel")


@pytest.mark.parametrize(("ends", "kind", "outcome"), CASES)
def test_no_key_is_created_after_the_end_of_the_credentials(
    application: AsgiService, monkeypatch: pytest.MonkeyPatch, ends: Ends, kind: str, outcome: tuple[int, str]
) -> None:
    person = application.sign_up("curator")
    key = person.new_key(5)
    callers: dict[str, Credentials] = {"token": person, "key": key}
    with before_next_write(monkeypatch, partial(application.services.storage.write, ends, person.id, UUID(key.key))):
        reply = callers[kind].post("/apikeys", {**KEY, "level": 5})
    assert failure(reply) == outcome
    assert ("www-authenticate" in reply.headers) == (reply.status_code == 401)
    assert len(application.run(application.services.storage.read(apikeys.list_of, person.id))) <= 1
