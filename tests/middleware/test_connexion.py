"""What a reader who knows Connexion can expect of the application, and the parts of Connexion on which it depends."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import connexion
import pytest
from connexion.exceptions import ResolverError
from connexion.middleware import MiddlewarePosition
from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware
from connexion.middleware.context import ContextMiddleware
from connexion.middleware.request_validation import RequestValidationMiddleware
from connexion.middleware.response_validation import ResponseValidationMiddleware
from connexion.middleware.routing import RoutingMiddleware
from connexion.middleware.security import SecurityMiddleware
from starlette.responses import JSONResponse, Response
from starlette.testclient import TestClient

import app
import settings
from core import document
from handlers import service as service_handlers
from handlers import sets, subscribers
from middleware.application import Application
from middleware.dispatch import DispatchedOperation
from middleware.routing import Routing
from middleware.security import SecuredOperation, Security
from security import Authenticator
from tests import templates
from tests.problems import problem
from tests.quick_server import quick

SUBSCRIPTION = {"email": "reader@example.org", "language": "en"}
Handler = Callable[..., Any]


@pytest.fixture(scope="module", autouse=True)
def _unharmed() -> None:
    """These tests start no server process."""


@pytest.fixture
def application(tmp_path: Path) -> Application:
    """The application on a migrated SQLite database. It is not started yet."""
    found = settings.make_secrets(settings.load(data_dir=tmp_path, limits="off"))
    templates.prepare(found.database_url, {"FREESEWING_DATABASE_URL": found.database_url})
    with quick():
        return app.create_app(found)


@pytest.fixture
def client(application: Application) -> Iterator[TestClient]:
    """Connexion's test client. It starts and stops the application."""
    with application.test_client(client=("192.0.2.1", 50_000)) as client:
        yield client


def test_the_test_client_calls_the_application(client: TestClient) -> None:
    response = client.get("/health")
    assert (response.status_code, response.json()) == (200, {"result": "success"})
    problem(client.get("/nothing"), 404, "notFound")
    problem(client.get("/sets"), 401, "unauthorized")


