"""Usage: of the own account by hour and day, of another one for support, and of all for administrators."""

import csv
import time
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select

from storage.schema.fair_use import usage_days, usage_hours
from storage.schema.tables import apikeys
from tests.handlers.database import execute
from tests.handlers.reading import failure
from tests.matrix import both_engines
from tests.service import ApiKey, Credentials, Person, Service, wait_until

NOTHING = {"calls": 0, "errors": 0, "bytesOut": 0, "seconds": 0.0}


@pytest.fixture(autouse=True)
def one_hour_and_day() -> None:
    """So that a test sees the hour and day that the server sees: none begins in the last seconds of an hour."""
    rest = 3600 - time.time() % 3600
    if rest < 20:
        time.sleep(rest + 0.05)


def today() -> datetime:
    """When this day began; asked anew each time, as a run of all tests may go on past midnight."""
    return this_hour().replace(hour=0)


def this_hour() -> datetime:
    """When this hour began."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def used(
    person: Person,
    *,
    at: datetime,
    key_id: int = 0,
    operation: str = "read_set",
    status: int = 2,
    calls: int = 1,
    table: Any = usage_days,
) -> None:
    """Let the account have used something at a time that is past."""
    amounts = {"calls": calls, "bytes_out": 10 * calls, "microseconds": 1500 * calls}
    row = {"user_id": person.id, "at": at, "key_id": key_id, "operation": operation, "status": status, **amounts}
    execute(person.service, insert(table).values(**row))


def number(key: ApiKey) -> int:
    """The key's number in the database."""
    return int(execute(key.service, select(apikeys.c.id).where(apikeys.c.key == UUID(key.key)))[0][0])


def usage(who: Credentials, path: str = "/account/usage", **query: Any) -> Any:
    """What a report says."""
    reply = who.request("GET", path, **({"params": query} if query else {}))
    assert reply.status_code == 200, reply.text
    return reply.json()["usage"]


def day(days_ago: int) -> str:
    """A date, as a query and, at its beginning, as a reply has it."""
    return f"{today() - timedelta(days=days_ago):%Y-%m-%d}"


