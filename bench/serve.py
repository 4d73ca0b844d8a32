"""Serve a reference as `app.py` serves ours: `python -m bench.serve bench.reference_raw`."""

import gc
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

import uvicorn

import settings as configuration
from settings import Settings

Lifespan = Callable[[Any], Any]


def frozen(start: Callable[[], Any], stop: Callable[[], Any]) -> Lifespan:
    """A lifespan that ends its start as ours does: what is there stays, the collector need not look at it."""

    @asynccontextmanager
    async def lifespan(_app: Any) -> AsyncIterator[None]:
        await start()
        gc.collect()
        gc.freeze()
        yield
        await stop()

    return lifespan


def main(module: str) -> None:
    """Serve the application that the module's `create_app(settings)` makes."""
    settings = configuration.load()
    create_app: Callable[[Settings], Any] = import_module(module).create_app
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        server_header=False,
    )


if __name__ == "__main__":
    main(sys.argv[1])
