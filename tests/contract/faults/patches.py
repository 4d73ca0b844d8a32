"""Faults of the server's own code: functions that are replaced, in this process, while the fault is on.

Each yields its replacements: the object, the attribute, and the new value.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import handlers.apikeys
import handlers.support.ownership
import handlers.support.resources
import middleware.dispatch
import middleware.security
from core import clock
from core.errors import SchemaViolation, Unauthorized, ValidationFailed
from handlers.support.ids import record_id
from handlers.support.reauthentication import reauthenticate
from middleware.idempotency import IdempotentOperation
from middleware.routing import Routing
from middleware.schemas import Schema
from middleware.security import SecuredOperation
from security import Authenticator
from services.auth.credentials import Credentials

Replaced = Iterable[tuple[Any, str, Any]]


def _nothing(*_: Any, **__: Any) -> None:
    """Raise nothing, check nothing."""


def a_level_is_not_enforced() -> Replaced:
    yield middleware.security, "require_consent_and_level", _nothing


def _status(**changed: Any) -> Any:
    verify = Credentials.verify

    async def lenient(*asked: Any) -> Any:
        verified = await verify(*asked)
        return verified and verified._replace(key_status=verified.key_status._replace(**changed))

    return lenient


def an_expired_key_is_accepted() -> Replaced:
    yield Credentials, "verify", _status(expires_at=clock.now() + timedelta(days=1))


def a_revoked_key_is_accepted() -> Replaced:
    yield Credentials, "verify", _status(revoked_at=None)


def records_of_others_can_be_read_and_changed() -> Replaced:
    yield handlers.support.ownership, "require_allowed", _nothing


def private_records_can_be_read_by_everybody() -> Replaced:
    async def readable(services: Any, find: Any, id: str, caller: Any) -> Any:
        return await services.storage.read(find, record_id(id))

    yield handlers.support.ownership, "readable", readable


def a_request_is_not_validated() -> Replaced:
    yield Schema, "check", _nothing


def an_invalid_value_is_corrected_silently() -> Replaced:
    genuine = Schema.check

    def check(schema: Schema, value: Any) -> None:
        try:
            genuine(schema, value)
        except ValidationFailed as error:
            if schema._part != "body":
                raise
            for violation in error.violations:
                value[violation.pointer.strip("/")] = "anything"

    yield Schema, "check", check


def a_good_body_is_refused() -> Replaced:
    def check(schema: Schema, value: Any) -> None:
        if schema._part == "body":
            raise ValidationFailed("validationFailed", [SchemaViolation("body", "", "is wrong")])

    yield Schema, "check", check


def if_match_is_ignored() -> Replaced:
    yield handlers.support.resources, "require_match", _nothing


def if_none_match_is_ignored() -> Replaced:
    genuine = middleware.dispatch.conditional
    yield middleware.dispatch, "conditional", lambda reply, _: genuine(reply, None)


def an_idempotency_key_is_ignored() -> Replaced:
    async def call(operation: IdempotentOperation, scope: Any, receive: Any, send: Any) -> None:
        scope["arguments"].pop(operation.argument)
        await operation.next_app(scope, receive, send)

    yield IdempotentOperation, "__call__", call


def an_alias_takes_any_credentials() -> Replaced:
    find = Routing._find
    yield Routing, "_find", lambda routing, path: (*find(routing, path)[:2], None)


def bad_credentials_count_as_none() -> Replaced:
    authenticate = Authenticator.authenticate

    async def lenient(authenticator: Authenticator, authorization: str | None, need: Any, *rest: Any) -> Any:
        try:
            return await authenticate(authenticator, authorization, need, *rest)
        except Unauthorized:
            if need.optional:
                return None
            raise

    yield Authenticator, "authenticate", lenient


def bad_credentials_hide_public_records() -> Replaced:
    authenticate_first = SecuredOperation.__call__

    async def strict(operation: SecuredOperation, *call: Any) -> None:
        operation.is_public = False
        await authenticate_first(operation, *call)

    yield SecuredOperation, "__call__", strict


def a_key_can_be_made_above_its_makers_level() -> Replaced:
    def promoted(*call: Any) -> Any:
        again = reauthenticate(*call)
        return again._replace(caller=again.caller._replace(level=9))

    yield handlers.apikeys, "reauthenticate", promoted


PATCHES: dict[str, Callable[[], Replaced]] = {
    name.replace("_", " "): fault
    for name, fault in list(globals().items())
    if getattr(fault, "__module__", "") == __name__ and not name.startswith("_") and name != "Replaced"
}
