"""The account that fuzzes, and what it makes for its own requests (see hooks.py)."""

import os
from base64 import b64encode
from itertools import count
from typing import Any

import httpx2

BASE = os.environ["CONTRACT_BASE_URL"]
USERNAME, PASSWORD = os.environ["CONTRACT_USERNAME"], os.environ["CONTRACT_PASSWORD"]
EMAIL = os.environ["CONTRACT_EMAIL"]
SCHEME, AUTHORIZATION = os.environ["CONTRACT_SCHEME"], os.environ["CONTRACT_AUTHORIZATION"]

http = httpx2.Client(base_url=BASE, timeout=30, trust_env=False)
numbers = count(1)


def address() -> str:
    """An address that nobody has yet."""
    return f"fuzz{os.getpid()}.{next(numbers)}@freesewing.dev"


def slug() -> str:
    """A slug that nobody has yet; several runs share a forge."""
    return f"fuzzed-{os.getpid()}-{next(numbers)}"


def made(path: str, body: Any) -> Any:
    """What a POST by the fuzzing account answers."""
    reply = http.post(path, json=body, headers={"Authorization": AUTHORIZATION})
    assert reply.status_code == 201, reply.text
    return reply.json()


def fresh_session() -> Any:
    """The answer to the sign-up of an account made for one request: token and account."""
    body = {"email": address(), "language": "en", "test": True}
    confirmation = http.post("/signup", json=body).json()["confirmation"]
    return http.post(f"/confirm/signup/{confirmation['id']}", json={"consent": 2}).json()


def fresh_authorization() -> str:
    """The credentials of an account made for one request."""
    bearer = f"Bearer {fresh_session()['token']}"
    if SCHEME == "bearer":
        return bearer
    body = {"name": "fuzz", "level": 4, "expiresIn": 3600}
    key = http.post("/apikeys", json=body, headers={"Authorization": bearer}).json()["apikey"]
    return "Basic " + b64encode(f"{key['key']}:{key['secret']}".encode()).decode()
