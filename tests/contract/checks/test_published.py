"""What the deployment tells of itself: its document, its links, its limits, and what browsers must know."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import yaml

from core import document
from tests.contract.checks.kinds import Kind, each_kind
from tests.contract.deployment import Deployment

EXPOSED = {"ETag", "Link", "RateLimit", "Retry-After", "WWW-Authenticate", "X-Request-Id"}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def _without_server(published: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in published.items() if name != "servers"}


def test_the_document_is_the_one_of_this_version(there: Deployment) -> None:
    published = there.call("read_openapi_json").json()
    ours = json.loads(document.Published(published["servers"][0]["url"]).json)
    assert published["info"]["version"] == ours["info"]["version"], (
        "the deployment is of another version than this suite"
    )
    assert _without_server(published) == _without_server(ours), "the deployment serves another document"


def test_both_forms_of_the_document_say_the_same(there: Deployment) -> None:
    in_yaml = yaml.load(there.call("read_openapi_yaml").text, Loader=yaml.CSafeLoader)
    in_json = there.call("read_openapi_json").json()
    assert _without_server(in_yaml) == _without_server(in_json), "the two forms differ"


def _value(reply: Any, pointer: str) -> Any:
    """What a link's expression (`$response.body#/set/id`) stands for in this reply."""
    value = reply.json()
    for step in pointer.partition("#/")[2].split("/"):
        value = value[step]
    return value


@each_kind
def test_a_link_leads_to_an_existing_record(there: Deployment, kind: Kind) -> None:
    owner, create = kind.owner(there), f"create_{kind.noun}"
    reply = there.call(create, owner, json=kind.body)
    links = there.book.find(create)[2]["responses"]["201"]["links"]
    # What removes the record comes last.
    for link in sorted(links.values(), key=lambda one: one["operationId"].startswith("delete")):
        values = {name: _value(reply, pointer) for name, pointer in link["parameters"].items()}
        _, method, operation = there.book.find(link["operationId"])
        body = kind.change if method == "patch" else {"language": "en"} if "requestBody" in operation else None
        followed = there.call(link["operationId"], owner, json=body, **values)
        assert 200 <= followed.status_code < 300, f"{link['operationId']} is answered {followed.status_code}"
        if link["operationId"].startswith("clone"):
            owner.delete(f"/sets/{followed.json()['set']['id']}" if "set" in followed.json() else "/nothing")


@each_kind
def test_every_time_is_utc_in_milliseconds(there: Deployment, kind: Kind) -> None:
    made = kind.make(there)
    read = there.call(f"read_{kind.noun}", kind.owner(there), id=made["id"]).json()[kind.one]
    for record in (made, read):
        for name in ("createdAt", "updatedAt"):
            assert _TIME.fullmatch(record[name]), f"{name} is {record[name]}"
    kind.remove(there, made)


@pytest.mark.parametrize("name", ["check_health", "read_openapi_json", "list_curated_sets", "list_sets"])
def test_scripts_of_any_origin_may_read(there: Deployment, name: str) -> None:
    who = there.alice if name == "list_sets" else None
    reply = there.call(name, who, headers={"Origin": "https://tools.example"})
    assert reply.headers.get("access-control-allow-origin") == "*", "it may not be read by any origin"
    assert "access-control-allow-credentials" not in reply.headers, "browsers are told to send cookies"
    exposed = {one.strip() for one in reply.headers.get("access-control-expose-headers", "").split(",")}
    assert exposed >= EXPOSED, f"scripts cannot see {sorted(EXPOSED - exposed)}"
    assert reply.headers.get("x-content-type-options") == "nosniff"


def test_a_preflight_is_answered(there: Deployment) -> None:
    asked = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization,if-match"}
    reply = there.http.options("/sets/1", headers={"Origin": "https://tools.example", **asked})
    assert reply.status_code in (200, 204)
    assert reply.headers.get("access-control-allow-origin") == "*"
    assert "PATCH" in reply.headers.get("access-control-allow-methods", "")
    assert "authorization" in reply.headers.get("access-control-allow-headers", "").lower()


def test_rate_limit_headers_are_sent_and_count_down(there: Deployment) -> None:
    if not there.limited:
        pytest.skip("left out: the deployment's limits are off")
    replies = [there.call("list_sets", there.alice) for _ in range(2)]
    if _begins_anew(*replies):
        replies = [replies[1], there.call("list_sets", there.alice)]
    policies = re.findall(r'"([\w-]+)";q=(\d+);w=(\d+)', replies[0].headers.get("ratelimit-policy", ""))
    assert {name for name, _, _ in policies} >= {"account-burst", "account-day"}, "policies are not told"
    left = [_of_each_policy(reply, "r") for reply in replies]
    assert set(left[0]) == {name for name, _, _ in policies}, "what is left is not told of each policy"
    assert left[1]["account-day"] < left[0]["account-day"], "a request costs nothing"


def _of_each_policy(reply: Any, what: str) -> dict[str, int]:
    """Return a parameter of `RateLimit` by policy: remaining units (`r`), or seconds until the window ends (`t`)."""
    pairs = re.findall(rf'"([\w-]+)"[^,]*?;{what}=(\d+)', reply.headers.get("ratelimit", ""))
    return {name: int(value) for name, value in pairs}


def _begins_anew(first: Any, second: Any) -> bool:
    """Whether a day ended between the two: then more is left after a request than before it."""
    before, after = _of_each_policy(first, "t"), _of_each_policy(second, "t")
    return after.get("account-day", 0) > before.get("account-day", 0)


DEPRECATED = [
    operation["operationId"]
    for _, _, operation in document.operations(document.load())
    if operation.get("deprecated")
]


@pytest.mark.parametrize("name", DEPRECATED)
def test_a_deprecated_operation_says_so(there: Deployment, name: str) -> None:
    path, method, operation = there.book.find(name)
    # Without credentials and without a body it is refused: refusals say so, too.
    reply = there.http.request(method.upper(), path)
    assert not reply.is_success
    since, until = operation["x-deprecated-since"], operation["x-sunset"]
    headers = {one: reply.headers.get(one, "") for one in ("deprecation", "sunset", "link")}
    moment = datetime.fromisoformat(since).replace(tzinfo=UTC).timestamp()
    assert headers["deprecation"] == f"@{moment:.0f}", f"it is deprecated since {headers['deprecation']!r}"
    assert parsedate_to_datetime(headers["sunset"]).date().isoformat() == until, (
        f"it may end on {headers['sunset']!r}"
    )
    assert 'rel="deprecation"' in headers["link"], "it does not say where to read more"
    assert date.fromisoformat(until) - date.fromisoformat(since) >= timedelta(days=180)
