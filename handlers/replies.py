"""The replies that handlers give."""

from typing import Any

import orjson
from starlette.responses import Response

JSON = "application/json; charset=utf-8"
# What is somebody's own is never to be kept by a cache in between.
PRIVATE = {"Cache-Control": "private, no-cache"}
SECRET = {"Cache-Control": "no-store"}


def success(*, headers: dict[str, str] = PRIVATE, **members: Any) -> Response:
    """200 with `result: success` and these members."""
    return Response(orjson.dumps({"result": "success", **members}), 200, headers, JSON)


def created(*, headers: dict[str, str] = PRIVATE, **members: Any) -> Response:
    """201 with `result: created` and these members."""
    return Response(orjson.dumps({"result": "created", **members}), 201, headers, JSON)


def no_content() -> Response:
    """204, for what is gone."""
    return Response(None, 204)


def plain(members: Any, *, headers: dict[str, str] = PRIVATE) -> Response:
    """200 with a JSON value as it is."""
    return Response(orjson.dumps(members), 200, headers, JSON)


def content(data: bytes | str, media_type: str, *, headers: dict[str, str]) -> Response:
    """200 with something other than JSON."""
    return Response(data, 200, headers, media_type)


def cached(data: bytes, media_type: str, *, etag: str, if_none_match: str | None, cache: str) -> Response:
    """200 with a validator, or 304 where the client has it already (RFC 9110, section 13.1.2)."""
    headers = {"ETag": etag, "Cache-Control": cache}
    held = {tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")}
    if "*" in held or etag in held:
        return Response(None, 304, headers)
    return Response(data, 200, headers, media_type)
