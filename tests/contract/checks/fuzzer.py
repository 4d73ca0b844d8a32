"""Schemathesis against a deployment of another operator: excluded operations, and findings by operation."""

import json
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from tests.contract.deployment import Deployment, asked_for
from tests.contract.exclusions import reason
from tests.contract.redacting import redact_files, redacted
from tests.contract.running import ALL, EXAMPLES, REPEATABLE, REPORTS, command, environment
from tests.service import PASSWORD, ROOT, Person

# Seconds that Schemathesis gets for the request at hand and its reports.
LONGEST_END = 60


@dataclass(frozen=True)
class Outcome:
    """`left_out`: reasons by operation. `findings`: by operation, or by another label of Schemathesis."""

    left_out: dict[str, str]
    findings: dict[str, str]
    tried: set[str]
    reached: set[str]


def fuzz(
    there: Deployment, wanted: set[str], folder: Path, show: Callable[[str], None], secrets: list[str]
) -> Outcome:
    """One run over the operations that are wanted, shown line by line; its reports, without secrets, are kept."""
    left_out = {name: why for name in there.book.names() if (why := reason(there, name, asked_for()))}
    chosen = sorted(wanted - set(left_out))
    if not chosen:
        return Outcome(left_out, {}, set(), set())
    person = there.alice if there.given else there.admin
    document, journal, reports = folder / "openapi.json", folder / "made.jsonl", folder / "reports"
    document.write_text(json.dumps(there.published))
    reached = folder / "reached.json"
    asked = command(document, there.url, EXAMPLES or "1", ALL if EXAMPLES else REPEATABLE)
    asked += ["--rate-limit", "auto", "--report", "junit,html,json", "--report-dir", str(reports)]
    asked += [part for name in left_out for part in ("--exclude-operation-id", name)]
    asked += [part for name in chosen for part in ("--include-operation-id", name)]
    environment = _environment(there, person, reached) | {
        "CONTRACT_JOURNAL": str(journal),
        "CONTRACT_DOMAIN": "" if there.given else there.test_domain,
    }
    try:
        _run(asked, environment, lambda line: show(redacted(line, secrets)))
    finally:
        if journal.exists():
            for made in written(journal):
                there.keep_in_mind(made)
        _keep(reports, secrets)
    notes = json.loads(reached.read_text())
    return Outcome(left_out, _findings(there), set(notes["tried"]), set(notes["reached"]))


def written(journal: Path) -> Iterator[Any]:
    """What it wrote down line by line; the last line may be half one, if it was ended."""
    for line in journal.read_text().splitlines(keepends=True):
        if line.endswith("\n"):
            yield json.loads(line)


def _environment(there: Deployment, person: Person, reached: Path) -> dict[str, str]:
    username = person.get("/account").json()["account"]["username"]
    if not there.given:
        # Known, so that it can sign in.
        assert person.patch("/account", {"password": PASSWORD}).status_code == 200
    scheme = "bearer" if person.authorization.startswith("Bearer") else "key"
    return environment(
        there.url,
        reached,
        scheme=scheme,
        authorization=person.authorization,
        username=username,
        email=person.email,
        password=PASSWORD,
    )


def _run(asked: list[str], environment: dict[str, str], show: Callable[[str], None]) -> None:
    """Run it, and end it when we are interrupted.

    It has a process group of its own: a terminal would interrupt it as well, and after two interruptions it does not
    wait for the response to the current request, which names the new record.
    """
    with subprocess.Popen(
        asked,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        process_group=0,
    ) as running:
        assert running.stdout is not None
        try:
            for line in running.stdout:
                show(line.rstrip("\n"))
        except BaseException:
            # Once, so that the request at hand comes to its end.
            running.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                # What it prints is read: it must not wait for room.
                running.communicate(timeout=LONGEST_END)
            running.terminate()
            raise


def _keep(reports: Path, secrets: list[str]) -> None:
    """The reports under names that stay the same, in place of the last run's."""
    redact_files(reports, secrets)
    REPORTS.mkdir(parents=True, exist_ok=True)
    for made in reports.iterdir() if reports.exists() else ():
        whole, ending = (made / "index.html", ".html") if made.is_dir() else (made, made.suffix)
        shutil.move(whole, REPORTS / f"fuzzer{ending}")


def _findings(there: Deployment) -> dict[str, str]:
    """What the JUnit report says of each operation by its name; `GET /sets` is how Schemathesis calls it."""
    names = {
        f"{method.upper()} {path}": name for name in there.book.names() for path, method, _ in [there.book.find(name)]
    }
    found = {}
    # Written by Schemathesis a moment ago.
    for case in ElementTree.parse(REPORTS / "fuzzer.xml").iter("testcase"):
        messages = [
            part.text or part.get("message") or "found" for part in (*case.iter("failure"), *case.iter("error"))
        ]
        if messages:
            label = case.get("name", "")
            found[names.get(label, label)] = "\n".join(messages)
    return found
