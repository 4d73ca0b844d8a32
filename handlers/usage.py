"""Usage reports: of the caller, of a key, and of everyone."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from starlette.responses import Response

from core import clock
from core.errors import NoSuchRecord, SchemaViolation, ValidationFailed
from handlers.serializers.usage import amounts, heavy_account, heavy_key, heavy_network, recent_request, usage_row
from handlers.support.audited_changes import actor
from handlers.support.csv_responses import csv_reply
from handlers.support.ownership import require_allowed
from handlers.support.quota_states import quota_states
from handlers.support.responses import PRIVATE, content, success
from security import Caller
from services.container import Services
from services.limits import storage_quotas
from services.usage import chart_data, charts, spans
from services.usage.chart_texts import USUAL_LANGUAGE
from storage import apikeys, audit_log, recent_requests, storage_use, usage_reports
from storage.schema.tables import Record

LEVEL_FOR_OTHERS = 8
MOST_ROWS = 10_000
USUAL_LIMIT, USUAL_REQUESTS = 10, 50
AMOUNTS = ("calls", "errors", "bytesOut", "seconds")
Word = str | None
HEAVY = ("list", "userId", "username", "key", "name", "network", *AMOUNTS, "before", "trend")


@dataclass(frozen=True, slots=True)
class UsageQuery:
    """The query of a report: begin and end, the period of a row, and the dimension that rows are grouped by."""

    begin: Word
    end: Word
    granularity: Word
    by: Word

    @property
    def group_by(self) -> str | None:
        """The dimension that has rows of its own."""
        return None if self.by == "total" else self.by


async def read_account_usage(
    from_: Word, to: Word, granularity: Word, by: Word, caller: Caller, services: Services
) -> Response:
    """What the caller's account used, by token and by all its keys."""
    query = UsageQuery(from_, to, granularity, by)
    return success(usage=await _usage(services, query, user_id=caller.user_id))


async def read_account_storage(caller: Caller, services: Services) -> Response:
    """Return what the caller's account stores, and may store."""
    use = await services.storage.read(storage_use.find, caller.user_id)
    return success(storage=storage_quotas.shown(use, services.storage_quotas.of(caller.account_quotas)))


async def read_account_quotas(caller: Caller, services: Services) -> Response:
    """The remaining quotas of the caller's account."""
    return success(quotas=quota_states(services.limits.limiter, caller.user_id, caller.account_quotas))


async def read_account_usage_csv(
    from_: Word, to: Word, granularity: Word, by: Word, caller: Caller, services: Services
) -> Response:
    """The same as CSV."""
    query = UsageQuery(from_, to, granularity, by)
    return _csv(query, await _usage(services, query, user_id=caller.user_id))


async def read_account_usage_svg(
    from_: Word,
    to: Word,
    granularity: Word,
    by: Word,
    language: Word,
    theme: Word,
    width: int | None,
    caller: Caller,
    services: Services,
) -> Response:
    """The same as a chart."""
    query = UsageQuery(from_, to, granularity, by)
    usage = await _usage(services, query, user_id=caller.user_id)
    return await _columns(query, _appearance(language, theme, width), usage, services)


async def read_key_usage(
    key: str, from_: Word, to: Word, granularity: Word, by: Word, caller: Caller, services: Services
) -> Response:
    """What one key used, the caller's own or, for support, anyone's."""
    query = UsageQuery(from_, to, granularity, by)
    return success(usage=await _key_usage(services, query, key, caller))


async def read_key_usage_csv(
    key: str, from_: Word, to: Word, granularity: Word, by: Word, caller: Caller, services: Services
) -> Response:
    """The same as CSV."""
    query = UsageQuery(from_, to, granularity, by)
    return _csv(query, await _key_usage(services, query, key, caller))


async def read_key_usage_svg(
    key: str,
    from_: Word,
    to: Word,
    granularity: Word,
    by: Word,
    language: Word,
    theme: Word,
    width: int | None,
    caller: Caller,
    services: Services,
) -> Response:
    """The same as a chart."""
    query = UsageQuery(from_, to, granularity, by)
    usage = await _key_usage(services, query, key, caller)
    return await _columns(query, _appearance(language, theme, width), usage, services)


async def read_key_quotas(key: str, caller: Caller, services: Services) -> Response:
    """The remaining quotas of one key and its account, the caller's own or, for support, anyone's."""
    await _allowed(services, key, caller)
    held = await services.storage.read(apikeys.find_status, UUID(key))
    if held is None:
        raise NoSuchRecord("There is no such API key.")
    limiter = services.limits.limiter
    return success(quotas=quota_states(limiter, held.user_id, held.account_quotas, held.id, held.key_quotas))


async def read_usage(period: str | None, limit: int | None, caller: Caller, services: Services) -> Response:
    """Who used the most; on the record."""
    return success(usage=await _heaviest(services, period, limit, caller))


async def read_usage_csv(period: str | None, limit: int | None, caller: Caller, services: Services) -> Response:
    """The same as CSV: the three lists one after the other."""
    found = await _heaviest(services, period, limit, caller)
    lists = (("account", found["accounts"]), ("key", found["keys"]), ("anonymous", found["anonymous"]))
    return csv_reply("usage", HEAVY, ({"list": name, **row} for name, rows in lists for row in rows))


