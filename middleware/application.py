"""The Connexion application: `AsyncApp` with direct dispatch to the handlers."""

from functools import partial
from typing import Any

from connexion import AsyncApp
from connexion.middleware import MiddlewarePosition

from middleware.dispatch import Dispatch
from services.container import Services


class Application(AsyncApp):
    """An `AsyncApp` whose handlers are called by `middleware.dispatch.Dispatch`.

    `add_middleware` accepts subclasses of Connexion's middlewares at the positions of `MiddlewarePosition`.
    """

    def __init__(self, import_name: str, *, services: Services, **options: Any) -> None:
        super().__init__(import_name, **options)
        # In place of `AsyncASGIApp`, which decorates each handler anew in each request.
        self.middleware.app = Dispatch(services)

    def add_middleware(
        self,
        middleware_class: Any,
        position: MiddlewarePosition = MiddlewarePosition.BEFORE_CONTEXT,
        **options: Any,
    ) -> None:
        """Insert a middleware before the one that is, or subclasses, the class of `position`."""
        if self.middleware.middleware_stack is not None:
            raise RuntimeError("Cannot add middleware after an application has started")
        for index, present in enumerate(self.middleware.middlewares):
            present_class: Any = present.func if isinstance(present, partial) else present
            if issubclass(present_class, position.value):
                self.middleware.middlewares.insert(index, partial(middleware_class, **options))
                return
        raise ValueError(f"There is no middleware at the position {position.name}")
