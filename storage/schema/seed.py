"""Seed data of a new installation, from `data/sizes.yaml`: its first curated sets."""

from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Connection, insert, select, text

from core.clock import new_uuid
from storage.schema.tables import curated_sets, totals

DATA = Path(__file__).parent / "data" / "sizes.yaml"
# In `totals`: that the sizes were put in, once and for all, whatever curators made of them since.
MARKER = "curated_sets seeded"
DEFAULT_IMAGE = "default-avatar"

_marker = select(totals.c.name).where(totals.c.name == MARKER)
_any = select(curated_sets.c.id).limit(1)
_advance = text(
    "SELECT setval(pg_get_serial_sequence('curated_sets', 'id'),"
    " greatest((SELECT max(id) FROM curated_sets), (SELECT last_value FROM curated_sets_id_seq)))"
)


def seed(connection: Connection, now: datetime) -> int:
    """Put the sizes in, numbered from 1, unless that was done before or there are curated sets; how many came.

    Raises AlreadyExists where another process does the same at the same moment.
    """
    if connection.execute(_marker).first() is not None:
        return 0
    is_new = connection.execute(_any).first() is None
    rows = [_row(number, size, now) for number, size in enumerate(sizes(), start=1)] if is_new else []
    connection.execute(insert(totals), {"name": MARKER, "computed_at": now, "data": {"rows": len(rows)}})
    if rows:
        connection.execute(insert(curated_sets), rows)
        if connection.dialect.name == "postgresql":
            # Rows that bring their number along do not move the sequence. SQLite goes by the highest by itself.
            connection.execute(_advance)
    return len(rows)


def sizes() -> list[dict[str, Any]]:
    """Every size, as `measies` and `texts`, in the order of the file."""
    data = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    return [_size(group, place, data["notes"]) for group in data["groups"] for place in range(len(group["sizes"]))]


def _size(group: dict[str, Any], place: int, notes: dict[str, str]) -> dict[str, Any]:
    texts = {
        language: {
            "name": f"{name} {group['sizes'][place]}",
            "notes": notes[language],
            "tags": [group["tags"][language]],
        }
        for language, name in group["names"].items()
    }
    return {"measies": {name: values[place] for name, values in group["measies"].items()}, "texts": texts}


def _row(number: int, size: dict[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "id": number,
        "uuid": new_uuid(),
        "created_at": now,
        "updated_at": now,
        "published": True,
        "height": None,
        "img": DEFAULT_IMAGE,
        **size,
    }
