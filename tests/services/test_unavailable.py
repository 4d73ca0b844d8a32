"""Every 503 has a cause, in the log and in a metric."""

import ast
import logging
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest
from starlette.responses import Response

from core.causes import CAUSES
from core.errors import (
    ApiError,
    ConcurrentDeletion,
    ImageStoreUnavailable,
    Overloaded,
    StorageUnavailable,
    Unavailable,
)
from core.problem_types import PROBLEM_TYPES
from services.container import Services
from tests.in_process import in_process
from tests.middleware.test_boundary import enveloped, problems_of, reply_of
from tests.problems import problem
from tests.service import ROOT
from tests.service_container import services_on
from tests.test_layout import modules

RAISED = [
    *(kind() for kind in (Overloaded, ConcurrentDeletion, StorageUnavailable, ImageStoreUnavailable)),
    *(Overloaded(cause=cause) for cause in CAUSES),
]


def counted(services: Services, cause: str) -> float:
    """How many requests were answered with 503 because of this."""
    lines = generate_latest(services.metrics.registry).decode().splitlines()
    (found,) = (line for line in lines if line.startswith(f'freesewing_unavailable_total{{cause="{cause}"}}'))
    return float(found.split()[-1])


@pytest.mark.parametrize("error", RAISED, ids=lambda error: f"{type(error).__name__}-{error.cause}")
def test_every_503_is_logged_and_counted_by_its_cause(error: Unavailable, caplog: pytest.LogCaptureFixture) -> None:
    async def app(*_: Any) -> None:
        raise error

    services = services_on()
    head, _ = reply_of(enveloped(problems_of(app), services))
    assert head["status"] == 503
    assert counted(services, error.cause) == 1
    (line,) = caplog.records
    assert line.levelno == logging.WARNING and line.__dict__["cause"] == error.cause
    assert f": 503 ({error.cause}): " in line.getMessage()


def test_only_errors_with_a_cause_are_answered_with_503() -> None:
    answered: set[type[ApiError]] = {
        kind for kind, problem_type in PROBLEM_TYPES.items() if problem_type.status == 503
    }
    assert answered == set(Unavailable.__subclasses__())


def test_no_other_module_names_the_status_503() -> None:
    found = {
        str(path.relative_to(ROOT))
        for _, path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value == 503
    }
    # The table of problem types, and the middleware that counts the responses.
    assert found == {"core/problem_types.py", "middleware/envelope.py"}


def test_a_503_that_has_no_cause_is_logged_as_our_error(caplog: pytest.LogCaptureFixture) -> None:
    head, _ = reply_of(enveloped(Response(status_code=503)))
    assert head["status"] == 503
    assert "a request could not be counted" in caplog.text


def test_every_cause_has_a_place_in_the_code_and_in_the_documentation() -> None:
    used = {
        node.value.value
        for _, path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.keyword | ast.Assign)
        and (node.arg if isinstance(node, ast.keyword) else ast.unparse(node.targets[0])) == "cause"
        and isinstance(node.value, ast.Constant)
    }
    assert used >= set(CAUSES)
    rows = (ROOT / "docs" / "monitoring.md").read_text().partition("| cause |")[2].partition("\n\n")[0]
    assert [row.split("`")[1] for row in rows.splitlines() if row.startswith("| `")] == list(CAUSES)


def test_a_running_application_counts_the_causes_of_its_503s(tmp_path: Path) -> None:
    seen: set[str] = set()
    with in_process(tmp_path) as there:
        problem(there.http.get("/info/stats"), 503, "unavailable")
        (tmp_path / "images").rmdir()
        (tmp_path / "images").write_text("in the way")
        problem(there.http.get("/images/set-x"), 503, "unavailable")
        seen |= {cause for cause in CAUSES if counted(there.services, cause)}
    (tmp_path / "empty").mkdir()
    with in_process(tmp_path / "empty", migrate=False) as there:
        problem(there.http.get("/ready"), 503, "unavailable")
        seen |= {cause for cause in CAUSES if counted(there.services, cause)}
    assert seen == {"first_count", "image_store", "migrations"}
