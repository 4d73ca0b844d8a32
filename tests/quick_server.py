"""The server as `app.py` starts it, but with password hashes and a start that cost less.

Each sign-up computes an Argon2id hash: 22 ms of processor time, ten times as much as everything else that a sign-up
does, and the tests sign up thousands of people. The cost itself is tested in `tests/services/test_passwords.py`.

Each start compares the document with the JSON schema of OpenAPI, half a second, and resolves its references, 0.3 s.
The tests start hundreds of servers: forked ones (tests/forked.py) find it resolved. `make lint` validates the
document, too, and each test that runs `python app.py` does both.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from argon2 import PasswordHasher
from connexion.spec import OpenAPISpecification, Specification

import app
import handlers
from core import document
from services.auth import passwords

# Connexion imports them when it creates the application. Imported here, forked processes (tests/forked.py) have them.
for _module in pkgutil.iter_modules(handlers.__path__):
    importlib.import_module(f"handlers.{_module.name}")

_load = Specification.load
with patch.object(OpenAPISpecification, "_validate_spec"):
    _resolved = _load(document.load())


def _load_once(read: Any, **options: Any) -> Any:
    """Return the resolved document; another one, of a test, is resolved as usual."""
    return _resolved if read is document.load() else _load(read, **options)


@contextmanager
def quick() -> Iterator[None]:
    """Within it, Argon2id takes the least time and memory that it can, and the document is resolved already."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    cheap = patch.multiple(passwords, _hasher=hasher, _NOBODYS=hasher.hash("nobody has this password"))
    unvalidated = patch.object(OpenAPISpecification, "_validate_spec")
    with cheap, unvalidated, patch.object(Specification, "load", _load_once):
        yield


def main() -> None:
    """Serve as `app.py` does."""
    with quick():
        app.main()
