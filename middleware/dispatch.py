"""The end of the line: call the operation's handler with its arguments and send what it returns."""

from inspect import signature
from typing import Any

from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send


class DispatchedOperation:
    """One operation: the handler that Connexion resolved, its signature read once."""

    def __init__(self, _next_app: ASGIApp, operation: Any) -> None:
        self.handler = operation.function
        self.takes_caller = "caller" in signature(self.handler).parameters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        arguments = scope["arguments"]
        if self.takes_caller:
            arguments["caller"] = scope["caller"]
        reply = await self.handler(**arguments)
        await reply(scope, receive, send)


class DispatchAPI(RoutedAPI[DispatchedOperation]):
    """All operations of the document."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_paths()

    def make_operation(self, operation: Any) -> DispatchedOperation:
        return DispatchedOperation(self.next_app, operation)


class Dispatch(RoutedMiddleware[DispatchAPI]):
    """The application that Connexion's middlewares wrap."""

    api_cls = DispatchAPI

    def __init__(self) -> None:
        super().__init__(_nowhere)


async def _nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("routing lets nothing through that has no operation")
