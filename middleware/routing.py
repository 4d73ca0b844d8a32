"""From method and path to the operation.

A subclass of Connexion's `RoutingMiddleware` with a table in place of Starlette's router. That compares a path with
the routes of the document one after the other, answers 405 with the methods of the first match only, and would need
a route for each `/jwt` and `/key` form. Here the suffix is removed before the look-up, and only the scheme that it
names is accepted (see `security.Authenticator`).
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from connexion.middleware.abstract import ROUTING_CONTEXT, AbstractRoutingAPI
from connexion.middleware.routing import RoutingMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import MethodNotAllowed, NoSuchPath
from middleware import deprecation
from middleware.direct_dispatch import definition_of, next_of
from security import BASIC, BEARER
from services.address import PublicAddress

SUFFIXES = {"/jwt": BEARER, "/key": BASIC}
_PARAMETER = re.compile(r"\{(\w+)\}")
# Of a path: the number of slashes, the first segment, the extension of the last one with its dot.
Shape = tuple[int, str, str]


class Routed(NamedTuple):
    """An operation: its name in the document, Connexion's routing context, what to call, headers of each response."""

    name: str
    context: dict[str, str]
    app: ASGIApp
    headers: list[tuple[bytes, bytes]]


@dataclass(slots=True)
class Route:
    """A path of the document: its operations by method, and those that have a `/jwt` and a `/key` form."""

    pattern: re.Pattern[str]
    operations: dict[str, Routed] = field(default_factory=dict)
    secured: dict[str, Routed] = field(default_factory=dict)


class Table:
    """The paths of a document. A look-up takes the same time however many there are."""

    def __init__(self) -> None:
        self._by_template: dict[str, Route] = {}
        # Of the paths with parameters, only those of the same shape can match, or of the same without an extension.
        self._by_shape: dict[Shape, list[Route]] = defaultdict(list)

    def route(self, template: str) -> Route:
        """Return the route of a path template, made at its first mention."""
        if template not in self._by_template:
            literal = re.split(_PARAMETER, template)
            pattern = "".join(f"(?P<{part}>[^/]+)" if odd else re.escape(part) for odd, part in _alternate(literal))
            route = self._by_template[template] = Route(re.compile(pattern))
            self._by_shape[_shape(template)].append(route)
        return self._by_template[template]

    def find(self, path: str) -> tuple[Route, dict[str, str]] | None:
        """Return the route of a path with the values of its parameters; None if no path of the document matches."""
        route = self._by_template.get(path)
        if route is not None:
            return route, {}
        slashes, first, extension = _shape(path)
        routes = self._by_shape.get((slashes, first, extension), [])
        if extension:  # which may be part of the last parameter
            routes = [*routes, *self._by_shape.get((slashes, first, ""), ())]
        for route in routes:
            match = route.pattern.fullmatch(path)
            if match:
                return route, match.groupdict()
        return None


def _alternate(parts: list[str]) -> Iterator[tuple[bool, str]]:
    return ((bool(position % 2), part) for position, part in enumerate(parts))


def _shape(path: str) -> Shape:
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    dot = path.rfind(".", path.rfind("/") + 1)
    return path.count("/"), first, path[dot:] if dot >= 0 else ""


class RoutingAPI(AbstractRoutingAPI[Any]):
    """Enters a document's operations, as Connexion resolved them, into the tables."""

    def __init__(
        self, *args: Any, table: Table, aliases: Table, address: PublicAddress, next_app: ASGIApp, **kwargs: Any
    ) -> None:
        self.table = table
        self.aliases = aliases
        self.address = address
        self.next_app = next_app
        super().__init__(*args, **kwargs)

    def make_operation(self, operation: Any) -> Any:
        return operation

    @staticmethod
    def _framework_path_and_name(operation: Any, path: str) -> tuple[str, str]:
        return path, path

    def _add_operation_internal(self, method: str, path: str, operation: Any, name: str | None = None) -> None:
        definition = definition_of(self, operation)
        headers = deprecation.headers(definition, self.address)
        name = definition["operationId"]
        context = {"api_base_path": self.base_path, "operation_id": operation.operation_id}
        routed = Routed(name, context, next_of(self, operation), headers)
        methods = [method.upper()]
        if method == "get" and not definition.get("x-unsafe"):
            methods.append("HEAD")
        alias = definition.get("x-alias", path)
        for each in methods:
            self.table.route(self.base_path + path).operations[each] = routed
            if operation.security:
                self.aliases.route(self.base_path + alias).secured[each] = routed


class Routing(RoutingMiddleware):
    """Sets Connexion's routing context, the path parameters and the operation's name in the scope.

    Raise NoSuchPath and MethodNotAllowed: what the document does not state does not exist.
    """

    def __init__(self, app: ASGIApp, *, address: PublicAddress) -> None:
        super().__init__(app)
        self.address = address
        self.table = Table()
        self.aliases = Table()

    def add_api(self, specification: Any, **kwargs: Any) -> None:
        tables = {"table": self.table, "aliases": self.aliases}
        RoutingAPI(specification, address=self.address, next_app=self.app, **tables, **kwargs)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        raw_path = scope.get("raw_path", b"")
        if b"%" in raw_path and b"%2f" in raw_path.lower():
            # An encoded slash separates no segments, and no parameter may contain one.
            raise NoSuchPath("This path does not exist.")
        operations, parameters, scheme = self._find(scope["path"])
        operation = operations.get(scope["method"])
        if operation is None:
            allowed = {"Allow": ", ".join(sorted(operations))}
            raise MethodNotAllowed(f"This path does not support {scope['method']}.", headers=allowed)
        scope.setdefault("extensions", {})[ROUTING_CONTEXT] = operation.context
        scope["path_params"] = parameters
        scope["only_scheme"] = scheme
        scope["operation_id"] = operation.name
        scope["response_headers"] += operation.headers
        await operation.app(scope, receive, send)

    def _find(self, path: str) -> tuple[dict[str, Routed], dict[str, str], str | None]:
        """Return the operations by method, the path's parameters, and the only scheme that a suffix allows."""
        path = path.removesuffix("/") or "/"
        scheme = SUFFIXES.get(path[-4:])
        if scheme:
            found = self.aliases.find(path[:-4])
            if found:
                return found[0].secured, found[1], scheme
        found = self.table.find(path)
        if found is None:
            raise NoSuchPath("This path does not exist.")
        return found[0].operations, found[1], None
