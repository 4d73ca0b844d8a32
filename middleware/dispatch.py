"""The end of the line: call the operation's handler with its arguments and send what it returns."""

from inspect import signature
from typing import Any

from connexion.middleware.abstract import RoutedMiddleware
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from core import etags
from core.etags import Preconditions
from middleware import bodies
from middleware.straight import StraightAPI
from services.auth.clients import Client
from services.container import Services

# What a 304 repeats of the reply that it stands for (RFC 9110, section 15.4.5).
_KEPT = ("cache-control", "etag", "last-modified", "link", "vary")


class DispatchedOperation:
    """One operation: the handler that Connexion resolved, its signature read once."""

    def __init__(self, operation: Any, services: Services) -> None:
        self.handler = operation.function
        taken = signature(self.handler).parameters
        self.services, self.takes_services = services, "services" in taken
        self.takes_caller, self.takes_request_id = "caller" in taken, "request_id" in taken
        self.takes_client = "client" in taken
        self.takes_preconditions = "preconditions" in taken
        here = any(given.get("x-handled-by") == "dispatch" for given in operation.parameters)
        self.conditional = here and not self.takes_preconditions

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
        reply = await self.handler(**arguments)
        if self.conditional and reply.status_code == 200:
            reply = conditional(reply, if_none_match)
        await reply(scope, receive, send)


def client(scope: Scope) -> Client:
    """Return the client of a request."""
    agent = bodies.header(scope, b"user-agent") or b""
    # On a Unix socket, without a proxy that names the client, there is no address.
    return Client(scope["client"][0] if scope["client"] else None, agent.decode("latin-1"))


def conditional(reply: Response, if_none_match: str | None) -> Response:
    """The reply with its entity tag, or 304 where the client holds it already (RFC 9110, section 13.1.2)."""
    tag = next((value.decode() for name, value in reply.raw_headers if name == b"etag"), None)
    if tag is None:
        tag = etags.of(bytes(reply.body))
        reply.raw_headers.append((b"etag", tag.encode()))
    if if_none_match is None or not etags.names(if_none_match, tag):
        return reply
    return Response(None, 304, {name: reply.headers[name] for name in _KEPT if name in reply.headers})


class DispatchAPI(StraightAPI[DispatchedOperation]):
    """All operations of the document."""

    def __init__(self, *args: Any, services: Services, **kwargs: Any) -> None:
        self.services = services
        super().__init__(*args, **kwargs)

    def make_operation(self, operation: Any) -> DispatchedOperation:
        return DispatchedOperation(operation, self.services)


class Dispatch(RoutedMiddleware[DispatchAPI]):
    """The application that Connexion's middlewares wrap."""

    api_cls = DispatchAPI

    def __init__(self, services: Services) -> None:
        super().__init__(_nowhere)
        self.services = services

    def add_api(self, specification: Any, **kwargs: Any) -> Any:
        return super().add_api(specification, services=self.services, **kwargs)


async def _nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("routing lets nothing through that has no operation")