def at(moment: datetime) -> str:
    """A moment as a reply has it."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"


@both_engines
def test_each_day_has_a_row_and_the_totals_are_their_sums(alice: Person) -> None:
    for days, calls, status in ((3, 5, 2), (3, 2, 4), (2, 1, 5), (9, 100, 2), (1, 100, 2)):
        used(alice, at=today() - timedelta(days=days), calls=calls, status=status)
    found = usage(alice, **{"from": day(3), "to": day(2)})
    assert (found["from"], found["to"], found["granularity"]) == (
        f"{day(3)}T00:00:00.000Z",
        f"{day(1)}T00:00:00.000Z",
        "day",
    )
    assert found["rows"] == [
        {"at": f"{day(3)}T00:00:00.000Z", "calls": 7, "errors": 2, "bytesOut": 70, "seconds": 0.0105},
        {"at": f"{day(2)}T00:00:00.000Z", "calls": 1, "errors": 1, "bytesOut": 10, "seconds": 0.0015},
    ]
    assert found["totals"] == {"calls": 8, "errors": 3, "bytesOut": 80, "seconds": 0.012}


@both_engines
def test_usage_is_grouped_by_operation_key_or_status(alice: Person) -> None:
    one, other = alice.new_key(), alice.new_key()
    then = today() - timedelta(days=2)
    used(alice, at=then, calls=1)
    used(alice, at=then, calls=2, key_id=number(one))
    used(alice, at=then, calls=3, key_id=number(other), operation="list_sets", status=4)
    used(alice, at=then, calls=4, key_id=number(other), status=3)

    def calls_by(by: str) -> dict[Any, int]:
        rows = usage(alice, **{"from": day(2), "to": day(2), "by": by})["rows"]
        return {row.get(by): row["calls"] for row in rows}

    assert calls_by("operation") == {"read_set": 7, "list_sets": 3}
    assert calls_by("key") == {None: 1, one.key: 2, other.key: 7}
    assert calls_by("status") == {"2xx": 3, "3xx": 4, "4xx": 3}
    assert calls_by("total") == {None: 10}
    of_key = usage(alice, f"/apikeys/{other.key}/usage", **{"from": day(2), "to": day(2), "by": "operation"})
    assert {row["operation"]: row["calls"] for row in of_key["rows"]} == {"read_set": 4, "list_sets": 3}


@both_engines
def test_usage_is_grouped_by_hour_on_request(alice: Person) -> None:
    for hours in (1, 2, 3):
        used(alice, at=this_hour() - timedelta(hours=hours), calls=hours, table=usage_hours)
    begin, end = this_hour() - timedelta(hours=2, minutes=-20), this_hour() - timedelta(minutes=10)
    span = {"from": f"{begin:%Y-%m-%dT%H:%MZ}", "to": f"{end:%Y-%m-%dT%H:%M:%SZ}"}
    found = usage(alice, granularity="hour", **span)
    assert [(row["at"], row["calls"]) for row in found["rows"]] == [
        (at(this_hour() - timedelta(hours=2)), 2),
        (at(this_hour() - timedelta(hours=1)), 1),
    ]
    assert (found["from"], found["to"]) == (at(this_hour() - timedelta(hours=2)), at(this_hour()))


def test_the_default_period_is_the_last_thirty_days(alice: Person) -> None:
    for days in (28, 29, 30, 31):
        used(alice, at=today() - timedelta(days=days), operation=f"o{days}")
    found = usage(alice, by="operation")
    assert found["to"][:10] > day(0) and {"o28", "o29"} <= {row["operation"] for row in found["rows"]}
    assert not {"o30", "o31"} & {row["operation"] for row in found["rows"]}


def test_calls_are_counted_about_a_second_later(alice: Person) -> None:
    key = alice.new_key()
    for _ in range(3):
        key.get("/sets")
    path = f"/apikeys/{key.key}/usage?by=operation"
    wait_until(lambda: usage(alice, path)["totals"]["calls"] == 3, "a flush")
    [row] = usage(alice, path)["rows"]
    assert (row["operation"], row["calls"], row["errors"]) == ("list_sets", 3, 0)
    assert row["bytesOut"] == 3 * len(key.get("/sets").content) and row["seconds"] > 0


def test_without_calls_the_usage_is_empty(alice: Person) -> None:
    path = f"/apikeys/{alice.new_key().key}/usage"
    assert (usage(alice, path)["rows"], usage(alice, path)["totals"]) == ([], NOTHING)


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"from": "2026-02-30"}, "query /from: is no date"),
        ({"from": "yesterday"}, "query /from"),
        ({"to": "2026-02-30T10:00Z"}, "query /to: is no date"),
        ({"from": day(1), "to": day(2)}, "query /from: is not before the end"),
        ({"from": f"{day(1)}T10:00Z", "to": f"{day(1)}T10:00Z", "granularity": "hour"}, "query /from: is not before"),
        ({"granularity": "year"}, "query /granularity"),
        ({"by": "colour"}, "query /by"),
    ],
)
def test_an_invalid_period_is_rejected_with_a_reason(alice: Person, query: dict[str, str], detail: str) -> None:
    for path in ("/account/usage", "/account/usage.csv"):
        reply = alice.request("GET", path, params=query)
        assert failure(reply) == (400, "validationFailed")
        assert reply.json()["detail"].startswith(detail)


def test_the_whole_time_that_is_kept_can_be_asked_for_at_once(alice: Person) -> None:
    # A day and an hour less, for one may end just now.
    assert usage(alice, **{"from": day(399)})["rows"] is not None
    begin = this_hour() - timedelta(days=35, hours=-1)
    assert usage(alice, **{"from": f"{begin:%Y-%m-%dT%H:%MZ}", "granularity": "hour"})["rows"] is not None


@pytest.mark.parametrize(("granularity", "days"), [("day", 400), ("hour", 35)])
def test_pruned_usage_is_omitted_and_the_response_states_the_first_day(
    alice: Person, granularity: str, days: int
) -> None:
    found = usage(alice, **{"from": "2001-01-01", "to": "2099-12-31", "granularity": granularity})
    begin = datetime.fromisoformat(found["from"])
    assert timedelta(days=days) <= datetime.now(UTC) - begin < timedelta(days=days + 1, minutes=1)
    assert found["to"] == "2100-01-01T00:00:00.000Z"
    gone = usage(alice, **{"from": "2001-01-01", "to": "2001-12-31", "granularity": granularity})
    assert (gone["from"], gone["to"], gone["rows"]) == (gone["to"], "2002-01-01T00:00:00.000Z", [])


def test_more_rows_than_an_answer_may_have_are_refused(alice: Person) -> None:
    rows = [
        {"user_id": alice.id, "at": today() - timedelta(days=1 + n % 100), "key_id": 0, "operation": f"o{n // 100}"}
        for n in range(10_001)
    ]
    amounts = {"status": 2, "calls": 1, "bytes_out": 1, "microseconds": 1}
    for start in range(0, len(rows), 2000):
        execute(alice.service, insert(usage_days).values([{**row, **amounts} for row in rows[start : start + 2000]]))
    reply = alice.get(f"/account/usage?by=operation&from={day(101)}")
    assert failure(reply) == (400, "validationFailed")
    assert "more than 10000 rows" in reply.json()["detail"]
    assert usage(alice, **{"from": day(101), "to": day(1)})["totals"]["calls"] == 10_001


def test_a_keys_use_is_its_owners_and_supports(alice: Person, bob: Person, service: Service) -> None:
    key = alice.new_key()
    for path in (f"/apikeys/{key.key}/usage", f"/apikeys/{key.key}/usage.csv"):
        assert failure(bob.get(path)) == (403, "insufficientAccessLevel")
        assert [who.get(path).status_code for who in (alice, key, service.sign_up("support"))] == [200] * 3
        assert failure(alice.get(path.replace(key.key, str(uuid4())))) == (404, "notFound")


def parsed(who: Credentials, path: str) -> list[dict[str, str]]:
    """The rows of a CSV, by their headings."""
    reply = who.get(path)
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert reply.headers["content-disposition"] == 'attachment; filename="usage.csv"'
    assert reply.text.count("\n") == reply.text.count("\r\n")
    return list(csv.DictReader(StringIO(reply.text, newline="")))


@pytest.mark.parametrize("by", ["total", "operation", "key", "status"])
def test_csv_says_the_same(alice: Person, by: str) -> None:
    key = alice.new_key()
    used(alice, at=today() - timedelta(days=2), calls=7)
    used(alice, at=today() - timedelta(days=2), calls=3, key_id=number(key), status=4)
    query = f"from={day(2)}&to={day(1)}&by={by}"
    rows = usage(alice, f"/account/usage?{query}")["rows"]
    cells = [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows]
    assert parsed(alice, f"/account/usage.csv?{query}") == cells
    if by != "key":
        [row] = parsed(alice, f"/apikeys/{key.key}/usage.csv?{query}")
        assert row["calls"] == "3"


def test_a_key_reads_its_number_of_calls(alice: Person) -> None:
    key = alice.new_key()
    used(alice, at=today() - timedelta(days=1), calls=5, key_id=number(key))
    assert key.get("/whoami").json()["apikey"]["usage"] == {"today": 0, "total": 0}
    wait_until(lambda: key.get("/whoami").json()["apikey"]["usage"]["today"] >= 1, "a flush")
    usage = key.get("/whoami").json()["apikey"]["usage"]
    assert usage["today"] == usage["total"]
