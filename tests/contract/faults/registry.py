"""Faults of promises, each with the check that catches it: a decorator registers both.

A fault changes a reply on its way out (`in_replies`), or replaces functions of the server's own code (`in_code`).
The check is named as in reports (`test_keys::test_…`), so that the server with faults imports no check.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.contract.faults.exchange import Exchange

Replaced = Iterable[tuple[Any, str, Any]]


@dataclass(frozen=True)
class Promised:
    """A fault: its check, the (pattern of) words that the check then says, and what changes replies or code."""

    check: str
    message: str
    arguments: dict[str, Any]
    replies: Callable[[Exchange], None] | None = field(default=None)
    code: Callable[[], Replaced] | None = field(default=None)


FAULTS: dict[str, Promised] = {}


def _name(fault: Callable[..., Any]) -> str:
    name = fault.__name__.replace("_", " ")
    assert name not in FAULTS, name
    return name


def in_replies(
    check: str, message: str, **arguments: Any
) -> Callable[[Callable[[Exchange], None]], Callable[[Exchange], None]]:
    """Register a fault that changes replies."""

    def register(fault: Callable[[Exchange], None]) -> Callable[[Exchange], None]:
        FAULTS[_name(fault)] = Promised(check, message, arguments, replies=fault)
        return fault

    return register


def in_code(check: str, message: str, **arguments: Any) -> Callable[[Callable[[], Replaced]], Callable[[], Replaced]]:
    """Register a fault that yields its replacements: the object, the attribute, and the new value."""

    def register(fault: Callable[[], Replaced]) -> Callable[[], Replaced]:
        FAULTS[_name(fault)] = Promised(check, message, arguments, code=fault)
        return fault

    return register
