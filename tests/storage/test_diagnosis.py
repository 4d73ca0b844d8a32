"""Messages to operators about a database that cannot be used."""

import socket

import pytest

from core.errors import StorageUnavailable
from storage.engines import diagnosis


@pytest.mark.parametrize(
    ("error", "explanation"),
    [
        (StorageUnavailable(diagnosis.WAITS), "the database waits for its migrations: run `python cli.py migrate`"),
        (StorageUnavailable("The database is too new for this version."), "The database is too new for this version"),
        (socket.gaierror(-2, "unknown"), "the name of the host cannot be resolved"),
        (TimeoutError(), "the database does not answer in time"),
        (ConnectionRefusedError(111, "refused"), "the server cannot be reached: refused"),
    ],
)
def test_the_explanation_names_the_reason_and_the_remedy(error: Exception, explanation: str) -> None:
    assert diagnosis.explain(error) == explanation
