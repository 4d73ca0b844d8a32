"""Responses of handlers."""

from datetime import datetime
from typing import Any
from wsgiref.handlers import format_date_time

import orjson
from starlette.responses import Response

from core import etags

JSON = "application/json; charset=utf-8"
# Shared caches must not store records of an account.
PRIVATE = {"Cache-Control": "private, no-cache"}
# What anyone may read may be kept by any cache, which asks each time whether it still holds.
PUBLIC = {"Cache-Control": "public, no-cache"}
SECRET = {"Cache-Control": "no-store"}


def body_of(**members: Any) -> bytes:
    """What a read that finds these members answers; its entity tag is of these bytes."""
    return orjson.dumps({"result": "success", **members})


def success(*, headers: dict[str, str] = PRIVATE, **members: Any) -> Response:
    """200 with `result: success` and these members."""
    return Response(body_of(**members), 200, headers, JSON)


def updated(about: dict[str, Any] | None = None, /, **members: Any) -> Response:
    """200 with what reading the record answers from now on, and the entity tag for the next update.

    The members of `about` follow; they tell of this update, not of the record, so that the tag is not of them.
    """
    record = body_of(**members)
    body = body_of(**members, **about) if about else record
    return Response(body, 200, {**PRIVATE, "ETag": etags.of(record)}, JSON)


def created(*, headers: dict[str, str] = PRIVATE, **members: Any) -> Response:
    """201 with `result: created` and these members."""
    return Response(orjson.dumps({"result": "created", **members}), 201, headers, JSON)


def accepted(*, headers: dict[str, str], **members: Any) -> Response:
    """202 with these members, for what says nothing of its outcome."""
    return Response(orjson.dumps(members), 202, headers, JSON)


def no_content() -> Response:
    """204, after a removal."""
    return Response(None, 204)


def plain(members: Any, *, headers: dict[str, str] = PRIVATE) -> Response:
    """200 with a JSON value as it is."""
    return Response(orjson.dumps(members), 200, headers, JSON)


def content(data: bytes | str, media_type: str, *, headers: dict[str, str]) -> Response:
    """200 with something other than JSON."""
    return Response(data, 200, headers, media_type)


def last_modified(moment: datetime | str) -> dict[str, str]:
    """The header that says when a record was changed last, to the second; a text is in the form of `clock.iso`."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return {"Last-Modified": format_date_time(moment.timestamp())}
