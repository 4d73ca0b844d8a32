"""Tests do not depend on the speed of the machine: no short time-out ends a wait, and no elapsed time is bounded."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service import ROOT

# Seconds. A shorter wait may end on a busy machine before what it waits for has happened.
LEAST = 50
WAITING = {
    "AsyncClient",
    "Client",
    "HTTPConnection",
    "communicate",
    "connect",
    "create_connection",
    "join",
    "run",
    "wait",
}
CLOCKS = {"monotonic", "perf_counter", "time"}
# They run against deployments of others, which must not keep them for long.
AT_DEPLOYMENTS = {"tests/contract/checks", "tests/contract/throttling.py"}
FILES = [
    path
    for path in sorted((ROOT / "tests").rglob("*.py"))
    if not any(path.relative_to(ROOT).as_posix().startswith(place) for place in AT_DEPLOYMENTS)
]


def faults(source: str) -> Iterator[int]:
    """The lines with a wait for less than LEAST seconds, or with an upper bound for an elapsed time."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.expr) and (_is_short_wait(node) or _is_bounded_time(node)):
            yield node.lineno


def _is_short_wait(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and any(map(_is_short, _seconds(node)))


def _is_bounded_time(node: ast.expr) -> bool:
    return isinstance(node, ast.Compare) and _is_elapsed(node.left) and _is_bounded(node)


def _seconds(call: ast.Call) -> Iterator[ast.expr]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in WAITING:
        yield from (keyword.value for keyword in call.keywords if keyword.arg == "timeout")
    if name in ("wait", "join"):
        yield from call.args
    if name == "wait_until":
        yield from (keyword.value for keyword in call.keywords if keyword.arg == "seconds")


def _is_short(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and node.value < LEAST


def _is_elapsed(node: ast.expr) -> bool:
    """Whether this is the difference of a reading of a clock and another one, or the time that a response took."""
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Sub) and any(
            isinstance(part, ast.Call) and getattr(part.func, "attr", getattr(part.func, "id", "")) in CLOCKS
            for part in (node.left, node.right)
        )
    return "elapsed" in ast.dump(node)


def _is_bounded(node: ast.Compare) -> bool:
    return any(
        isinstance(operator, ast.Lt | ast.LtE) and _is_short(limit)
        for operator, limit in zip(node.ops, node.comparators, strict=True)
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_test_waits_for_conditions_and_not_for_time(path: Path) -> None:
    assert list(faults(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "process.wait(20)",
        "subprocess.run(command, timeout=30)",
        "wait_until(happens, 'it', seconds=2)",
        "assert time.monotonic() - begun < 5",
        "assert reply.elapsed.total_seconds() < 2",
    ],
)
def test_a_short_wait_is_found(source: str) -> None:
    assert list(faults(source)) == [1]


@pytest.mark.parametrize(
    "source",
    ["process.wait(PATIENCE)", "', '.join(names)", "event.wait()", "assert time.monotonic() - begun < PATIENCE"],
)
def test_a_long_wait_is_accepted(source: str) -> None:
    assert list(faults(source)) == []
