"""The server as `app.py` starts it, but with password hashes and a start that cost less.

Each sign-up computes an Argon2id hash: 22 ms of processor time, ten times as much as everything else that a sign-up
does, and the tests sign up thousands of people. The cost itself is tested in `tests/services/test_passwords.py`.

Each start compares the document with the JSON schema of OpenAPI: half a second, and the tests start hundreds of
servers. `make lint` does so too, and each test that runs `python app.py`.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from argon2 import PasswordHasher
from connexion.spec import OpenAPISpecification

import app
import handlers
from services.auth import passwords

# Connexion imports them when it creates the application. Imported here, forked processes (tests/forked.py) have them.
for _module in pkgutil.iter_modules(handlers.__path__):
    importlib.import_module(f"handlers.{_module.name}")


@contextmanager
def quick() -> Iterator[None]:
    """Within it, Argon2id takes the least time and memory that it can, and the document is taken to be valid."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    cheap = patch.multiple(passwords, _hasher=hasher, _NOBODYS=hasher.hash("nobody has this password"))
    with cheap, patch.object(OpenAPISpecification, "_validate_spec"):
        yield


def main() -> None:
    """Serve as `app.py` does."""
    with quick():
        app.main()
