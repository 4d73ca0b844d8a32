"""Requests with an `Idempotency-Key`, and the stored keys."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
from sqlalchemy import func, select, update

from storage.schema.tables import idempotency_keys, sets
from tests.handlers.database import execute
from tests.service import Credentials, Person, Service

NAME = "Idempotency-Key"
# What differs from one reply to the next, whatever is asked for.
OWN = {"date", "x-request-id", "idempotent-replayed"}
SET = {"name": "made once", "measies": {"chest": 900}}


def new_key() -> str:
    """Return an unused key."""
    return str(uuid4())


def post(who: Credentials, path: str, body: Any, key: str, **headers: str) -> httpx2.Response:
    """POST with this key."""
    sent = {NAME: key, **headers, **({"Authorization": who.authorization} if who.authorization else {})}
    return who.service.http.post(path, headers=sent, **({} if body is None else {"json": body}))


def is_replayed(reply: httpx2.Response) -> bool:
    """Whether the reply says that it is an earlier one."""
    assert reply.headers.get("idempotent-replayed") in (None, "true")
    return "idempotent-replayed" in reply.headers


def assert_replayed(first: httpx2.Response, again: httpx2.Response) -> None:
    """Fail unless the second is the first once more, and says so."""
    assert (first.status_code, again.status_code) == (201, 201), (first.text, again.text)
    assert (is_replayed(first), is_replayed(again)) == (False, True)
    assert again.content == first.content
    headers = [{name: value for name, value in one.headers.items() if name not in OWN} for one in (first, again)]
    assert headers[0] == headers[1]
    assert first.headers["x-request-id"] != again.headers["x-request-id"]


def count_sets(person: Person) -> int:
    """Return the number of sets of the account."""
    return int(execute(person.service, select(func.count()).where(sets.c.user_id == person.id))[0][0])


def count_keys(person: Person) -> int:
    """Return the number of stored idempotency keys of the account."""
    return int(execute(person.service, select(func.count()).where(idempotency_keys.c.user_id == person.id))[0][0])


def change_keys(service: Service, user_id: int | None, **columns: Any) -> None:
    """Change the stored keys of an account, None for those of anyone."""
    execute(service, update(idempotency_keys).where(idempotency_keys.c.user_id == user_id).values(**columns))


def ago(**past: float) -> datetime:
    """A moment that is over."""
    return datetime.now(UTC) - timedelta(**past)
