"""Public records of users, from the response cache for anonymous callers."""

from collections.abc import Awaitable, Callable, Hashable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection
from starlette.responses import Response

import storage
from handlers.support.prepared_responses import Prepared
from security import Caller
from services.response_cache import Shelf

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
_shelf = Shelf[Prepared]()


async def reply(key: Hashable, caller: Caller | None, make: Callable[[], Awaitable[Prepared]]) -> Response:
    """What is kept ready for everyone; for who may see more, made each time."""
    made = await (_shelf.get(key, make) if caller is None else make())
    return made.reply(cache={})


async def write(
    query: Callable[Concatenate[Connection, Arguments], Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    """`storage.write` of what may change or end something public."""
    try:
        return await storage.write(query, *args, **kwargs)
    finally:
        _shelf.forget()
