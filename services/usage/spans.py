"""The time span of a usage report."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from core.errors import SchemaViolation, ValidationFailed
from services.usage.counting import KEPT_DAYS, KEPT_HOURS

GRANULES = {"day": timedelta(days=1), "hour": timedelta(hours=1)}
KEPT = {"day": KEPT_DAYS, "hour": KEPT_HOURS}
USUAL = timedelta(days=30)
# How many hours or days a period of a report of the heaviest users has. The present hour alone may have just begun.
PERIODS = {"now": ("hour", 2), "day": ("day", 1), "week": ("day", 7), "month": ("day", 30)}


@dataclass(frozen=True, slots=True)
class Span:
    """Whole hours or days (UTC), from `begin` up to and without `end`."""

    granularity: str
    begin: datetime
    end: datetime


def span(begin: str | None, end: str | None, granularity: str, now: datetime) -> Span:
    """Return the hours or days between two dates or times; by default the last 30 days.

    An `end` that is a date is the last day. Times before the retention period are omitted, if need be all of them.
    Raises ValidationFailed for an invalid time, and for a begin that is not before the end.
    """
    granule, kept = GRANULES[granularity], KEPT[granularity]
    until = _end(_moment("to", end), end, granule) if end else _floor(now, granule) + granule
    since = _floor(_moment("from", begin), granule) if begin else until - USUAL
    if since >= until:
        _refuse("from", "is not before the end")
    oldest = _floor(now, granule) - kept
    return Span(granularity, min(max(since, oldest), until), until)


def period(name: str, now: datetime) -> tuple[datetime, Span]:
    """Return when the period before begins, and this one, which ends with the present hour or day (UTC)."""
    granularity, granules = PERIODS[name]
    granule = GRANULES[granularity]
    end, length = _floor(now, granule) + granule, granules * granule
    return end - 2 * length, Span(granularity, end - length, end)


def _moment(name: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        _refuse(name, "is no date")
    return moment.replace(tzinfo=UTC)


def _end(moment: datetime, text: str, granule: timedelta) -> datetime:
    if "T" not in text:
        return moment + GRANULES["day"]
    whole = _floor(moment, granule)
    return whole if whole == moment else whole + granule


def _floor(moment: datetime, granule: timedelta) -> datetime:
    return moment - (moment - datetime.min.replace(tzinfo=UTC)) % granule


def _refuse(name: str, detail: str) -> NoReturn:
    raise ValidationFailed("validationFailed", [SchemaViolation("query", f"/{name}", detail)])
