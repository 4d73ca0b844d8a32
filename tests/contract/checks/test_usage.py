"""Usage: counted requests, their times, and groups."""

import csv
from datetime import UTC, datetime
from typing import Any

from core import document
from tests.contract.checks.problems import is_problem
from tests.contract.checks.test_keys import made_with
from tests.contract.cleanup import KEY_LIFE
from tests.contract.deployment import Deployment
from tests.service import ApiKey, wait_until

CALLS = 3


def _used(there: Deployment) -> str:
    """A key that was used: CALLS times well, and once in vain."""
    made = made_with(there, there.alice, 1, KEY_LIFE)
    key = ApiKey(there, made["key"], made["secret"])
    for _ in range(CALLS):
        assert there.call("list_sets", key).status_code == 200
    is_problem(there.call("create_set", key, json={"name": "contract"}), 403)
    counted = lambda: _usage(there, made["key"])["totals"]["calls"] >= CALLS + 1  # noqa: E731
    wait_until(counted, "calls to be counted", seconds=10)
    return str(made["key"])


def _usage(there: Deployment, key: str, **query: str) -> dict[str, Any]:
    # From yesterday, as a day may end meanwhile.
    reply = there.call("read_key_usage", there.alice, key=key, query={"granularity": "hour", **query})
    assert reply.status_code == 200, f"usage is answered {reply.status_code}"
    usage: dict[str, Any] = reply.json()["usage"]
    return usage


def test_calls_are_counted_in_the_hour(there: Deployment) -> None:
    key = _used(there)
    usage = _usage(there, key)
    totals = usage["totals"]
    assert (totals["calls"], totals["errors"]) == (CALLS + 1, 1), f"counted are {totals}"
    assert totals["bytesOut"] > 0 and totals["seconds"] > 0
    hours = [datetime.fromisoformat(row["at"]) for row in usage["rows"]]
    assert hours == sorted(hours) and all((one.minute, one.second) == (0, 0) for one in hours), "a row is of no hour"
    assert (datetime.now(UTC) - hours[-1]).total_seconds() < 7200
    listed = there.call("list_api_keys", there.alice, query={"state": "active"}).json()["apikeys"]
    (calls,) = [one["calls"] for one in listed if one["key"] == key]
    assert calls == CALLS + 1, f"the list counts {calls} calls"


def test_rows_are_grouped_as_requested(there: Deployment) -> None:
    key = _used(there)
    by_operation: dict[str, int] = {}
    for row in _usage(there, key, by="operation")["rows"]:
        by_operation[row["operation"]] = by_operation.get(row["operation"], 0) + row["calls"]
    assert by_operation == {"list_sets": CALLS, "create_set": 1}, f"by operation: {by_operation}"
    statuses = {row["status"] for row in _usage(there, key, by="status")["rows"]}
    assert statuses == {"2xx", "4xx"}, f"by status: {statuses}"
    days = there.call("read_key_usage", there.alice, key=key).json()["usage"]
    assert days["granularity"] == "day", "without a granularity rows are not of a day"
    far = there.call("read_key_usage", there.alice, key=key, query={"from": "2020-01-01", "to": "2020-01-02"})
    assert far.status_code in (200, 400) and not far.json().get("usage", {}).get("rows")


def test_csv_has_the_rows_of_the_json_form(there: Deployment) -> None:
    key = _used(there)
    rows = _usage(there, key, by="operation")["rows"]
    query = {"granularity": "hour", "by": "operation"}
    reply = there.call("read_key_usage_csv", there.alice, key=key, query=query)
    read = [(row["at"], row["operation"], int(row["calls"])) for row in csv.DictReader(reply.text.splitlines())]
    assert read == [(row["at"], row["operation"], row["calls"]) for row in rows], "the CSV has other rows"


def test_a_chart_names_the_calls_of_each_group(there: Deployment) -> None:
    key = _used(there)
    query = {"by": "operation", "theme": "dark", "width": "480"}
    reply = there.call("read_key_usage_svg", there.alice, key=key, query=query)
    described = reply.text.partition("<desc")[2].partition("</desc>")[0]
    assert f"list_sets: {CALLS}" in described and "create_set: 1" in described, f"the chart says {described}"
    assert not any(word in reply.text for word in ("<script", "href=", "url(", "@import")), (
        "the chart loads something"
    )
    of_account = there.call("read_account_usage_svg", there.alice, query={"by": "key"}).text
    assert "<desc" in of_account, "the chart of the account has no text alternative"


def test_a_chart_is_in_the_language_that_was_asked_for(there: Deployment) -> None:
    key = made_with(there, there.alice, 1, KEY_LIFE)["key"]
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    titles: dict[str, str] = {}
    tags = set()
    for language in ("", *document.load()["components"]["schemas"]["Language"]["enum"]):
        query = {"from": day, "to": day} | ({"language": language} if language else {})
        reply = there.call("read_key_usage_svg", there.alice, key=key, query=query)
        assert f'xml:lang="{language or "en"}"' in reply.text, f"the chart is not in {language or 'en'}"
        titles[language] = reply.text.partition("<title")[2].partition("</title>")[0]
        assert f"{day} " in titles[language], f"the dates of the chart are not in ISO 8601: {titles[language]}"
        tags.add(reply.headers["etag"])
    assert titles.pop("") == titles["en"], "without a language the chart is not in English"
    assert len(set(titles.values())) == len(tags) == len(titles), f"charts have the same texts: {titles}"
    is_problem(there.call("read_key_usage_svg", there.alice, key=key, query={"language": "tlh"}), 400)


def test_the_usage_of_a_revoked_key_can_be_read(there: Deployment) -> None:
    there.may_mail()
    key = _used(there)
    there.call("revoke_api_key", there.alice, key=key, json={"reason": "tried out"})
    assert _usage(there, key)["totals"]["calls"] >= CALLS + 1, "the usage of a revoked key is gone"
