"""Public records of users, from the response cache for anonymous callers."""

from collections.abc import Awaitable, Callable, Hashable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection
from starlette.responses import Response

from handlers.support.prepared_responses import Prepared
from security import Caller
from services.container import Services

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


async def reply(
    services: Services, key: Hashable, caller: Caller | None, make: Callable[[], Awaitable[Prepared]]
) -> Response:
    """Return the cached response to an anonymous caller, and a new one to an account, which may see more."""
    made: Prepared = await (services.public_responses.get(key, make) if caller is None else make())
    return made.reply(cache={})


async def write(
    services: Services,
    query: Callable[Concatenate[Connection, Arguments], Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    """`storage.write` of what may change or end something public."""
    try:
        return await services.storage.write(query, *args, **kwargs)
    finally:
        services.public_responses.invalidate()
