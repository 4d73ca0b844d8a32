"""The running server, fuzzed by Schemathesis: every check, every phase, as a person and as a script."""

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.running import ALL, EXAMPLES, WAY_IN, command, environment
from tests.service import PASSWORD, ROOT, Person, Service

pytestmark = pytest.mark.long

GOAL = 0.95
SUFFIX = {"bearer": "/jwt", "key": "/key"}

# Everything as a person, thoroughly on the default engine; the other ways in lead to the same handlers.
RUNS = [
    ("sqlite", "bearer", "clean", 3, ALL),
    ("sqlite", "key", "clean", 1, "examples,fuzzing,stateful"),
    ("sqlite", "bearer", "suffixed", 1, "examples,fuzzing"),
    ("sqlite", "key", "suffixed", 1, WAY_IN),
    ("postgresql", "bearer", "clean", 1, ALL),
]


@pytest.mark.parametrize(("service", "scheme", "paths", "examples", "phases"), RUNS, indirect=["service"])
def test_the_server_does_what_the_document_says(
    service: Service,
    tmp_path: Path,
    scheme: str,
    paths: str,
    examples: int,
    phases: str,
    record_property: Callable[[str, object], None],
) -> None:
    document = service.http.get("/openapi.json").json()
    if paths == "suffixed":
        document = suffixed(document, scheme)
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    outcome = fuzz(service, tmp_path, scheme, EXAMPLES or str(examples), ALL if EXAMPLES else phases)
    assert outcome.returncode == 0, outcome.stdout.decode()[-20_000:]
    notes = json.loads((tmp_path / "reached.json").read_text())
    operations = _open_to(document, scheme)
    assert set(notes["tried"]) >= operations
    reached = operations & set(notes["reached"])
    record_property("told", f"{scheme}, {paths} paths: {len(reached)} of {len(operations)} operations answered 2xx")
    assert len(reached) / len(operations) >= GOAL, f"never 2xx: {sorted(operations - reached)}"


def _open_to(document: dict[str, Any], scheme: str) -> set[str]:
    """The operations that credentials of this scheme can be used for: public ones, and those that take it."""
    return {
        operation["operationId"]
        for item in document["paths"].values()
        for operation in item.values()
        if not operation["security"] or {scheme: []} in operation["security"]
    }


def fuzz(
    service: Service, folder: Path, scheme: str, examples: str, phases: str
) -> subprocess.CompletedProcess[bytes]:
    """One run of `st run` with an account of its own, which may do everything."""
    person = service.sign_up("admin")
    name = f"fuzz-{person.id}"
    person.patch("/account", {"password": PASSWORD, "username": name})
    return subprocess.run(
        command(folder / "openapi.json", service.url, examples, phases),
        cwd=ROOT,
        env=environment(
            service.url,
            folder / "reached.json",
            scheme=scheme,
            authorization=_authorization(person, scheme),
            username=name,
            email=person.email,
            password=PASSWORD,
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )


def _authorization(person: Person, scheme: str) -> str:
    return person.authorization if scheme == "bearer" else person.new_key(9, expires_in=86_400).authorization


def suffixed(document: dict[str, Any], scheme: str) -> dict[str, Any]:
    """The document with only the operations that know authentication, at their `/jwt` or `/key` paths."""
    document = copy.deepcopy(document)
    paths: dict[str, Any] = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if {scheme: []} in operation["security"]:
                # Where credentials are optional they are so at the suffixed paths, too.
                operation["security"] = [way for way in operation["security"] if way in ({}, {scheme: []})]
                base = operation.get("x-alias", path)
                paths.setdefault(base + SUFFIX[scheme], {})[method] = operation
    document["paths"] = paths
    return _without_dangling_links(document)


def _without_dangling_links(document: dict[str, Any]) -> dict[str, Any]:
    kept = {operation["operationId"] for item in document["paths"].values() for operation in item.values()}
    for item in document["paths"].values():
        for operation in item.values():
            for reply in operation["responses"].values():
                links = reply.get("links", {})
                for name in [name for name, link in links.items() if link["operationId"] not in kept]:
                    del links[name]
    return document
