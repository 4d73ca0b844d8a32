"""Serializers of measurement sets."""

from dataclasses import asdict
from typing import Any

from core.clock import iso
from services.interchange import Report
from storage.schema.tables import Record


def measurement_set_for_owner(row: Record) -> dict[str, Any]:
    """`MeasurementsSet`: for the owner, and for staff whose level allows to read the sets of others."""
    return measurement_set_for_other_user(row)


def measurement_set_for_other_user(row: Record) -> dict[str, Any]:
    """`MeasurementsSet`: a public set, with a pattern that was drafted from it."""
    return {
        "id": row["id"],
        "uuid": str(row["uuid"]),
        "createdAt": iso(row["created_at"]),
        "updatedAt": iso(row["updated_at"]),
        "img": row["img"],
        "imperial": row["imperial"],
        "name": row["name"],
        "notes": row["notes"],
        "userId": row["user_id"],
        "userUuid": str(row["user_uuid"]),
        "measies": row["measies"],
        "public": row["public"],
    }


def measurement_set_for_public(row: Record) -> dict[str, Any]:
    """`PublicMeasurementsSet`: a set as data, for caches that anyone reads."""
    return {
        "result": "success",
        "author": "FreeSewing.org",
        "type": "measurementsSet",
        "about": "Body measurements in millimetres (shoulderSlope in degrees), for made-to-measure sewing patterns.",
        "id": row["id"],
        "uuid": str(row["uuid"]),
        "createdAt": iso(row["created_at"]),
        "updatedAt": iso(row["updated_at"]),
        "img": row["img"],
        "name": row["name"],
        "notes": row["notes"],
        "measurements": row["measies"],
        "units": "imperial" if row["imperial"] else "metric",
    }


def import_report(report: Report, imperial: bool) -> dict[str, Any]:
    """`ImportReport`."""
    return {
        "format": report.format,
        "imperial": imperial,
        "measurements": [asdict(found) for found in report.measurements],
        "derived": [asdict(found) for found in report.derived],
        "dropped": [asdict(dropped) for dropped in report.dropped],
    }
