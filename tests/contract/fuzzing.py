"""The account that fuzzes, and what it makes for its own requests (see hooks.py)."""

import json
import os
from base64 import b64encode
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt

from tests.contract.throttling import ThrottledClient

# Set for the process that fuzzes (running.py); elsewhere this is only asked what there is.
BASE = os.environ.get("CONTRACT_BASE_URL", "")
USERNAME, PASSWORD = os.environ.get("CONTRACT_USERNAME", ""), os.environ.get("CONTRACT_PASSWORD", "")
EMAIL = os.environ.get("CONTRACT_EMAIL", "")
SCHEME, AUTHORIZATION = os.environ.get("CONTRACT_SCHEME", ""), os.environ.get("CONTRACT_AUTHORIZATION", "")
# On a deployment of another operator: records to delete are written to it, and ids are checked (safety.py).
JOURNAL = os.environ.get("CONTRACT_JOURNAL", "")
DOMAIN = os.environ.get("CONTRACT_DOMAIN", "freesewing.dev")

# Seconds that keys of a run live; 120 on a deployment of another operator (deployment.py).
KEY_LIFE = int(os.environ.get("CONTRACT_KEY_LIFE", "120")) if JOURNAL else 3600

http = ThrottledClient(BASE)
numbers = count(1)
# Part of every generated name, so that names of processes on all machines differ.
RUN = uuid4().hex[:12]
# Records that this run created there: the member of the response, and the name.
ours: set[tuple[str, str]] = set()


class CannotMake(Exception):
    """The account of the fuzzer cannot create a record that a request needs."""


def address() -> str:
    """Return an unused address; raise CannotMake if there is no test domain."""
    if not DOMAIN:
        raise CannotMake("outside of test mode mails would go there")
    return f"fuzz{RUN}.{next(numbers)}@{DOMAIN}"


def slug() -> str:
    """Return an unused slug. Several runs share a forge."""
    return f"fuzzed-{RUN}-{next(numbers)}"


def made(path: str, body: Any) -> Any:
    """What a POST by the fuzzing account answers; raises CannotMake."""
    reply = http.post(path, json=body, headers={"Authorization": AUTHORIZATION})
    if reply.status_code == 403:
        raise CannotMake(reply.text)
    assert reply.status_code == 201, reply.text
    return noted(reply.json())


def common(path: str, body: Any, one: str, many: str) -> str:
    """Return the id of a record without an owner: a new one, or an existing one if the account cannot create it."""
    try:
        return str(made(path, body)[one]["id"])
    except CannotMake:
        there = http.get(path).json()[many]
        if not there:
            raise
        return str(there[0]["id"])


def noted(made: dict[str, Any]) -> dict[str, Any]:
    """Write the new records of a response to the journal, from which they are deleted later."""
    if JOURNAL:
        new = {member: record for member, record in made.items() if _is_new(member, made)}
        for member, record in new.items():
            names = [record.get(name) for name in ("id", "uuid", "key")] if isinstance(record, dict) else [record]
            ours.update((member, str(name)) for name in names if name is not None)
        with Path(JOURNAL).open("a") as journal:
            journal.write(json.dumps(new) + "\n")
    return made


def _is_new(member: str, made: dict[str, Any]) -> bool:
    """Whether this member of a reply is what it says, and of this run.

    A curated set that was changed is returned as `set`, too, whose id is that of another set. An image may be
    one that was replaced.
    """
    if member == "imgId":
        return RUN in str(made[member])
    return not (member == "set" and "curatedSet" in made)


def link_for(email: str) -> dict[str, str]:
    """The link of a sign-up, or of a sign-in, in place of a mail; raises CannotMake where there would be one."""
    if not DOMAIN:
        raise CannotMake("outside of test mode a mail would be sent")
    reply = http.post("/signup", json={"email": email, "language": "en", "test": True})
    answer: dict[str, str] = noted(reply.json())
    return {"id": answer["confirmation"], "check": answer["check"]}


def new_session() -> str:
    """The id of another session of the account that fuzzes; raises CannotMake if it has no password."""
    reply = http.post("/signin", json={"username": USERNAME, "password": PASSWORD})
    if reply.status_code != 200:
        raise CannotMake(reply.text)
    claims = jwt.decode(reply.json()["token"], options={"verify_signature": False})
    return str(claims["sid"])


def fresh_session() -> Any:
    """The answer to the sign-up of an account made for one request: token and account."""
    confirmation = link_for(address())
    return noted(http.post(f"/confirm/signup/{confirmation['id']}", json={"consent": 2}).json())


def fresh_authorization() -> str:
    """The credentials of an account made for one request."""
    bearer = f"Bearer {fresh_session()['token']}"
    if SCHEME == "bearer":
        return bearer
    body = {"name": "fuzz", "level": 4, "expiresIn": 3600}
    key = http.post("/apikeys", json=body, headers={"Authorization": bearer}).json()["apikey"]
    return "Basic " + b64encode(f"{key['key']}:{key['secret']}".encode()).decode()
