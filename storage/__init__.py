"""The database: queries, one module a noun, and `Storage`, which runs them.

The functions here are for commands only, until those hand a `Storage` on.
"""

from typing import Any

from storage.database import Arguments, Query, Result, Storage
from storage.schema.encryption import Keyring

_present: Storage | None = None


async def connect(url: str, keyring: Keyring, **options: Any) -> None:
    """Open the database of the functions here."""
    global _present
    await disconnect()
    _present = Storage(url, keyring, **options)
    await _present.open()


async def disconnect() -> None:
    """Close it."""
    global _present
    if _present is not None:
        closing, _present = _present, None
        await closing.close()


def present() -> Storage:
    """Return the database of the functions here."""
    assert _present is not None
    return _present


async def read(query: Query[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
    """`Storage.read`."""
    return await present().read(query, *args, **kwargs)


async def read_aside(query: Query[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
    """`Storage.read_aside`."""
    return await present().read_aside(query, *args, **kwargs)


async def write(query: Query[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
    """`Storage.write`."""
    return await present().write(query, *args, **kwargs)
