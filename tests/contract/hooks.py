"""Schemathesis hooks: give the fuzzer real ids where no link can, and note which operations reached 2xx.

Loaded by Schemathesis in its own process (see fuzz/run.py). A run in which nearly every request is rejected proves
little; so half of the valid requests get what a real client would send (`tests/contract/real_values/`).
"""

import atexit
import json
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import schemathesis

from tests.contract import real_values, safety, speed  # noqa: F401 (speed is for its effect)
from tests.contract.fuzzing import AUTHORIZATION, JOURNAL, fresh_authorization, numbers
from tests.contract.real_values import ALWAYS, ENDING

KEY = "Idempotency-Key"
PRECONDITIONS = ("If-Match", "If-None-Match", "If-Unmodified-Since")
REACHED = Path(os.environ["CONTRACT_REACHED"])
KEPT = {"consent", "password", "username"}

_tried: set[str] = set()
_reached: set[str] = set()


@schemathesis.deserializer("text/csv", "application/xml")  # type: ignore[untyped-decorator]
def _text(_context: Any, response: Any) -> str:
    """Files are text, of which the document says how long it can be."""
    return str(response.text)


@schemathesis.auth(refresh_interval=None)
class Credentials:
    """The fuzzing account's, but for operations that would end them."""

    def get(self, case: Any, context: Any) -> str:
        """The Authorization header for this request."""
        return fresh_authorization() if _operation(case) in ENDING else AUTHORIZATION

    def set(self, case: Any, data: str, context: Any) -> None:
        """Put it there."""
        case.headers["Authorization"] = data


@schemathesis.hook  # type: ignore[untyped-decorator]
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Fill in real values, and keep the account of the fuzzer usable."""
    operation = _operation(case)
    if operation == "update_account" and isinstance(case.body, dict):
        # Without consent the run would end, and the hooks need the present password and name.
        case.body = {name: value for name, value in case.body.items() if name not in KEPT}
    positive = case.meta is not None and case.meta.generation.mode.is_positive
    if positive and KEY in case.headers:
        # Whole scenarios are repeated: a replayed response could name a record that was deleted since.
        case.headers[KEY] = str(uuid4())
    if positive and (operation in ALWAYS or next(numbers) % 2):
        # No generator knows the present tag or time of a record: generated ones are nearly always rejected.
        for name in PRECONDITIONS:
            case.headers.pop(name, None)
        real_values.give(operation, case)
    if JOURNAL:
        safety.before(operation, case)


def _operation(case: Any) -> str:
    return str(case.operation.definition.raw["operationId"])


@schemathesis.hook  # type: ignore[untyped-decorator]
def after_call(context: Any, case: Any, response: Any) -> None:
    """Note who was called and who answered 2xx."""
    _tried.add(_operation(case))
    if 200 <= response.status_code < 300:
        _reached.add(_operation(case))
    if JOURNAL:
        safety.after(case, response, len(_tried))


@atexit.register
def _write() -> None:
    REACHED.write_text(json.dumps({"tried": sorted(_tried), "reached": sorted(_reached)}))
