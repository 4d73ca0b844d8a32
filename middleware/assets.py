"""Static files of the pages."""

from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from middleware.charges import Charges


class Files(StaticFiles):
    """Files that a browser keeps, and asks about each time: a page never meets the scripts of another version."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        reply = super().file_response(*args, **kwargs)
        reply.headers["Cache-Control"] = "no-cache"
        reply.headers["Accept-Ranges"] = "none"
        return reply


class Assets:
    """Serves each of `folders` ({path prefix: folder}) with validators; everything else passes."""

    def __init__(self, app: ASGIApp, *, folders: dict[str, Path], charges: Charges) -> None:
        self.app = app
        self.charges = charges
        self.prefixes = tuple(folders)
        self.files = {prefix: Files(directory=folder) for prefix, folder in folders.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A prefix by itself is no file, but may be a page.
        if scope["type"] == "http" and scope["path"].startswith(self.prefixes) and scope["path"] not in self.prefixes:
            await self.charges.charge_file(scope)
            prefix = next(prefix for prefix in self.prefixes if scope["path"].startswith(prefix))
            # Sent whole: a header of 32 kB can name thousands of ranges, which take a tenth of a second.
            headers = [header for header in scope["headers"] if header[0] != b"range"]
            path = "/" + scope["path"].removeprefix(prefix)
            inside = {**scope, "path": path, "root_path": "", "headers": headers}
            await self.files[prefix](inside, receive, send)
        else:
            await self.app(scope, receive, send)
