"""openapi-typescript and openapi-fetch: the generated types pass the strict compiler, and a program can use them."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.service import Service
from tools.lint import lint

pytestmark = pytest.mark.long

SOURCES = Path(__file__).with_name("typescript")
MODULES = SOURCES / "node_modules"


def node(folder: Path, script: Path, *arguments: str) -> CompletedProcess[str]:
    """Run a script with the Node that comes from PyPI; what it printed."""
    return lint.run(lint.node_root(), script, arguments, folder)


def install() -> None:
    """Install the packages; skips, saying so, where npm is away, which with CI=true is a failure."""
    try:
        lint.installed_root(SOURCES, "so the TypeScript client was NOT tried")
    except lint.LintError as error:
        if error.code != lint.UNREACHABLE or os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def project(limited: Service, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program with the types that are generated from the running server's document."""
    install()
    folder = tmp_path_factory.mktemp("typescript")
    for path in (*SOURCES.glob("*.json"), *SOURCES.glob("*.ts")):
        shutil.copy(path, folder)
    (folder / "node_modules").symlink_to(MODULES, target_is_directory=True)
    tool = MODULES / "openapi-typescript" / "bin" / "cli.js"
    made = node(folder, tool, f"{limited.url}/openapi.json", "--output", "schema.ts")
    assert (made.returncode, made.stderr) == (0, "")
    return folder


def compiled(folder: Path) -> Sequence[str]:
    """What the strict compiler has to say."""
    return node(folder, MODULES / "typescript" / "bin" / "tsc", "--project", ".").stdout.splitlines()


def test_the_types_and_the_program_pass_the_strict_compiler(project: Path) -> None:
    assert compiled(project) == []


def test_a_wrong_program_does_not_pass(project: Path) -> None:
    story = project / "story.ts"
    right = story.read_text()
    story.write_text(right.replace('"nameMissing"', '"nameMising"').replace("changed.notes", "changed.note"))
    try:
        errors = compiled(project)
    finally:
        story.write_text(right)
    assert len(errors) == 2 and "nameMising" in errors[1] + errors[0] and "'note'" in errors[0] + errors[1]


def test_the_program_works(project: Path, limited: Service) -> None:
    ran = node(project, project / "story.ts", limited.url)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert len(ran.stdout.splitlines()) == 7
