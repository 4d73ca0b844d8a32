"""The log: text or JSON lines, each with the id of its request.

Nothing that is logged holds credentials, bodies, query strings or addresses of callers.
"""

import asyncio
import logging
from contextvars import ContextVar

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

from services.observability.log_throttle import SECONDS, Throttled

# Of the request at hand; work beside requests has none.
request_id: ContextVar[str] = ContextVar("request_id")
log = logging.getLogger(__name__)


def set_up(level: str, form: str) -> None:
    """Log to stderr as `text` or `json`, from this level on. The log is that of the process, of all applications."""
    handler = Throttled()
    if form == "json":
        handler.setFormatter(_json())
        handler.addFilter(_add_request_id)
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


async def run() -> None:
    """Write the number of suppressed lines once a second, until cancelled."""
    while True:
        await asyncio.sleep(SECONDS)
        for handler in logging.getLogger().handlers:
            if isinstance(handler, Throttled):
                handler.report()


def _json() -> logging.Formatter:
    # "time" is ISO 8601 in UTC; the fields of `extra` become members.
    return JsonFormatter(
        ["levelname", "name", "message"],
        rename_fields={"levelname": "level", "name": "logger"},
        reserved_attrs=[*RESERVED_ATTRS, "color_message"],  # uvicorn's message again, for terminals
        timestamp="time",
    )


def _add_request_id(record: logging.LogRecord) -> bool:
    present = request_id.get(None)
    if present is not None:
        record.request_id = present
    return True


def slow_request(operation: str | None, status: int, seconds: float) -> None:
    """Log a request that took so many seconds."""
    name = operation or "none"
    fields = {"operation": name, "status": status, "seconds": round(seconds, 6)}
    log.warning(
        "request %s was slow: %s answered %s after %.3f s", request_id.get(""), name, status, seconds, extra=fields
    )
