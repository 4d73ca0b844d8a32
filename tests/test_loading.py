"""What is loaded late is loaded late, and a server starts without it."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from loading import at_first_use, set_aside
from tests.service import ROOT

# Alembic is for operators, the HTTP clients are for Connexion and the forge, uvicorn's command line for nobody, the
# rest for pictures. A package that is loaded late is there as a name; its parts are not.
UNUSED = (
    "alembic",
    "sqlalchemy.orm",
    "starlette.testclient",
    "requests.sessions",
    "httpx._client",
    "httpx2._client",
    "pygments",
    "obstore",
    "segno.encoder",
    "uvicorn.main",
    "PIL",
    "pymupdf_fonts",
)
STARTED = """
import sys, pathlib, app, settings
app.create_app(settings.load(data_dir=pathlib.Path(sys.argv[1])))
print(*sys.modules)
"""
Late = tuple[str, list[str]]


def test_a_server_starts_without_what_it_may_never_need(tmp_path: Path) -> None:
    started = subprocess.run(
        [sys.executable, "-c", STARTED, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(started.stdout.split())
    assert "connexion.middleware" in loaded
    assert not set(UNUSED) & loaded


@pytest.fixture
def late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Late:
    """The name of a module that nobody has loaded, and a list that it puts its name into when it is."""
    (tmp_path / "freesewing_late.py").write_text("import sys\nsys.freesewing_loads.append(__name__)\nx = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "freesewing_late", raising=False)
    loads: list[str] = []
    monkeypatch.setattr(sys, "freesewing_loads", loads, raising=False)
    return "freesewing_late", loads


def test_a_module_is_loaded_once_when_it_is_first_asked_for_something(late: Late) -> None:
    name, loads = late
    with at_first_use(name):
        module = __import__(name)
    assert loads == []
    assert (module.x, module.x) == (1, 1)
    assert loads == [name]


def test_other_modules_are_loaded_at_once(late: Late) -> None:
    name, loads = late
    with at_first_use("another"):
        __import__(name)
    assert loads == [name]


def test_a_module_that_is_not_there_is_missed_at_once() -> None:
    with pytest.raises(ModuleNotFoundError), at_first_use("freesewing_nowhere"):
        __import__("freesewing_nowhere")


def test_what_is_set_aside_is_none_inside_and_itself_after(late: Late) -> None:
    name, loads = late
    with set_aside(name, "x"):
        assert __import__(name).x is None
    assert loads == []
    assert __import__(name).x == 1
    with set_aside(name, "x"):
        assert __import__(name).x == 1


@pytest.mark.parametrize("made", [at_first_use, set_aside])
def test_after_a_failure_inside_imports_are_as_ever(
    late: Late, made: Callable[[str], AbstractContextManager[None]]
) -> None:
    name, loads = late
    before = list(sys.meta_path)
    with pytest.raises(KeyError), made(name):
        raise KeyError
    assert sys.meta_path == before
    assert __import__(name).x == 1
    assert loads == [name]
