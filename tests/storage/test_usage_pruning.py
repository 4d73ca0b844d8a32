"""Old counts go, a part at a time, and nothing else does."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Table, insert

from core import clock
from services.usage import counting as service
from storage import usage
from storage.schema.fair_use import usage_anonymous, usage_days, usage_hours
from tests.service_container import services_on
from tests.storage.store import NOW, Store
from tests.storage.test_usage import DAY, HOUR, add, rows


def fill(store: Store, table: Table, moments: list[datetime], user_id: int) -> None:
    """Let one call be kept of each of these hours or days."""
    name = {"prefix": "other"} if table is usage_anonymous else {"user_id": user_id, "key_id": 0, "operation": "x"}
    row = {**name, "status": 2, "calls": 1, "bytes_out": 1, "microseconds": 1}
    store.write(lambda connection: connection.execute(insert(table), [{**row, "at": moment} for moment in moments]))


def test_expired_rows_are_removed_in_parts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(service, "PAUSE_SECONDS", 0.001)
    user_id = store.new_account()["id"]
    kept = {usage_hours: (HOUR, 35), usage_days: (DAY, 400), usage_anonymous: (DAY, 35)}
    for table, (now, days) in kept.items():
        moments = [now - timedelta(days=days), now - timedelta(days=days + 2)]
        moments += [now - timedelta(days=500, minutes=n) for n in range(2500)]
        fill(store, table, moments, user_id)
    store.run(services_on(store.storage).usage.prune())
    for table, (now, days) in kept.items():
        assert [row[table.columns.keys().index("at")] for row in rows(store, table)] == [now - timedelta(days=days)]


def test_one_part_is_not_too_great(store: Store) -> None:
    user_id = store.new_account()["id"]
    add(store, {(user_id, HOUR, 0, f"o{n}", 2): [1, 1, 1] for n in range(usage.TOGETHER + 5)})
    later = NOW + timedelta(hours=2)
    more = [store.write(usage.prune, hours=later, days=DAY, anonymous=DAY) for _ in range(3)]
    assert more == [True, False, False]
    assert (rows(store, usage_hours), len(rows(store, usage_days))) == ([], usage.TOGETHER + 5)
