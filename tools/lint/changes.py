"""Compare the document with the one released last, and fail on a breaking change that is not declared.

Usage: python -m tools.lint.changes

api-smart-diff decides whether a change is breaking, and `breaks` adds what only this project can know. An intended
breaking change is declared in spec/breaking.yaml. The version of the document must fit the changes: a breaking change
raises the number before the first dot (before 1.0, the one before the second), any other at least the last number.

Exit codes: those of lint.py.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from tools.lint.lint import BROKEN, DEFAULT_DOCUMENT, FOUND, HERE, LintError, installed_root, parsed, run

SPEC = DEFAULT_DOCUMENT.parent
COMPARE = HERE / "compare.mjs"

Change = dict[str, Any]
Version = tuple[int, ...]


def version_of(text: str) -> Version:
    """A version as numbers that can be compared."""
    return tuple(int(part) for part in text.split("."))


def released(folder: Path) -> Path:
    """The document released last; LintError if none was."""
    paths = sorted(folder.glob("*.yaml"), key=lambda path: version_of(path.stem))
    if not paths:
        raise LintError(f"no document is in {folder}")
    return paths[-1]


def changes(before: Any, *after: Any) -> list[list[Change]]:
    """Every change from a document to each of others: {action, path (list), type, before, after}."""
    root = installed_root()
    with TemporaryDirectory() as folder:
        paths = [Path(folder, f"{number}.json") for number in range(1 + len(after))]
        for path, document in zip(paths, (before, *after), strict=True):
            path.write_text(json.dumps(document, default=str), encoding="utf-8")
        found: list[list[Change]] = parsed("changes", run(root, COMPARE, [str(path) for path in paths], HERE))
    return found


def breaks(change: Change) -> bool:
    """Whether it breaks a client of the earlier document."""
    path, action = change["path"], change["action"]
    if path[:2] == ["components", "securitySchemes"]:
        return bool(action != "add" and path[-1] != "description")
    if path[0] != "paths":
        # Changes within a schema are reported for its operations. Generated clients have a class of this name.
        return bool(path[:2] == ["components", "schemas"] and len(path) == 3 and action == "remove")
    return change["type"] == "breaking" or _breaks_names(path, action) or _breaks_promises(change)


def _breaks_names(path: list[Any], action: str) -> bool:
    """Whether generated clients get other names."""
    named = path[-1] == "operationId" or path[-2] == "tags"
    return bool(named or (path[-2] == "x-enum-varnames" and action != "add"))


def _breaks_promises(change: Change) -> bool:
    """Whether it narrows requests or widens responses in a way that only this project can know."""
    path, before, after = change["path"], change.get("before"), change.get("after")
    sent = "requestBody" in path
    if path[-2] == "properties":
        # An unknown member of a request is ignored.
        return sent and change["action"] == "remove"
    judged = {
        "x-level": _number(after) > _number(before),
        "x-sunset": str(after or "") < str(before or ""),
        "nullable": "responses" in path and bool(after),
        "additionalProperties": sent and after is False,
        "type": True,
    }
    return judged.get(path[-1], False)


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def line_of(change: Change) -> str:
    """A change in one line: the operation, the action, and the place."""
    path = [str(step) for step in change["path"]]
    if path[0] != "paths":
        return f"{'/'.join(path)}: {change['action']}"
    method, rest = (path[2].upper(), path[3:]) if len(path) > 2 else ("*", [])
    values = "".join(f" {name} {change[name]!r}" for name in ("before", "after") if _is_short(change.get(name)))
    return f"{method} {path[1]}: {change['action']} {'/'.join(rest)}{values}".rstrip()


def _is_short(value: Any) -> bool:
    return isinstance(value, str | int | float) and len(str(value)) <= 60


def undeclared(lines: list[str], declared: list[Any]) -> Iterator[str]:
    """Differences between the breaking changes and the declared ones."""
    # Lines contain the brackets of lists and patterns, so brackets are no wildcards.
    patterns = [entry["change"].replace("[", "[[]") for entry in declared]
    for line in lines:
        if not any(fnmatchcase(line, pattern) for pattern in patterns):
            yield f"breaks clients, and is not declared: {line}"
    for pattern in patterns:
        if not any(fnmatchcase(line, pattern) for line in lines):
            yield f"is declared, but nothing of the kind has changed: {pattern.replace('[[]', '[')}"


def misnumbered(before: Version, after: Version, *, changed: bool, broken: bool) -> str | None:
    """The error in the version of a document that differs from the released one, or None."""
    # Before 1.0 the second number is raised for breaking changes.
    major = 1 if before[0] else 2
    if broken and after[:major] <= before[:major]:
        return f"a breaking change needs a version above {'.'.join(map(str, before[:major]))}"
    if changed and after <= before:
        return f"the document has changed since version {'.'.join(map(str, before))}: raise its version"
    return None


def check(before: Any, after: Any, declared: list[Any]) -> list[str]:
    """All errors of a document, compared with the newest released one."""
    (found,) = changes(before, after)
    return errors(before, after, found, declared)


def errors(before: Any, after: Any, found: list[Change], declared: list[Any]) -> list[str]:
    """All errors of a document that differs from the newest released one by these changes."""
    lines = sorted(line_of(change) for change in found if breaks(change))
    versions = (version_of(document["info"]["version"]) for document in (before, after))
    misnumber = misnumbered(*versions, changed=before != after, broken=bool(lines))
    return [*undeclared(lines, declared), *([misnumber] if misnumber else [])]


def main() -> int:
    """Compare the project's own document with the one released last."""
    try:
        last = released(SPEC / "released")
        before, after, declared = (
            yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
            for path in (last, DEFAULT_DOCUMENT, SPEC / "breaking.yaml")
        )
        wrong = check(before, after, declared or [])
    except LintError as error:
        print(f"changes: {error}", file=sys.stderr)
        return error.code
    for sentence in wrong:
        print(f"changes: {sentence}")
    print(f"changes: compared with {last.stem}: {len(wrong)} to mend")
    return FOUND if wrong else 0


if __name__ == "__main__":
    sys.exit(BROKEN if sys.argv[1:] else main())
