"""Libraries: none is patched or imported in part, and a server starts without those that it may never need."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service import ROOT
from tests.test_layout import MODULES

# Alembic is for operators, lxml for files of other programs, Markdown for two pages, fontTools for user names that
# are not ASCII, pygal for charts, the rest for images. FastAPI is for its documentation pages, which are read without
# it.
UNUSED = {
    "alembic",
    "fastapi",
    "fontTools",
    "lxml",
    "markdown_it",
    "obstore",
    "PIL",
    "pygal",
    "pymupdf_fonts",
    "segno",
}
# Prints the modules that are loaded in a server on SQLite when it serves, and in one on PostgreSQL.
STARTED = """
import asyncio, pathlib, sys
import app, settings

async def serve():
    found = settings.make_secrets(settings.load(data_dir=pathlib.Path(sys.argv[1])))
    made = app.create_app(found)
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive():
        return next(messages)

    async def send(message):
        assert message["type"].endswith("complete"), message

    await made({"type": "lifespan", "state": {}}, receive, send)

asyncio.run(serve())
import storage.engines.postgresql
storage.engines.postgresql.PostgresEngine("postgresql://nobody@127.0.0.1:9/none", None, pool=1, stale_seconds=0)
print(*sys.modules)
"""


def loaded(code: str, *arguments: str) -> set[str]:
    """Return the modules that are loaded after the code ran in a process of its own."""
    command = [sys.executable, "-c", code, *arguments]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


def test_a_server_starts_without_libraries_that_it_may_never_need(tmp_path: Path) -> None:
    modules = loaded(STARTED, str(tmp_path))
    assert {"connexion.middleware", "sqlalchemy.ext.asyncio", "uvicorn.server", "storage.engines.sqlite"} <= modules
    assert not UNUSED & modules


def test_the_supervisor_starts_without_the_application() -> None:
    modules = loaded("import sys, serving.__main__; print(*sys.modules)")
    assert "serving.supervisor" in modules
    assert not {"uvicorn", "connexion", "sqlalchemy", "storage", "middleware"} & modules


def patches(source: str) -> Iterator[str]:
    """Find the statements that set an attribute of something imported, or change `sys.modules`."""
    tree = ast.parse(source)
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    for node in ast.walk(tree):
        changed = [*getattr(node, "targets", ()), getattr(node, "target", None)]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("setattr", "delattr"):
            changed = [ast.Attribute(node.args[0], "")]
        for target in changed:
            text = ast.unparse(target) if isinstance(target, ast.Attribute | ast.Subscript) else ""
            if text.startswith("sys.modules"):
                yield text
            if isinstance(target, ast.Attribute) and _root(target) in names:
                yield text


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


@pytest.mark.parametrize("name", MODULES)
def test_no_module_patches_another_one(name: str) -> None:
    assert list(patches(MODULES[name].read_text())) == []


@pytest.mark.parametrize(
    "statement",
    [
        "sys.modules['x'] = None",
        "del sys.modules['x']",
        "spec.OpenAPISpecification._validate_spec = None",
        "setattr(spec, 'x', 1)",
        "spec.x += 1",
    ],
)
def test_a_patch_is_found(statement: str) -> None:
    assert list(patches(f"import sys\nfrom connexion import spec\n{statement}"))
