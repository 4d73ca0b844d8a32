"""One run of Schemathesis against a running server, as an administrator, with every check.

By default each operation goes through each phase once, with a token, on PostgreSQL; another run sends the examples
of the document with a key, because all ways in lead to the same handlers. With `FULL=1` each way in goes through
every phase, with a token on both engines and with three generated requests of each operation.

Each kind of credentials has a module of its own, so that the runs are spread over the processes that share the tests.
"""

import copy
import json
import subprocess
from pathlib import Path
from typing import Any

from tests.contract.running import ALL, EXAMPLES, ONLY_EXAMPLES, command, environment
from tests.service import PASSWORD, ROOT, Person, Service

GOAL = 0.95
SUFFIX = {"bearer": "/jwt", "key": "/key"}


def conforms(
    service: Service, folder: Path, scheme: str, phases: str, *, suffixed: bool = False, examples: int = 1
) -> str:
    """Fail unless the server does what the document says, and nearly all operations answered 2xx; return how many.

    `suffixed` calls the `/jwt` or `/key` paths of the operations. CONTRACT_EXAMPLES replaces `examples` and `phases`.
    """
    document = service.http.get("/openapi.json").json()
    if suffixed:
        document = with_suffixed_paths(document, scheme)
    (folder / "openapi.json").write_text(json.dumps(document))
    outcome = _fuzz(service, folder, scheme, EXAMPLES or str(examples), ALL if EXAMPLES else phases)
    assert outcome.returncode == 0, outcome.stdout.decode()[-20_000:]
    notes = json.loads((folder / "reached.json").read_text())
    operations = _open_to(document, scheme)
    if phases == ONLY_EXAMPLES:
        operations -= _without_examples(document)
    assert set(notes["tried"]) >= operations
    reached = operations & set(notes["reached"])
    assert len(reached) / len(operations) >= GOAL, f"never 2xx: {sorted(operations - reached)}"
    paths = "suffixed" if suffixed else "clean"
    return f"{scheme}, {paths} paths: {len(reached)} of {len(operations)} operations answered 2xx"


def _open_to(document: dict[str, Any], scheme: str) -> set[str]:
    """The operations that credentials of this scheme can be used for: public ones, and those that take it."""
    return {
        operation["operationId"]
        for item in document["paths"].values()
        for operation in item.values()
        if not operation["security"] or {scheme: []} in operation["security"]
    }


def _without_examples(document: dict[str, Any]) -> set[str]:
    """The operations that nothing is sent to, so that no phase but those that generate requests calls them."""
    return {
        operation["operationId"]
        for item in document["paths"].values()
        for operation in item.values()
        if not operation.get("parameters") and "requestBody" not in operation
    }


def _fuzz(
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


def with_suffixed_paths(document: dict[str, Any], scheme: str) -> dict[str, Any]:
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
