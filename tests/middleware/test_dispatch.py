"""Dispatch: the handler is called with the arguments of the request, and nothing of them stays behind."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from starlette.responses import Response

from middleware.dispatch import DispatchedOperation
from services.container import Services


def test_a_body_does_not_stay_in_the_scope_of_its_connection() -> None:
    bodies: list[Any] = []

    async def create(body: dict[str, Any]) -> Response:
        bodies.append(body)
        return Response("made")

    async def send(_message: Any) -> None:
        pass

    operation = DispatchedOperation(SimpleNamespace(function=create, parameters=[]), cast(Services, None))
    scope: dict[str, Any] = {"type": "http", "method": "POST", "arguments": {"body": {"img": "x" * 100}}}
    asyncio.run(operation(scope, cast(Any, None), send))
    assert bodies == [{"img": "x" * 100}]
    assert "x" * 100 not in repr(scope)
