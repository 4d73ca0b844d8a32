"""SQLAlchemy's asynchronous engine without its mapper.

Their package loads `AsyncSession`, and with it all of `sqlalchemy.orm`, 7 MB of each process. Upstream this would be
an import on demand, as that of dialects is.
"""

from core.loading import set_aside

with (
    set_aside("sqlalchemy.ext.asyncio.scoping", "async_scoped_session"),
    set_aside(
        "sqlalchemy.ext.asyncio.session",
        "AsyncAttrs",
        "AsyncSession",
        "AsyncSessionTransaction",
        "async_object_session",
        "async_session",
        "async_sessionmaker",
        "close_all_sessions",
    ),
):
    from sqlalchemy.ext.asyncio import AsyncConnection as AsyncConnection
    from sqlalchemy.ext.asyncio import AsyncEngine as AsyncEngine
    from sqlalchemy.ext.asyncio import create_async_engine as create_async_engine
