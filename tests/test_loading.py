"""A server starts without what it may never need, and what is set aside is there for whoever wants it."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.loading import set_aside
from tests.service import ROOT

# Alembic is for operators, SQLAlchemy's mapper and uvicorn's command line are for nobody, the HTTP clients for
# Connexion, the forge and pictures elsewhere, lxml for other programs' files, Markdown for two pages, FastAPI for
# nobody, fontTools for user names that are not ASCII, the rest for pictures.
UNUSED = {
    "alembic",
    "sqlalchemy.orm",
    "starlette.testclient",
    "requests",
    "httpx",
    "httpx2",
    "pygments",
    "obstore",
    "segno",
    "uvicorn.main",
    "PIL",
    "lxml",
    "pymupdf_fonts",
    "markdown_it",
    "fastapi",
    "fontTools",
}
# What a server on SQLite has loaded once it serves, and what one on PostgreSQL loads besides.
STARTED = """
import asyncio, pathlib, sys
import app, settings
from services import container

async def serve():
    found = settings.make_secrets(settings.load(data_dir=pathlib.Path(sys.argv[1])))
    services = container.of(found)
    made = app.create_app(found, services=services)
    async with app._lifespan(services, found, made):
        pass

asyncio.run(serve())
import storage.engines.postgresql
storage.engines.postgresql.PostgresEngine("postgresql://nobody@127.0.0.1:9/none", None, pool=1, stale_seconds=0)
print(*sys.modules)
"""


def loaded(code: str, *arguments: str) -> set[str]:
    """The modules that are loaded after this ran by itself."""
    command = [sys.executable, "-c", code, *arguments]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


def test_a_server_starts_without_what_it_may_never_need(tmp_path: Path) -> None:
    modules = loaded(STARTED, str(tmp_path))
    assert {"connexion.middleware", "sqlalchemy.ext.asyncio", "uvicorn.server", "storage.engines.sqlite"} <= modules
    assert not UNUSED & modules


def test_the_supervisor_starts_without_the_application() -> None:
    modules = loaded("import sys, serving.__main__; print(*sys.modules)")
    assert "serving.supervisor" in modules
    assert not {"uvicorn", "connexion", "sqlalchemy", "storage", "middleware"} & modules


Late = tuple[str, list[str]]


@pytest.fixture
def late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Late:
    """The name of a module that nobody has loaded, and a list that it puts its name into when it is."""
    (tmp_path / "freesewing_late.py").write_text("import sys\nsys.freesewing_loads.append(__name__)\nx = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "freesewing_late", raising=False)
    loads: list[str] = []
    monkeypatch.setattr(sys, "freesewing_loads", loads, raising=False)
    return "freesewing_late", loads


def test_what_is_set_aside_is_none_inside_and_itself_after(late: Late) -> None:
    name, loads = late
    with set_aside(name, "x"):
        assert __import__(name).x is None
    assert loads == []
    assert __import__(name).x == 1
    with set_aside(name, "x"):
        assert __import__(name).x == 1


def test_after_a_failure_inside_it_is_itself_too(late: Late) -> None:
    name, loads = late
    with pytest.raises(KeyError), set_aside(name):
        raise KeyError
    assert __import__(name).x == 1
    assert loads == [name]
