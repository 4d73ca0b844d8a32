"""The deployment that the checks are about: the one at CONTRACT_URL, or, without it, servers of our own.

With CONTRACT_URL nothing secret is shown: what tests report is redacted, as are the files (see redacting.py).
"""

import os
import signal
from base64 import b64encode
from collections.abc import Generator, Iterator
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from tests.contract import promises
from tests.contract.deployment import CannotBeChecked, Deployment
from tests.contract.redacting import redacted
from tests.contract.throttling import OverQuota
from tests.matrix import ENGINES, matrix

URL = os.environ.get("CONTRACT_URL", "")
# Servers of our own are fuzzed by `tests/contract/fuzz/`.
collect_ignore = [] if URL else ["test_fuzzing.py"]
_found: list[Deployment] = []


def _given() -> tuple[str, str]:
    """Return the token and the key. A value from a file often ends in a line break."""
    return os.environ.get("CONTRACT_TOKEN", "").strip(), os.environ.get("CONTRACT_KEY", "").strip()


def secrets() -> list[str]:
    """Return the given credentials, which no report may show."""
    token, key = _given()
    return [secret for secret in (token, key, key.partition(":")[2], authorization().partition(" ")[2]) if secret]


def authorization() -> str:
    """The header that the given credentials make; empty without any."""
    token, key = _given()
    if token:
        return f"Bearer {token}"
    if key:
        return f"Basic {b64encode(key.encode()).decode()}"
    return ""


class RedactedReport(str):
    """What pytest tells of a failure, without secrets; `reprcrash` is where it looks for the short form."""

    reprcrash: SimpleNamespace

    def __new__(cls, whole: Any, promised: str = "") -> "RedactedReport":
        """From the long form, and the promises that were broken."""
        report = super().__new__(cls, redacted(str(whole), secrets()) + promised)
        crash = getattr(whole, "reprcrash", None)
        message = redacted(crash.message, secrets()) + promised if crash else report
        report.reprcrash = SimpleNamespace(message=message)
        return report


def promises_of(item: pytest.Item) -> str:
    """The promises of the document that this test checks, in plain words, a line each; empty if there are none."""
    name = f"{item.path.stem}::{getattr(item, 'originalname', item.name)}"
    return "".join(f"\nThe document promises: {text}" for text in promises.of_check(name))


def pytest_sessionstart(session: pytest.Session) -> None:
    """Find the deployment before anything is done; a sentence and an end where it cannot be checked."""
    if not URL or session.config.option.collectonly:
        return
    # A job that is cancelled cleans up, too; also one in the background, for which a shell ignores SIGINT.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        _found.append(Deployment(URL, authorization=authorization()))
    except CannotBeChecked as why:
        raise pytest.UsageError(redacted(str(why), secrets())) from None
    except (httpx2.HTTPError, OverQuota, ValueError, LookupError, AssertionError) as error:
        # Their messages may contain the credentials.
        raise pytest.UsageError(f"{URL} cannot be asked who the account is ({type(error).__name__}).") from None


def pytest_unconfigure() -> None:
    """Go, also where no check was made."""
    for deployment in _found:
        deployment.http.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remove secrets from the report of a test, and add the promises of the document that the test checks."""
    report = yield
    if URL:
        if report.failed:
            report.longrepr = RedactedReport(report.longrepr, promises_of(item))
        report.sections = [(name, redacted(text, secrets())) for name, text in report.sections]
    return report


# On SQLite each check runs without a fault before it runs with one, in faults/test_seeded_faults.py.
@pytest.fixture(scope="session", params=["there"] if URL else matrix(["postgresql"], full=ENGINES))
def there(request: pytest.FixtureRequest) -> Iterator[Deployment]:
    """The deployment, cleaned up in the end."""
    found: Any = _found or [Deployment(request.getfixturevalue(f"{request.param}_service").url)]
    try:
        yield found[0]
    finally:
        found[0].leave()
