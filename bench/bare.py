"""An ASGI application that answers 1 KB and does nothing: what uvicorn can do on this machine at most."""

from typing import Any

from settings import Settings

HEAD = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json; charset=utf-8"), (b"content-length", b"1024")],
}
BODY = {"type": "http.response.body", "body": b'"' + b"." * 1022 + b'"'}


def create_app(_settings: Settings) -> Any:
    """The application, which does not know lifespans; uvicorn goes on without."""

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await send(HEAD)
        await send(BODY)

    return app
