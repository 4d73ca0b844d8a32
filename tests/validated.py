"""The server with Connexion's response validation.

A response of a handler that the document does not allow becomes a 500, with its reason in the log.
"""

from typing import Any

from connexion.middleware.response_validation import (
    ResponseValidationAPI,
    ResponseValidationMiddleware,
    ResponseValidationOperation,
)
from starlette.types import Receive, Scope, Send

import app
from middleware.application import Application
from tests import quick_server

_create_app = app.create_app


class ValidatedOperation(ResponseValidationOperation):
    """An operation whose responses are validated, except those to HEAD: a streamed one has no body then."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = self.next_app if scope["method"] == "HEAD" else super().__call__
        await call(scope, receive, send)


class ValidatedAPI(ResponseValidationAPI):
    """All operations of the document."""

    def make_operation(self, operation: Any) -> ValidatedOperation:
        return ValidatedOperation(self.next_app, operation=operation, validator_map=self.validator_map)


class ResponseValidation(ResponseValidationMiddleware):
    """Connexion's response validation."""

    api_cls = ValidatedAPI


def create_app(*args: Any, **options: Any) -> Application:
    """Return the application of `app.create_app` with response validation."""
    made = _create_app(*args, **options)
    made.add_middleware(ResponseValidation)
    return made


def main() -> None:
    """Serve."""
    app.create_app = create_app
    quick_server.main()
