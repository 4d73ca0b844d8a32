"""Serializers of usage reports."""

from typing import Any

from core.clock import iso
from storage.schema.tables import Record


def amounts(row: Record) -> dict[str, Any]:
    """`UsageAmounts`."""
    return {
        # PostgreSQL adds integers up to a Decimal.
        "calls": int(row["calls"]),
        "errors": int(row["errors"]),
        "bytesOut": int(row["bytes_out"]),
        "seconds": int(row["microseconds"]) / 1_000_000,
    }


def usage_row(row: Record, by: str | None) -> dict[str, Any]:
    """`UsageRow`: an hour or day, and the value of the dimension that the rows are grouped by."""
    group: dict[str, Any] = {}
    if by == "status":
        group = {"status": f"{row['status']}xx"}
    elif by == "key":
        group = {"key": str(row["key"]) if row["key"] else None}
    elif by:
        group = {by: row[by]}
    return {"at": iso(row["at"]), **group, **amounts(row)}


def heavy_account(row: Record) -> dict[str, Any]:
    """`HeavyAccount`."""
    return {"userId": row["user_id"], "username": row["username"], **amounts(row), **_trend(row)}


def heavy_key(row: Record) -> dict[str, Any]:
    """`HeavyKey`."""
    return {"key": str(row["key"]), "name": row["name"], **heavy_account(row)}


def heavy_network(row: Record) -> dict[str, Any]:
    """`HeavyNetwork`."""
    return {"network": row["prefix"], **amounts(row)}


def recent_request(row: Record) -> dict[str, Any]:
    """`RecentRequest`."""
    return {
        "at": iso(row["at"]),
        "operation": row["operation"],
        "method": row["method"],
        "status": row["status"] or None,
        "code": row["code"],
        "milliseconds": row["milliseconds"],
        "userId": row["user_id"],
        "username": row["username"],
        "key": str(row["key"]) if row["key"] else None,
        "keyName": row["name"],
        "network": row["prefix"],
    }


def _trend(row: Record) -> dict[str, Any]:
    before = int(row["calls_before"])
    return {"before": before, "trend": round(int(row["calls"]) / before, 3) if before else None}
