"""The server as `app.py` starts it, but with password hashes that cost next to nothing.

Each sign-up computes an Argon2id hash: 22 ms of processor time, ten times as much as everything else that a sign-up
does, and the tests sign up thousands of people. The cost itself is tested in `tests/services/test_passwords.py`.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from argon2 import PasswordHasher

import app
import handlers
from services.auth import passwords

# Connexion imports them when it creates the application. Imported here, forked processes (tests/forked.py) have them.
for _module in pkgutil.iter_modules(handlers.__path__):
    importlib.import_module(f"handlers.{_module.name}")


@contextmanager
def cheap_hashes() -> Iterator[None]:
    """Within it, Argon2id takes the least time and memory that it can."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with patch.multiple(passwords, _hasher=hasher, _NOBODYS=hasher.hash("nobody has this password")):
        yield


def main() -> None:
    """Serve as `app.py` does."""
    with cheap_hashes():
        app.main()
