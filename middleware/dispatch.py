"""Direct dispatch to the handlers: call a handler with its arguments and send the Starlette response that it returns.

A subclass of the application within Connexion's `AsyncApp`. That builds the decorators of a handler anew in each
request, reads its signature three times, and converts what it returns to a response.
"""

from inspect import signature
from typing import Any

from connexion.apps.asynchronous import AsyncApi, AsyncASGIApp
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from core import etags
from core.etags import Preconditions
from middleware import bodies
from services.auth.clients import Client
from services.container import Services

# The headers that a 304 repeats (RFC 9110, section 15.4.5).
_KEPT = ("cache-control", "etag", "last-modified", "link", "vary")


class DispatchedOperation:
    """One operation: the handler that Connexion resolved. Its signature is read once."""

    def __init__(self, operation: Any, services: Services) -> None:
        self.handler = operation.function
        names = signature(self.handler).parameters
        self.services, self.takes_services = services, "services" in names
        self.takes_caller, self.takes_request_id = "caller" in names, "request_id" in names
        self.takes_client = "client" in names
        self.takes_preconditions = "preconditions" in names
        handled_here = any(parameter.get("x-handled-by") == "dispatch" for parameter in operation.parameters)
        self.conditional = handled_here and not self.takes_preconditions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The connection refers to the scope: a body left in it would wait for the garbage collector.
        arguments = scope.pop("arguments")
        if self.takes_caller:
            arguments["caller"] = scope["caller"]
        if self.takes_request_id:
            arguments["request_id"] = scope["request_id"]
        if self.takes_client:
            arguments["client"] = client(scope)
        if self.takes_preconditions:
            arguments["preconditions"] = Preconditions(*(arguments.pop(name) for name in Preconditions._fields))
        if_none_match = arguments.pop("if_none_match") if self.conditional else None
        if self.takes_services:
            arguments["services"] = self.services
        response = await self.handler(**arguments)
        if self.conditional and response.status_code == 200:
            response = conditional(response, if_none_match)
        await response(scope, receive, send)


def client(scope: Scope) -> Client:
    """Return the client of a request."""
    agent = bodies.header(scope, b"user-agent") or b""
    # On a Unix socket, without a proxy that names the client, there is no address.
    return Client(scope["client"][0] if scope["client"] else None, agent.decode("latin-1"))


def conditional(response: Response, if_none_match: str | None) -> Response:
    """Return the response with its entity tag, or 304 if the client has it already (RFC 9110, section 13.1.2)."""
    tag = next((value.decode() for name, value in response.raw_headers if name == b"etag"), None)
    if tag is None:
        tag = etags.of(bytes(response.body))
        response.raw_headers.append((b"etag", tag.encode()))
    if if_none_match is None or not etags.names(if_none_match, tag):
        return response
    return Response(None, 304, {name: response.headers[name] for name in _KEPT if name in response.headers})


class DispatchAPI(AsyncApi):
    """All operations of the document."""

    def __init__(self, *args: Any, services: Services, **kwargs: Any) -> None:
        self.services = services
        super().__init__(*args, **kwargs)

    def make_operation(self, operation: Any) -> DispatchedOperation:
        return DispatchedOperation(operation, self.services)


class Dispatch(AsyncASGIApp):
    """The application that Connexion's middlewares wrap."""

    api_cls = DispatchAPI

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.services = services

    def add_api(self, *args: Any, **kwargs: Any) -> Any:
        return super().add_api(*args, services=self.services, **kwargs)