async def read_usage_svg(
    period: str | None,
    limit: int | None,
    list: str | None,
    language: Word,
    theme: Word,
    width: int | None,
    caller: Caller,
    services: Services,
) -> Response:
    """One of the lists as a chart."""
    which = list or "accounts"
    found = await _heaviest(services, period, limit, caller, [which])
    appearance = _appearance(language, theme, width)
    return await _drawn(chart_data.heaviest(found, which, appearance.language), appearance)


async def list_recent_requests(kind: Word, limit: int | None, caller: Caller, services: Services) -> Response:
    """The newest rejected or slow requests; on the record."""
    await services.storage.write(_record, caller, clock.now(), audit_log.LIST_RECENT_REQUESTS)
    kind = kind or recent_requests.REJECTED
    found = await services.storage.read(recent_requests.newest, kind, limit=limit or USUAL_REQUESTS)
    return success(requests=[recent_request(row) for row in found])


async def _allowed(services: Services, key: str, caller: Caller) -> apikeys.ApiKey:
    found = await services.storage.read(apikeys.find, UUID(key))
    require_allowed(found, caller, LEVEL_FOR_OTHERS)
    return found


async def _key_usage(services: Services, query: UsageQuery, key: str, caller: Caller) -> dict[str, Any]:
    found = await _allowed(services, key, caller)
    return await _usage(services, query, user_id=found["user_id"], key_id=found["id"])


async def _usage(services: Services, query: UsageQuery, **whose: int) -> dict[str, Any]:
    span = spans.span(query.begin, query.end, query.granularity or "day", clock.now())
    rows = await services.storage.read_in_background(
        usage_reports.series,
        span.granularity,
        **whose,
        begin=span.begin,
        end=span.end,
        by=query.group_by,
        limit=MOST_ROWS + 1,
    )
    if len(rows) > MOST_ROWS:
        detail = f"is too early: more than {MOST_ROWS} rows; ask for less time, for days, or for totals"
        raise ValidationFailed("validationFailed", [SchemaViolation("query", "/from", detail)])
    return {
        "from": clock.iso(span.begin),
        "to": clock.iso(span.end),
        "granularity": span.granularity,
        "totals": amounts(_totals(rows)),
        "rows": [usage_row(row, query.group_by) for row in rows],
    }


def _totals(rows: list[Record]) -> dict[str, int]:
    return {name: sum(row[name] for row in rows) for name in ("calls", "errors", "bytes_out", "microseconds")}


def _csv(query: UsageQuery, usage: dict[str, Any]) -> Response:
    dimensions = (query.group_by,) if query.group_by else ()
    return csv_reply("usage", ("at", *dimensions, *AMOUNTS), usage["rows"])


def _appearance(language: Word, theme: Word, width: int | None) -> charts.Appearance:
    return charts.Appearance(theme or "auto", width or charts.USUAL_WIDTH, language or USUAL_LANGUAGE)


async def _columns(
    query: UsageQuery, appearance: charts.Appearance, usage: dict[str, Any], services: Services
) -> Response:
    names: dict[str, str] = {}
    if query.group_by == "key":
        keys = [UUID(key) for key in chart_data.keys_shown(usage)]
        names = await services.storage.read(usage_reports.names_of_keys, keys)
    return await _drawn(chart_data.over_time(usage, query.group_by, names, appearance.language), appearance)


async def _drawn(chart: charts.Chart, appearance: charts.Appearance) -> Response:
    headers = {**PRIVATE, "Content-Security-Policy": charts.policy(appearance.theme)}
    return content(await charts.draw(chart, appearance), "image/svg+xml", headers=headers)


async def _heaviest(
    services: Services,
    period: str | None,
    limit: int | None,
    caller: Caller,
    lists: Iterable[str] = chart_data.LISTS,
) -> dict[str, Any]:
    now = clock.now()
    period = period or "week"
    before, span = spans.period(period, now)
    compared: dict[str, Any] = {"granularity": span.granularity, "before": before}
    most: dict[str, Any] = {"begin": span.begin, "end": span.end, "limit": limit or USUAL_LIMIT}
    readers: dict[str, tuple[Callable[..., Sequence[Record]], Callable[[Record], dict[str, Any]]]] = {
        "accounts": (partial(usage_reports.heaviest_accounts, **compared, **most), heavy_account),
        "keys": (partial(usage_reports.heaviest_keys, **compared, **most), heavy_key),
        "networks": (partial(usage_reports.heaviest_networks, **most), heavy_network),
    }
    await services.storage.write(_record, caller, now, audit_log.LIST_USAGE)
    found: dict[str, Any] = {"period": period, "from": clock.iso(span.begin), "to": clock.iso(span.end)}
    for name in lists:
        read, serializer = readers[name]
        rows = await services.storage.read_in_background(read)
        found[chart_data.LISTS[name]] = [serializer(row) for row in rows]
    return found


def _record(connection: Connection, caller: Caller, now: datetime, act: str) -> None:
    audit_log.record(connection, actor(caller), act, subjects=[audit_log.NOBODY], now=now)
