"""One operation, as the level tests call it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.service import ApiKey, Person, Service


@dataclass(frozen=True, slots=True)
class Case:
    """How to call an operation on a record, with a JSON body or other options, and who else than its owner may.

    `record` makes a fresh record of a person's, public or not, and gives the parameters of its path. `others` is the
    level that another's record needs, `public` the one that another's public record needs; without them there is
    nothing of others to reach. `passed` is a status that says "you may" without being a success. `ends` where the
    account of the caller, or of the record's owner, is not what it was afterwards: then people sign up for each call.
    """

    body: Any = None
    options: dict[str, Any] = field(default_factory=dict)
    record: Callable[[Person, bool], dict[str, Any]] | None = None
    others: int | None = None
    public: int | None = None
    passed: int = 200
    ends: bool = False

    @property
    def sent(self) -> dict[str, Any]:
        """The options of the request."""
        return self.options if self.body is None else {"json": self.body}


@cache
def known(service: Service, who: str) -> Person:
    """Return an account that no test changes: of this role, or `owner`, another user."""
    return service.sign_up("user" if who == "owner" else who)


@cache
def known_key(service: Service, level: int) -> ApiKey:
    """A key of this level, of the known administrator, that stays good."""
    return known(service, "admin").new_key(level)


def admin(service: Service) -> Person:
    """Return an administrator, for records that only staff can create."""
    return known(service, "admin")
