"""Comparison of the responses of the benchmark's servers: unless they do the same work, no ratio means anything."""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from bench.load import Request, Scenario
from bench.references.records import COUNTED
from tests.service import Service

Servers = Mapping[str, Service]


class Disagreement(Exception):
    """Two servers answered differently, or a record was not stored."""


def check(servers: Servers, scenarios: Sequence[Scenario]) -> None:
    """Send one request of each scenario to each server. Raise Disagreement."""
    for scenario in scenarios:
        request = scenario.requests[0]
        if request.authorization.startswith("Basic "):
            _require_rejection(servers, request)
        replies = {name: _send(name, server, request) for name, server in servers.items()}
        if request.method == "GET":
            require_same(replies, scenario.name)
            continue
        sent = orjson.loads(request.body)
        for name, reply in replies.items():
            made = {member: value for member, value in reply["set"].items() if member in sent}
            # A change has some measurements of the record.
            made["measies"] = {one: value for one, value in made["measies"].items() if one in sent["measies"]}
            require_same({"the request": sent, name: made}, scenario.name)
        # Every server reads what the others wrote; of one set that all changed, the last state.
        for record in {reply["set"]["id"]: reply["set"] for reply in replies.values()}.values():
            back = Request("GET", f"/sets/{record['id']}", request.authorization)
            found = {name: _send(name, server, back)["set"] for name, server in servers.items()}
            require_same({"the writer": record, **found}, f"{scenario.name}, read back")


def _require_rejection(servers: Servers, request: Request) -> None:
    """Require 401 for the id of a key with a wrong secret."""
    key = b64decode(request.authorization.removeprefix("Basic ")).partition(b":")[0]
    wrong = request._replace(authorization="Basic " + b64encode(key + b":" + b"x" * 53).decode())
    for name, server in servers.items():
        status = _answer(server, wrong).status_code
        if status != 401:
            raise Disagreement(f"{request.path}: {name} answers {status} to a wrong secret")


def require_same(replies: Mapping[str, Any], what: str) -> None:
    """Require the same JSON of all. Raise Disagreement, which names a member that differs."""
    (first, reply), *others = replies.items()
    expected = dict(_values(reply, ""))
    for name, other in others:
        found = dict(_values(other, ""))
        for place in expected.keys() | found.keys():
            if expected.get(place) != found.get(place):
                raise Disagreement(
                    f"{what}: {name} differs from {first} at {place}: {found.get(place)}, not {expected.get(place)}"
                )


def _values(value: Any, place: str) -> Iterator[tuple[str, tuple[str, Any]]]:
    """Yield each value in JSON with its place; true is not 1, 771 is 771.0."""
    if isinstance(value, (dict, list)):
        yield place, (type(value).__name__, "")
        for name, member in value.items() if isinstance(value, dict) else enumerate(value):
            if name not in COUNTED:
                yield from _values(member, f"{place}/{name}")
    else:
        yield place, ("bool" if isinstance(value, bool) else "", value)


def _send(name: str, server: Service, request: Request) -> Any:
    response = _answer(server, request)
    if not response.is_success:
        raise Disagreement(f"{request.path}: {name} answers {response.status_code} {response.text}")
    return orjson.loads(response.content)


def _answer(server: Service, request: Request) -> Any:
    return server.http.request(request.method, request.path, headers=request.headers, content=request.body or None)
