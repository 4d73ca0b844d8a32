"""The static files of the pages."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from middleware.charges import Charges

# Bytes below which compression saves nothing. The largest of our files takes 0.5 ms at this level.
SMALL, LEVEL = 500, 5
NOT_FOUND = 404


class Files(StaticFiles):
    """Files that a browser revalidates each time, so that a page never runs the scripts of another version."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["Accept-Ranges"] = "none"
        return response


class Views(Files):
    """The files of a page whose views have addresses behind `#`: other paths lead to the view of that name."""

    def __init__(self, page: str, **kwargs: Any) -> None:
        """`page` is the path of the page."""
        super().__init__(**kwargs)
        self.page = page

    async def get_response(self, path: str, scope: Scope) -> Response:
        try:
            return await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != NOT_FOUND or "." in scope["path"]:
                raise
            return RedirectResponse(f"{self.page}#/{quote(scope['path'].strip('/'))}")


class Assets:
    """Serves files of `folders` ({path prefix: folder}) with ETag and Last-Modified, and passes other paths on.

    Files below the prefixes of `compressed` are compressed at each request: they must be small. `views` are
    prefixes below which paths without a file lead to views: {path prefix: path of the page with the views}.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        folders: dict[str, Path],
        compressed: Iterable[str] = (),
        views: dict[str, str],
        charges: Charges,
    ) -> None:
        self.app = app
        self.charges = charges
        self.prefixes = tuple(folders)
        self.files: dict[str, ASGIApp] = {
            prefix: Views(views[prefix], directory=folder) if prefix in views else Files(directory=folder)
            for prefix, folder in folders.items()
        }
        for prefix in compressed:
            self.files[prefix] = GZipMiddleware(self.files[prefix], minimum_size=SMALL, compresslevel=LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A prefix itself can be the path of a page.
        if scope["type"] == "http" and scope["path"].startswith(self.prefixes) and scope["path"] not in self.prefixes:
            await self.charges.charge_file(scope)
            prefix = next(prefix for prefix in self.prefixes if scope["path"].startswith(prefix))
            # Without ranges: a header of 32 kB can name thousands of them, which take a tenth of a second.
            headers = [header for header in scope["headers"] if header[0] != b"range"]
            path = "/" + scope["path"].removeprefix(prefix)
            inner = {**scope, "path": path, "root_path": "", "headers": headers}
            await self.files[prefix](inner, receive, send)
        else:
            await self.app(scope, receive, send)
