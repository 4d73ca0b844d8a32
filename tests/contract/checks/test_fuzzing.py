"""A deployment at CONTRACT_URL, fuzzed by Schemathesis; for servers of our own see test_schemathesis.py."""

from collections.abc import Callable
from typing import Any

import pytest

from core import document
from tests.contract.checks.conftest import secrets
from tests.contract.checks.fuzzer import Outcome, fuzz
from tests.contract.deployment import Deployment

# Of the operations that are tried: with fewer, the run would prove little.
GOAL = 0.75


def _chosen(items: Any) -> set[str]:
    """The operations whose tests are to be run."""
    ours = [item for item in items if item.function is test_an_operation_does_what_the_document_says]
    return {item.callspec.params["name"] for item in ours}


@pytest.fixture(scope="module")
def outcome(there: Deployment, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Outcome:
    """What came of one run over all operations."""
    capturing = request.config.pluginmanager.getplugin("capturemanager")

    def show(line: str) -> None:
        with capturing.global_and_fixture_disabled():
            print(line, flush=True)

    wanted = _chosen(request.session.items)
    return fuzz(there, wanted, tmp_path_factory.mktemp("fuzzer"), show, secrets())


@pytest.mark.parametrize(
    "name", [operation["operationId"] for _, _, operation in document.operations(document.load())]
)
def test_an_operation_does_what_the_document_says(outcome: Outcome, name: str) -> None:
    if name in outcome.left_out:
        pytest.skip(f"left out: {outcome.left_out[name]}")
    assert name in outcome.tried, "the fuzzer never called it"
    assert name not in outcome.findings, outcome.findings[name]


def test_operations_one_after_the_other_do_what_the_document_says(outcome: Outcome) -> None:
    known = {operation["operationId"] for _, _, operation in document.operations(document.load())}
    others = {name: message for name, message in outcome.findings.items() if name not in known}
    assert not others, "\n".join(f"{name}: {message}" for name, message in others.items())


def test_most_operations_were_reached(outcome: Outcome, record_property: Callable[[str, object], None]) -> None:
    if not outcome.tried:
        pytest.skip("left out: every operation that was chosen")
    reached = outcome.tried & outcome.reached
    summary = f"{len(reached)} of {len(outcome.tried)} operations answered 2xx; {len(outcome.left_out)} were left out"
    record_property("summary", summary)
    assert len(reached) / len(outcome.tried) >= GOAL, f"never 2xx: {sorted(outcome.tried - reached)}"
