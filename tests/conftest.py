"""Fixtures for all tests: a running server on each engine, and the people who use it."""

import gc
import json
import os
from collections import defaultdict
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path

import pytest

from services.auth.derivation import derive
from tests.databases import fresh_postgres
from tests.differences import explanation
from tests.forges import Forge, serving, settings_for
from tests.forges.forgejo import Forgejo
from tests.forges.github import GitHub
from tests.matrix import ENGINES, matrix
from tests.service import Person, Service, ValidatedService

SLOWEST = 10


def pytest_collection(session: pytest.Session) -> None:
    """Collect tests without the garbage collector: what is made stays until the end."""
    gc.disable()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave imported modules and collected tests out of every later run of the garbage collector."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules that take long go first, then those in browsers: no process is left alone with one in the end."""
    items.sort(key=lambda item: (item.get_closest_marker("long") is None, "web" not in item.path.parts))


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Name the members in which two JSON values differ, instead of printing both values."""
    return explanation(left, right) if op == "==" else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests recorded with `record_property("summary", …)` in any process, and the slowest modules."""
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.getreports(outcome)]
    for summary in [value for report in reports for name, value in report.user_properties if name == "summary"]:
        terminalreporter.write_line(str(summary))
    _print_slowest_modules(terminalreporter)


def _print_slowest_modules(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the ten modules that took longest, with the seconds of their tests and fixtures together."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds[report.nodeid.partition("::")[0]] += report.duration
    if len(seconds) > SLOWEST:
        terminalreporter.section("slowest modules, in seconds")
        for module, duration in sorted(seconds.items(), key=itemgetter(1), reverse=True)[:SLOWEST]:
            terminalreporter.write_line(f"{duration:7.1f} {module}")


@pytest.fixture(scope="session", params=matrix(["sqlite"], full=ENGINES))
def service(request: pytest.FixtureRequest) -> Service:
    """A running server, with a code forge; on SQLite unless a test asks for other engines (tests/matrix.py)."""
    running: Service = request.getfixturevalue(f"{request.param}_service")
    return running


# Fixtures of their own, as they are to live to the end: one with parameters ends whenever the next test has another.
@pytest.fixture(scope="session")
def sqlite_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The server on SQLite. Connexion validates its responses."""
    with serving(GitHub()) as there:
        yield from _running(ValidatedService(tmp_path_factory.mktemp("service-sqlite"), **settings_for(there)), there)


@pytest.fixture(scope="session")
def postgresql_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The server on PostgreSQL."""
    data = tmp_path_factory.mktemp("service-postgresql")
    with serving(Forgejo()) as there, fresh_postgres() as url:
        yield from _running(Service(data, database_url=url, **settings_for(there)), there)


def _running(service: Service, there: Forge) -> Iterator[Service]:
    service.forge = there
    try:
        yield service.start()
    finally:
        service.close()


@pytest.fixture
def forge(service: Service) -> Iterator[Forge]:
    """The server's code forge, as it was in the beginning."""
    assert service.forge is not None
    service.forge.reset()
    yield service.forge
    service.forge.reset()


@pytest.fixture
def alice(service: Service) -> Person:
    """An account, signed in."""
    return service.sign_up()


@pytest.fixture
def bob(service: Service) -> Person:
    """Another account, signed in."""
    return service.sign_up()


@pytest.fixture(scope="session")
def admin(service: Service) -> Person:
    """An administrator."""
    return service.sign_up("admin")


@pytest.fixture(scope="session")
def signing_key(service: Service) -> bytes:
    """The key that the server signs tokens with."""
    return derive(json.loads((service.data / "secrets.json").read_text())["secret_key"], "tokens")


@pytest.fixture
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings in the environment except DATA_DIR, and no .env file in the current folder."""
    for name in [name for name in os.environ if name.startswith("FREESEWING_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FREESEWING_DATA_DIR", str(tmp_path / "data"))