def test_connexion_request_works_in_a_handler(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    async def subscribe(body: dict[str, Any]) -> Response:
        request = connexion.request
        again = await request.json()
        return JSONResponse([request.method, request.headers["user-agent"], again == body == SUBSCRIPTION])

    monkeypatch.setattr(subscribers, "subscribe", subscribe)
    with application.test_client() as client:
        assert client.post("/subscriber", json=SUBSCRIPTION).json() == ["POST", "testclient", True]


def test_connexion_request_cannot_read_a_large_body_again(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def create_set(body: dict[str, Any], caller: Any) -> Response:
        with pytest.raises(RuntimeError, match="65,536"):
            await connexion.request.body()
        return JSONResponse({"length": len(body["extra"])})

    monkeypatch.setattr(sets, "create_set", create_set)
    monkeypatch.setattr(Authenticator, "authenticate", AsyncMock(return_value=None))
    with application.test_client() as client:
        assert client.post("/sets", json={"name": "a", "extra": "x" * 70_000}).json() == {"length": 70_000}


def test_connexions_own_context_middleware_works(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    async def check_health() -> Response:
        operation = connexion.context.operation
        return JSONResponse([operation.operation_id, operation.method, connexion.context.scope["path"]])

    monkeypatch.setattr(service_handlers, "check_health", check_health)
    application.add_middleware(ContextMiddleware)
    with application.test_client() as client:
        assert client.get("/health").json() == ["handlers.service.check_health", "get", "/health"]


@pytest.mark.parametrize(("body", "status"), [({"result": "success"}, 200), ({"result": 1}, 500)])
def test_connexions_response_validation_works(
    application: Application, monkeypatch: pytest.MonkeyPatch, body: dict[str, Any], status: int
) -> None:
    async def check_health() -> Response:
        return JSONResponse(body)

    monkeypatch.setattr(service_handlers, "check_health", check_health)
    application.add_middleware(ResponseValidationMiddleware)
    with application.test_client() as client:
        assert client.get("/health").status_code == status


def test_an_asgi_middleware_finds_the_routing_context(application: Application) -> None:
    seen: list[Any] = []

    class Recorder:
        def __init__(self, next_app: Any, *, key: str) -> None:
            self.next_app, self.key = next_app, key

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                seen.append(scope["extensions"][self.key])
            await self.next_app(scope, receive, send)

    application.add_middleware(Recorder, MiddlewarePosition.BEFORE_SECURITY, key="connexion_routing")
    with application.test_client() as client:
        assert client.get("/health").status_code == 200
    assert seen == [{"api_base_path": "", "operation_id": "handlers.service.check_health"}]


def test_a_routed_middleware_of_others_works(application: Application) -> None:
    seen: list[str] = []

    class RecorderAPI(RoutedAPI[Any]):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.add_paths()

        def make_operation(self, operation: Any) -> Any:
            async def call(scope: Any, receive: Any, send: Any) -> None:
                seen.append(f"{operation.method} {operation.path}")
                await self.next_app(scope, receive, send)

            return call

    class Recorder(RoutedMiddleware[RecorderAPI]):
        api_cls = RecorderAPI

    application.add_middleware(Recorder, MiddlewarePosition.BEFORE_VALIDATION)
    with application.test_client() as client:
        assert client.get("/sets/1.json").status_code == 404
    assert seen == ["get /sets/{id}.json"]


@pytest.mark.parametrize(
    ("position", "connexions"),
    [
        (MiddlewarePosition.BEFORE_ROUTING, RoutingMiddleware),
        (MiddlewarePosition.BEFORE_SECURITY, SecurityMiddleware),
        (MiddlewarePosition.BEFORE_VALIDATION, RequestValidationMiddleware),
        (MiddlewarePosition.BEFORE_CONTEXT, ContextMiddleware),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_middleware_is_added_before_ours_at_connexions_position(
    application: Application, position: MiddlewarePosition, connexions: type
) -> None:
    application.add_middleware(ResponseValidationMiddleware, position)
    stack = [getattr(each, "func", each) for each in application.middleware.middlewares]
    assert issubclass(stack[stack.index(ResponseValidationMiddleware) + 1], connexions)


def test_a_position_without_a_middleware_is_an_error(application: Application) -> None:
    with pytest.raises(ValueError, match="BEFORE_SWAGGER"):
        application.add_middleware(ResponseValidationMiddleware, MiddlewarePosition.BEFORE_SWAGGER)


def test_no_middleware_is_added_after_the_start(application: Application, client: TestClient) -> None:
    assert client.get("/health").status_code == 200
    with pytest.raises(RuntimeError):
        application.add_middleware(ResponseValidationMiddleware)


def test_a_missing_handler_stops_the_start(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(service_handlers, "check_health")
    with pytest.raises(ResolverError, match="check_health"), application.test_client():
        pass


@pytest.fixture
def stack(application: Application, client: TestClient) -> list[Any]:
    """The middlewares of the started application, from the outside in."""
    return list(application.middleware.middleware_stack or ())


def test_each_operation_calls_the_one_that_connexion_would_look_up(stack: list[Any]) -> None:
    routed = [middleware for middleware in stack if isinstance(middleware, RoutedMiddleware)]
    names = {
        f"{operation['x-openapi-router-controller']}.{operation['operationId']}"
        for _, _, operation in document.operations(document.load())
    }
    for outer, inner in pairwise(routed):
        (outer_api,), (inner_api,) = outer.apis[""], inner.apis[""]
        assert set(outer_api.operations) == set(inner_api.operations) == names
        for name, operation in outer_api.operations.items():
            expected = inner_api.operations[name]
            assert operation is expected or operation.next_app is expected


def test_routing_calls_security_and_the_chain_ends_with_the_handler(stack: list[Any]) -> None:
    routing, security = (next(each for each in stack if isinstance(each, kind)) for kind in (Routing, Security))
    found = routing.table.find("/sets/1")
    assert found is not None
    routed = found[0].operations["GET"]
    assert isinstance(routed.app, SecuredOperation)
    assert security.apis[""][0].operations["handlers.sets.read_set"] is routed.app
    end: Any = routed.app
    while not isinstance(end, DispatchedOperation):
        end = end.next_app
    assert end.handler.__name__ == "read_set"
