"""That the servers do the same work: without it no ratio means anything."""

import asyncio
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx2
import orjson
from sqlalchemy import Connection, func, select

import settings as configuration
from bench.fixture import Fixture, Scenario
from bench.servers import Server
from storage.database import Storage
from storage.schema import tables
from storage.schema.encryption import Keyring

# Only ours counts calls, which the others read while it does; and only ours limits them.
COUNTED = {"quotas", "usage"}
MADE_BY_SERVER = {"id", "uuid", "createdAt", "updatedAt", "userId", "userUuid", "img"}


class Disagreement(Exception):
    """Two servers answered differently, or something was not stored."""


def check(servers: Sequence[Server], kinds: Sequence[Scenario]) -> None:
    """Each kind of request once to each server; raises Disagreement."""
    for scenario in kinds:
        if scenario.authorization.startswith("Basic "):
            _require_refusal(servers, scenario)
        replies = {server.name: _send(server, scenario) for server in servers}
        if scenario.method == "GET":
            require_same(replies, scenario)
            continue
        for name, reply in replies.items():
            if scenario.method == "POST":
                _require_as_sent(reply["set"], scenario, name)
        _require_stored(servers, scenario, list(replies.values()))


def _require_refusal(servers: Sequence[Server], scenario: Scenario) -> None:
    """Who has the key's name but not its secret is let in by none."""
    key = b64decode(scenario.authorization.removeprefix("Basic ")).partition(b":")[0]
    wrong = replace(scenario, authorization="Basic " + b64encode(key + b":" + b"x" * 53).decode())
    for server in servers:
        status = _answer(server, wrong).status_code
        if status != 401:
            raise Disagreement(f"{scenario.name}: {server.name} answers {status} to a wrong secret")


def require_same(replies: dict[str, Any], scenario: Scenario) -> None:
    """That all are the same JSON, whatever the order of members; raises Disagreement."""
    for reply in replies.values():
        for member in COUNTED & set(reply.get("apikey", ())):
            del reply["apikey"][member]
    first = next(iter(replies.values()))
    for name, reply in replies.items():
        if _exact(reply) != _exact(first):
            raise Disagreement(f"{scenario.name}: {name} answers {reply}, and not {first}")


def _exact(value: Any) -> Any:
    """The value so that true is not 1, as it is in Python; 771 and 771.0 are the same number, as they are in JSON."""
    if isinstance(value, dict):
        return {name: _exact(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_exact(member) for member in value]
    return (isinstance(value, bool), value)


def _require_as_sent(made: dict[str, Any], scenario: Scenario, name: str) -> None:
    content = {member: value for member, value in made.items() if member not in MADE_BY_SERVER}
    if _exact(content) != _exact(orjson.loads(scenario.body)):
        raise Disagreement(f"{scenario.name}: {name} made {content} of {scenario.body}")


def _require_stored(servers: Sequence[Server], scenario: Scenario, replies: list[Any]) -> None:
    """What a server says it wrote, every server reads; where all wrote to the same set, the last one's."""
    written = {reply["set"]["id"]: reply["set"] for reply in replies}
    for server in servers:
        for set_id, shown in written.items():
            read = Scenario("reading back", "GET", (f"/sets/{set_id}",), scenario.authorization)
            found = _send(server, read)["set"]
            if _exact(found) != _exact(shown):
                raise Disagreement(f"{scenario.name}: {server.name} reads {found}, and not {shown}")


def _send(server: Server, scenario: Scenario) -> Any:
    reply = _answer(server, scenario)
    if not reply.is_success:
        raise Disagreement(f"{scenario.name}: {server.name} answers {reply.status_code} {reply.text}")
    return orjson.loads(reply.content)


def _answer(server: Server, scenario: Scenario) -> httpx2.Response:
    headers = {"Authorization": scenario.authorization} if scenario.authorization else {}
    if scenario.body:
        headers["Content-Type"] = "application/json"
    url = server.url + scenario.paths[0]
    with httpx2.Client(timeout=10, trust_env=False) as client:
        return client.request(scenario.method, url, headers=headers, content=scenario.body or None)


def count_sets(fixture: Fixture) -> int:
    """How many sets the database holds."""

    async def counted() -> int:
        keyring = Keyring(configuration.parse_keys(fixture.settings.encryption_keys))
        async with Storage(fixture.settings.database_url, keyring) as storage:
            return await storage.read(_count)

    return asyncio.run(counted())


def _count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(tables.sets)).scalar_one()
