"""Print the unit test modules of the files that differ from the branch `main`, for `make check`.

Usage: python tools/changed_tests.py [base]

The tests of `storage/sets.py` are the modules below `tests/storage/` whose name begins with `test_sets`. A changed
test module is its own test. What needs minutes or many processes is left to `make test`, and named on stderr.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
ALWAYS = "tests/test_layout.py"
# Folders whose tests start many processes: servers with faults, browsers, code generators, fuzzers.
LEFT_OUT = ("bench", "clients", "contract", "faults", "generated", "operators", "web")
# Files that are data, and the tests that read them.
OF_DATA = {
    "spec/openapi.yaml": (
        "tests/contract/test_document.py",
        "tests/contract/test_codes.py",
        "tests/contract/test_names.py",
        "tests/contract/promises/test_promises.py",
    ),
    "docs/security.md": ("tests/test_security_document.py",),
    "README.md": ("tests/test_settings.py",),
    "settings.py": ("tests/test_settings.py",),
}


def changed_files(base: str) -> list[str]:
    """Return the files that were changed since the branch left `base`, and those that Git does not track yet."""
    fork = _git("merge-base", "HEAD", base)[0]
    return [
        *_git("diff", "--name-only", "--diff-filter=d", fork),
        *_git("ls-files", "--others", "--exclude-standard"),
    ]


def _git(*arguments: str) -> list[str]:
    command = [shutil.which("git") or "git", *arguments]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return ran.stdout.split("\n")[:-1]


def modules_for(files: Iterable[str], modules: Iterable[str]) -> set[str]:
    """Return those of the test modules that test one of the files."""
    modules = set(modules)
    found = {ALWAYS}
    for file in files:
        found |= {file} & modules | set(OF_DATA.get(file, ()))
        path = PurePosixPath(file)
        if path.suffix == ".py" and path.parts[0] not in ("tests", "tools"):
            found |= {module for module in modules if _tests(PurePosixPath(module), path)}
    return found


def _tests(module: PurePosixPath, path: PurePosixPath) -> bool:
    """Whether the module is named after the file, below the folder of its package."""
    package = path.parts[0] if len(path.parts) > 1 else ""
    folder = module.parts[1] if len(module.parts) > 2 else ""
    name = path.parent.name if path.stem == "__init__" else path.stem
    return package == folder and (module.stem == f"test_{name}" or module.stem.startswith(f"test_{name}_"))


def main(base: str = "main") -> None:
    """Print the modules, one a line."""
    modules = [str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py")]
    found = modules_for(changed_files(base), modules)
    of_data = {module for several in OF_DATA.values() for module in several}
    left = {module for module in found - of_data if module.split("/")[1] in LEFT_OUT}
    print(*sorted(found - left), sep="\n")
    if left:
        print("left to `make test`:", *sorted(left), file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
