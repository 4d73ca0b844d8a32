"""The thread that parses large bodies and files, so that the event loop serves other clients meanwhile.

One thread: parsing holds Python's interpreter lock, so a second one would only take more time from the event loop.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="parsing")


async def off_loop(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what the function returns in the parsing thread, after the calls made before; raise what it raises."""
    return await asyncio.get_running_loop().run_in_executor(_thread, partial(function, *args, **kwargs))
