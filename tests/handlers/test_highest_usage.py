"""Usage of all, for administrators: the accounts, keys and networks with most calls."""

from datetime import datetime, timedelta

from sqlalchemy import insert

from storage.schema.fair_use import usage_anonymous, usage_hours
from tests.handlers.database import execute
from tests.handlers.test_usage import day, number, parsed, this_hour, today, usage, used
from tests.handlers.test_usage import one_hour_and_day as one_hour_and_day
from tests.matrix import both_engines
from tests.service import Person, Service


@both_engines
def test_administrators_see_the_highest_usage(service: Service, admin: Person, alice: Person, bob: Person) -> None:
    key = alice.new_key(name='=HYPERLINK("x"), "y"')
    millions = 10**9
    for days, calls in ((0, 2), (6, 3), (7, 1), (13, 9), (14, 99)):
        used(alice, at=today() - timedelta(days=days), calls=calls * millions, key_id=number(key), operation="old")
    used(alice, at=today() - timedelta(days=1), calls=millions, status=5, operation="old")
    used(bob, at=today() - timedelta(days=2), calls=millions, operation="old")
    amounts = {"calls": millions, "bytes_out": 1, "microseconds": 1}
    network = f"198.51.{alice.id % 256}.0/24"
    execute(service, insert(usage_anonymous).values(at=today(), prefix=network, status=4, **amounts))
    found = usage(admin, "/admin/usage", limit=100)
    assert (found["period"], found["from"][:10]) == ("week", day(6))
    mine = {row["userId"]: row for row in found["accounts"]}
    assert mine[alice.id] == {
        "userId": alice.id,
        "username": f"user-{alice.id}",
        "calls": mine[alice.id]["calls"],
        "errors": millions,
        "bytesOut": mine[alice.id]["bytesOut"],
        "seconds": mine[alice.id]["seconds"],
        "before": 10 * millions,
        "trend": 0.6,
    }
    assert (mine[alice.id]["calls"] // millions, mine[bob.id]["before"], mine[bob.id]["trend"]) == (6, 0, None)
    heaviest_first = [row["calls"] for row in found["accounts"]]
    assert heaviest_first == sorted(heaviest_first, reverse=True)
    [heavy] = [row for row in found["keys"] if row["key"] == key.key]
    assert (heavy["name"], heavy["userId"], heavy["calls"]) == ('=HYPERLINK("x"), "y"', alice.id, 5 * millions)
    assert (heavy["before"], heavy["trend"]) == (10 * millions, 0.5)
    assert {"network": network, "calls": millions, "errors": millions, "bytesOut": 1, "seconds": 1e-06} in found[
        "anonymous"
    ]
    assert alice.email not in admin.get("/admin/usage?limit=100").text
    rows = parsed(admin, "/admin/usage.csv?limit=100&period=week")
    assert [row["name"] for row in rows if row["key"] == key.key] == ["'" + heavy["name"]]
    assert {row["list"] for row in rows} == {"account", "key", "anonymous"}
    assert len(usage(admin, "/admin/usage", limit=1)["accounts"]) == 1
    of_day, of_month = (usage(admin, "/admin/usage", limit=100, period=name) for name in ("day", "month"))
    assert [row["calls"] // millions for row in of_day["keys"] if row["key"] == key.key] == [2]
    assert [row["calls"] // millions for row in of_month["keys"] if row["key"] == key.key] == [114]


@both_engines
def test_administrators_see_the_highest_usage_of_this_hour_and_the_hour_before(
    service: Service, admin: Person, alice: Person
) -> None:
    key, network = alice.new_key(), f"203.0.{alice.id % 256}.0/24"
    millions = 10**9
    for hours, calls in ((0, 2), (1, 3), (2, 1), (3, 9), (4, 99)):
        at = this_hour() - timedelta(hours=hours)
        used(alice, at=at, calls=calls * millions, key_id=number(key), operation="old", table=usage_hours)
        amounts = {"calls": calls * millions, "bytes_out": 1, "microseconds": 1}
        execute(service, insert(usage_anonymous).values(at=at, prefix=network, status=2, **amounts))
    found = usage(admin, "/admin/usage", limit=100, period="now")
    span = [datetime.fromisoformat(found[name]) for name in ("from", "to")]
    assert span == [this_hour() - timedelta(hours=1), this_hour() + timedelta(hours=1)]
    for row in (*found["accounts"], *found["keys"]):
        if row["userId"] == alice.id:
            assert (row["calls"] // millions, row["before"], row["trend"]) == (5, 10 * millions, 0.5)
    assert [one["calls"] for one in found["anonymous"] if one["network"] == network] == [5 * millions]
    chart = admin.get("/admin/usage.svg?period=now").text
    assert f"{span[0]:%Y-%m-%d %H:%M} to {span[1]:%Y-%m-%d %H:%M} (UTC)" in chart


def test_reading_the_accounts_with_the_highest_usage_is_recorded(admin: Person) -> None:
    for path in ("/admin/usage", "/admin/usage.csv"):
        reply = admin.get(path)
        [act] = admin.get("/admin/acts?limit=1").json()["acts"]
        assert (act["act"], act["actorId"], act["subjectId"]) == ("listUsage", admin.id, 0)
        assert act["requestId"] == reply.headers["x-request-id"]
