"""From method and path to the operation, for Connexion's routed middlewares.

In place of Connexion's own router, whose cost grows with the document, which takes a method from the first
matching route alone, and which knows no aliases. The `/jwt` and `/key` forms are not routes of their own: the
suffix is taken off, and the scheme that it stands for is asked for (see `security.Authenticator`).
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from connexion.middleware.abstract import AbstractRoutingAPI, SpecMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import MethodNotAllowed, NoSuchPath
from middleware import deprecation
from middleware.straight import next_of
from security import BASIC, BEARER
from services.address import PublicAddress

SUFFIXES = {"/jwt": BEARER, "/key": BASIC}
_PARAMETER = re.compile(r"\{(\w+)\}")


class Routed(NamedTuple):
    """An operation by its name in the document, what is called for it, and what each reply says of the operation."""

    name: str
    app: ASGIApp
    headers: list[tuple[bytes, bytes]]


@dataclass(slots=True)
class Route:
    """One path of the document: its operations by method, and those that have a `/jwt` and a `/key` form."""

    pattern: re.Pattern[str]
    operations: dict[str, Routed] = field(default_factory=dict)
    secured: dict[str, Routed] = field(default_factory=dict)


class Table:
    """The paths of a document; finding one takes the same time however many there are."""

    def __init__(self) -> None:
        self._by_template: dict[str, Route] = {}
        # Of the paths with parameters, only those with as many segments and the same first one can match.
        self._by_shape: dict[tuple[int, str], list[Route]] = defaultdict(list)

    def route(self, template: str) -> Route:
        """The route of a path template, made at its first mention."""
        if template not in self._by_template:
            literal = re.split(_PARAMETER, template)
            pattern = "".join(f"(?P<{part}>[^/]+)" if odd else re.escape(part) for odd, part in _alternate(literal))
            route = self._by_template[template] = Route(re.compile(pattern))
            self._by_shape[_shape(template)].append(route)
        return self._by_template[template]

    def find(self, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route of a path with the values of its parameters; None if no path of the document fits."""
        route = self._by_template.get(path)
        if route is not None:
            return route, {}
        for route in self._by_shape.get(_shape(path), ()):
            match = route.pattern.fullmatch(path)
            if match:
                return route, match.groupdict()
        return None


def _alternate(parts: list[str]) -> Iterator[tuple[bool, str]]:
    return ((bool(position % 2), part) for position, part in enumerate(parts))


def _shape(path: str) -> tuple[int, str]:
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    return path.count("/"), first


class RoutingAPI(AbstractRoutingAPI[Any]):
    """Collects a document's operations, as Connexion resolved them, into a table."""

    def __init__(
        self, *args: Any, table: Table, aliases: Table, address: PublicAddress, next_app: ASGIApp, **kwargs: Any
    ) -> None:
        self.address = address
        self.table = table
        self.aliases = aliases
        self.next_app = next_app
        super().__init__(*args, **kwargs)

    def make_operation(self, operation: Any) -> Any:
        return operation

    @staticmethod
    def _framework_path_and_name(operation: Any, path: str) -> tuple[str, str]:
        return path, path

    def _add_operation_internal(self, method: str, path: str, operation: Any, name: str | None = None) -> None:
        # As the document has it, without the module that the resolver found.
        name = operation.operation_id.rpartition(".")[2]
        app = next_of(self.next_app, self.base_path, operation)
        routed = Routed(name, app, deprecation.headers(operation._operation, name, self.address))
        methods = [method.upper()]
        if method == "get" and not operation._operation.get("x-unsafe"):
            methods.append("HEAD")
        for each in methods:
            self.table.route(path).operations[each] = routed
            if operation.security:
                self.aliases.route(operation._operation.get("x-alias", path)).secured[each] = routed


class Routing(SpecMiddleware):
    """Puts the operation and its path parameters into the scope; raises NoSuchPath and MethodNotAllowed."""

    def __init__(self, app: ASGIApp, *, address: PublicAddress) -> None:
        self.app, self.address = app, address
        self.table = Table()
        self.aliases = Table()

    def add_api(self, specification: Any, **kwargs: Any) -> None:
        RoutingAPI(
            specification, table=self.table, aliases=self.aliases, address=self.address, next_app=self.app, **kwargs
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if b"%2f" in scope.get("raw_path", b"").lower():
            # A slash within a parameter is not one between two, and no parameter may hold one.
            raise NoSuchPath("This path does not exist.")
        operations, parameters, scheme = self._find(scope["path"])
        operation = operations.get(scope["method"])
        if operation is None:
            allowed = {"Allow": ", ".join(sorted(operations))}
            raise MethodNotAllowed(f"This path does not support {scope['method']}.", headers=allowed)
        scope["path_params"] = parameters
        scope["only_scheme"] = scheme
        scope["operation_id"] = operation.name
        scope["reply_headers"] += operation.headers
        await operation.app(scope, receive, send)

    def _find(self, path: str) -> tuple[dict[str, Routed], dict[str, str], str | None]:
        """The operations by method, the path's parameters, and the one scheme that a suffix asks for."""
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
