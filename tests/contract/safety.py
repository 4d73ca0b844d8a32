"""Safe fuzzing of a deployment with data of other users: only records of this run are changed, at a limited rate.

Used by hooks.py. A generated id could be that of another user's record. So a request that would change a record is
sent with the id of a record of this run, or with an id that does not exist. Created records are noted for removal.
"""

import re
import sys
from itertools import count
from typing import Any
from uuid import uuid4

from core import document
from tests.contract.fuzzing import DOMAIN, KEY_LIFE, USERNAME, address, noted, ours, slug
from tests.contract.real_values import give
from tests.contract.throttling import Pace

NAMES = ("id", "key", "ehash")
# Prefix of a path: the member of the responses that create such records. The first matching prefix is used.
KINDS = {
    "/apikeys/": "apikey",
    "/sets/": "set",
    "/patterns/": "pattern",
    "/bookmarks/": "bookmark",
    "/curated-sets/from/": "submission",
    "/curated-sets/": "curatedSet",
    "/option-packs/from/": "submission",
    "/option-packs/": "optionPack",
    "/suggested-sets/": "submission",
    "/suggested-packs/": "submission",
    "/images/": "imgId",
    "/quota-requests/": "request",
    "/admin/quota-requests/": "request",
    "/admin/": "account",
}
# Of the account: an address that mails would go to.
NEVER_SENT = ("email", "confirm", "confirmation", "check")
# They send a mail to the address in the body, so only unused addresses are sent.
MAILING = {"sign_up", "subscribe", "request_unsubscription", "request_sign_in_link"}
# The account named in the body gets a mail, or an entry in its security log.
NAMING = MAILING | {"sign_in"}
# Requests between two lines of progress.
PROGRESS_EACH = 500
_SCHEMAS = document.load()["components"]["schemas"]
# Of a key, in seconds: a longer lifetime must be rejected.
LONGEST_LIFE = _SCHEMAS["ApiKeyCreate"]["properties"]["expiresIn"]["maximum"]
_SLUG = _SCHEMAS["Slug"]
_ADDRESS = re.compile(r"[^@]+@[^@]+")

_pace = Pace()
_calls = count(1)


def before(operation: str, case: Any) -> None:
    """Make the request harmless, and wait where the deployment asks for it."""
    _pace.keep(_credentials(case))
    positive = case.meta is not None and case.meta.generation.mode.is_positive
    if isinstance(case.body, dict):
        case.body = _replacing_nothing(operation, _mailing_nobody(operation, case.body))
        life = case.body.get("expiresIn")
        if operation == "create_api_key" and type(life) in (int, float) and KEY_LIFE < life <= LONGEST_LIFE:
            case.body = {**case.body, "expiresIn": KEY_LIFE}
    if not (_changes(case) or _shows_more_to_staff(case)) or not isinstance(case.path_parameters, dict):
        return
    strange = [name for name in NAMES if name in case.path_parameters and not _is_ours(case, name)]
    if strange and positive and give(operation, case):
        return
    for name in strange:
        case.path_parameters[name] = str(uuid4())


def _mailing_nobody(operation: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return the body without addresses and names of other users, who would get a mail or an event."""
    if operation == "update_account":
        return {name: value for name, value in body.items() if name not in NEVER_SENT}
    if operation in MAILING and _ADDRESS.fullmatch(str(body.get("email"))):
        return {**body, "email": address(), "test": True}
    if operation in NAMING and isinstance(body.get("username"), str):
        return {**body, "username": USERNAME}
    return body


def _replacing_nothing(operation: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return the body without the name of an image that may exist; an invalid name stays, since it is rejected."""
    if operation == "upload_image" and _is_slug(body.get("slug")):
        return {**body, "slug": slug()}
    return body


def _is_slug(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _SLUG["maxLength"] and bool(re.search(_SLUG["pattern"], value))


def _credentials(case: Any) -> str:
    return str(case.headers.get("Authorization", ""))


def _changes(case: Any) -> bool:
    safe = case.method.upper() in ("GET", "HEAD", "OPTIONS")
    return not safe or bool(case.operation.definition.raw.get("x-unsafe"))


def _shows_more_to_staff(case: Any) -> bool:
    """Return whether an administrator, who fuzzes in test mode, could read private records of other users."""
    return bool(DOMAIN) and "x-level" in case.operation.definition.raw


def _is_ours(case: Any, name: str) -> bool:
    kind = next((kind for path, kind in KINDS.items() if case.operation.path.startswith(path)), "")
    return (kind, str(case.path_parameters[name])) in ours


def after(case: Any, response: Any, operations: int) -> None:
    """Note created records and remaining quotas, and print the progress from time to time."""
    calls = next(_calls)
    if calls % PROGRESS_EACH == 0:
        print(f"  {calls} requests so far, to {operations} operations", file=sys.stderr, flush=True)
    headers = {name: values[0] for name, values in response.headers.items()}
    _pace.note(_credentials(case), headers)
    is_json = headers.get("content-type", "").startswith("application/json")
    if case.method.upper() != "GET" and response.status_code in (200, 201) and is_json:
        made = response.json()
        if isinstance(made, dict):
            noted(made)
