"""Schemathesis hooks: give the fuzzer real ids where no link can, and note which operations reached 2xx.

Loaded by Schemathesis in its own process (see test_schemathesis.py). A run in which nearly every call is answered
with 4xx proves little; so half of the valid requests get what a real client would have. Operations that end their
own credential get an account of their own each time.
"""

import atexit
import json
import os
from base64 import b64encode
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import schemathesis

BASE = os.environ["CONTRACT_BASE_URL"]
REACHED = Path(os.environ["CONTRACT_REACHED"])
USERNAME, PASSWORD = os.environ["CONTRACT_USERNAME"], os.environ["CONTRACT_PASSWORD"]
EMAIL = os.environ["CONTRACT_EMAIL"]
SCHEME, AUTHORIZATION = os.environ["CONTRACT_SCHEME"], os.environ["CONTRACT_AUTHORIZATION"]

_http = httpx2.Client(base_url=BASE, timeout=30, trust_env=False)
_numbers = count(1)
_tried: set[str] = set()
_reached: set[str] = set()


def _address() -> str:
    return f"fuzz{os.getpid()}.{next(_numbers)}@freesewing.dev"


def _fresh_authorization() -> str:
    """The credentials of an account made for one request."""
    confirmation = _http.post("/signup", json={"email": _address(), "language": "en", "test": True}).json()[
        "confirmation"
    ]
    session = _http.post(f"/confirm/signup/{confirmation['id']}", json={"consent": 2}).json()
    bearer = f"Bearer {session['token']}"
    if SCHEME == "bearer":
        return bearer
    body = {"name": "fuzz", "level": 4, "expiresIn": 3600}
    key = _http.post("/apikeys", json=body, headers={"Authorization": bearer}).json()["apikey"]
    return "Basic " + b64encode(f"{key['key']}:{key['secret']}".encode()).decode()


def _link() -> dict[str, str]:
    """A sign-in link of the account that fuzzes."""
    confirmation: dict[str, str] = _http.post(
        "/signup", json={"email": EMAIL, "language": "en", "test": True}
    ).json()["confirmation"]
    return confirmation


def _sign_up(case: Any) -> None:
    case.body = {"email": _address(), "test": True, "language": case.body["language"]}


def _confirm(case: Any) -> None:
    body = {"email": _address(), "language": "en", "test": True}
    confirmation = _http.post("/signup", json=body).json()["confirmation"]
    case.path_parameters = {"id": confirmation["id"]}
    case.body = {"consent": case.body["consent"]}


def _read_confirmation(case: Any) -> None:
    case.path_parameters = _link()


def _sign_in(case: Any) -> None:
    case.body = {**case.body, "username": USERNAME, "password": PASSWORD}


def _by_link(case: Any) -> None:
    link = _link()
    case.path_parameters = {"id": link["id"]}
    case.body = {**case.body, "check": link["check"]}


def _by_full_link(case: Any) -> None:
    case.path_parameters = _link()


def _own_data(case: Any) -> None:
    case.path_parameters = {"id": USERNAME}


def _taken(case: Any) -> None:
    case.body = {**case.body, "username": USERNAME}


def _own_set(case: Any) -> None:
    body = {"name": "fuzzed", "public": True}
    made = _http.post("/sets", json=body, headers={"Authorization": AUTHORIZATION}).json()["set"]
    case.path_parameters = {"id": str(made["id"])}


def _own_key(case: Any) -> None:
    body = {"name": "fuzzed", "level": 1, "expiresIn": 3600}
    made = _http.post("/apikeys", json=body, headers={"Authorization": AUTHORIZATION}).json()["apikey"]
    case.path_parameters = {"key": made["key"]}


REAL: dict[str, Callable[[Any], None]] = {
    "sign_up": _sign_up,
    "confirm_sign_up": _confirm,
    "read_confirmation": _read_confirmation,
    "sign_in": _sign_in,
    "sign_in_by_link": _by_link,
    "sign_in_by_full_link": _by_full_link,
    "read_all_data": _own_data,
    "read_profile": _own_data,
    "read_profile_card": _own_data,
    "check_username": _taken,
    "read_api_key": _own_key,
    "delete_api_key": _own_key,
    **dict.fromkeys(
        ("read_set", "read_set_json", "read_set_yaml", "update_set", "delete_set", "clone_set"), _own_set
    ),
}
ENDING = {"remove_account", "restrict_account", "restrict_account_v3", "give_consent"}
KEPT = {"consent", "password", "username"}


@schemathesis.auth(refresh_interval=None)
class Credentials:
    """The fuzzing account's, but for operations that would end them."""

    def get(self, case: Any, context: Any) -> str:
        """The Authorization header for this request."""
        return _fresh_authorization() if _operation(case) in ENDING else AUTHORIZATION

    def set(self, case: Any, data: str, context: Any) -> None:
        """Put it there."""
        case.headers["Authorization"] = data


@schemathesis.hook  # type: ignore[untyped-decorator]
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Fill in what is real, and keep the fuzzing account alive."""
    operation = _operation(case)
    if operation == "update_account" and isinstance(case.body, dict):
        # Withdrawn consent would end the run, a changed password or name what the hooks know.
        case.body = {name: value for name, value in case.body.items() if name not in KEPT}
    positive = case.meta is not None and case.meta.generation.mode.is_positive
    if operation in REAL and positive and next(_numbers) % 2:
        REAL[operation](case)


def _operation(case: Any) -> str:
    return str(case.operation.definition.raw["operationId"])


@schemathesis.hook  # type: ignore[untyped-decorator]
def after_call(context: Any, case: Any, response: Any) -> None:
    """Note who was called and who answered 2xx."""
    _tried.add(_operation(case))
    if 200 <= response.status_code < 300:
        _reached.add(_operation(case))


@atexit.register
def _write() -> None:
    REACHED.write_text(json.dumps({"tried": sorted(_tried), "reached": sorted(_reached)}))
