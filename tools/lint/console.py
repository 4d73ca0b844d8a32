"""Check the types of the console against the document, with openapi-typescript and the TypeScript compiler.

Usage: python -m tools.lint.console

Exit codes: those of `lint.py`. The packages are those with which `tests/generated/` tries generated clients.
"""

import subprocess
import sys
from pathlib import Path

from tools.lint import lint

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / "tests" / "generated" / "typescript"
WEB = ROOT / "web"


def check(document: Path = lint.DEFAULT_DOCUMENT, web: Path = WEB) -> int:
    """Generate the types of the document, run the compiler over `web`, and return the exit code."""
    root = lint.installed_root(PACKAGES, "the types of the console were NOT checked")
    modules = PACKAGES / "node_modules"
    generated = web / "types" / "document.d.ts"
    arguments = [str(document), "--output", str(generated)]
    made = lint.run(root, modules / "openapi-typescript" / "bin" / "cli.js", arguments, PACKAGES)
    if made.returncode != 0:
        raise lint.LintError(f"openapi-typescript failed\n{_printed(made)}")
    compiled = lint.run(root, modules / "typescript" / "bin" / "tsc", ["--project", str(web)], ROOT)
    if compiled.returncode != 0:
        print(_printed(compiled))
        return lint.FOUND
    return 0


def _printed(result: subprocess.CompletedProcess[str]) -> str:
    return "\n".join(filter(None, (result.stdout.strip(), result.stderr.strip())))


if __name__ == "__main__":
    try:
        sys.exit(check())
    except lint.LintError as error:
        print(f"lint: {error}", file=sys.stderr)
        sys.exit(error.code)
