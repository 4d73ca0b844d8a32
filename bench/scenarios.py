"""The requests that are measured, and their records: created over HTTP, from those that the server seeds."""

from typing import Any, NamedTuple

import orjson

from bench.load import Request, Scenario
from tests.service import Service

SETS, PATTERNS = 64, 100
# The members of a set that the server adds.
ADDED = ("id", "uuid", "createdAt", "updatedAt", "userId", "userUuid", "img")
CHANGE = orjson.dumps({"name": "Changed", "measies": {"chest": 931.5, "waist": 771}})


class Arranged(NamedTuple):
    """One account's credentials, its sets and the curated sets, as clients see them."""

    by_key: str
    by_token: str
    sets: list[dict[str, Any]]
    curated: list[dict[str, Any]]


def arrange(server: Service, sets: int = SETS, patterns: int = PATTERNS) -> Arranged:
    """Create an account and its records on a running server."""
    curated, owner = curated_sets(server), server.sign_up()
    own = [owner.new_set(**new_set(curated, f"Set {number}")) for number in range(sets)]
    for number in range(patterns):
        owner.new_pattern(
            name=f"Pattern {number}",
            notes="To be sewn of a stretchy fabric. " * 4,
            data={"version": "4.10.2"},
            settings={"sa": 10, "complete": True, "units": "metric", "measurements": curated[0]["measies"]},
            # One of four is drafted from a curated set.
            **({"cset": curated[number % 20]["id"]} if number % 4 == 3 else {"set": own[number % sets]["id"]}),
        )
    return Arranged(owner.new_key(expires_in=86_400).authorization, owner.authorization, own, curated)


def curated_sets(server: Service) -> list[dict[str, Any]]:
    """Return the seeded curated sets."""
    found: list[dict[str, Any]] = server.http.get("/curated-sets").json()["curatedSets"]
    return found


def new_set(curated: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """Return the body that creates a set: about 1 KB with the measurements of a curated set."""
    return {"name": name, "notes": "Measured over light clothing. " * 4, "measies": curated[0]["measies"]}


def scenarios(arranged: Arranged) -> tuple[Scenario, ...]:
    """Return the scenarios that are measured."""
    key, own = arranged.by_key, [f"/sets/{one['id']}" for one in arranged.sets]
    # All that clients see but the server does not add: a new field is sent, too.
    made = {name: value for name, value in arranged.sets[0].items() if name not in ADDED}
    return (
        Scenario("set read by key", [Request("GET", path, key) for path in own]),
        Scenario("set read by JWT", [Request("GET", path, arranged.by_token) for path in own]),
        Scenario("set create", [Request("POST", "/sets", key, orjson.dumps(made))]),
        Scenario("set update", [Request("PATCH", path, key, CHANGE) for path in own]),
        Scenario("whoami by key", [Request("GET", "/whoami", key)]),
        Scenario("curated set list", [Request("GET", "/curated-sets")]),
        Scenario("curated set read", [Request("GET", f"/curated-sets/{one['id']}") for one in arranged.curated]),
        Scenario("pattern list", [Request("GET", "/patterns", key)]),
    )
