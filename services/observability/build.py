"""Version of the document and commit of the code."""

import re
from functools import cache
from pathlib import Path

from core import document

ROOT = Path(__file__).parent.parent.parent
UNKNOWN = "unknown"
_SHOWN = 12


def version() -> str:
    """Return the version of the document, which is that of the code."""
    return str(document.load()["info"]["version"])


@cache
def commit(root: Path = ROOT) -> str:
    """Return the first characters of the commit that is checked out, or `unknown` where the code is no clone.

    Read from Git's files: git itself refuses clones that belong to another user, as those of a service do.
    """
    try:
        folder = _folder(root / ".git")
        head = (folder / "HEAD").read_text().strip()
        found = _resolved(folder, head.removeprefix("ref: ")) if head.startswith("ref: ") else head
    except (OSError, ValueError):
        return UNKNOWN
    return found[:_SHOWN] if re.fullmatch("[0-9a-f]{40,64}", found) else UNKNOWN


def _folder(git: Path) -> Path:
    """Return the folder of Git's files; of a worktree `.git` is a file that names it."""
    return git if git.is_dir() else git.parent / git.read_text().removeprefix("gitdir: ").strip()


def _resolved(folder: Path, reference: str) -> str:
    """Return what a branch refers to; of a worktree the branches are in the folder of the clone."""
    common = folder / "commondir"
    shared = folder / common.read_text().strip() if common.exists() else folder
    if (shared / reference).exists():
        return (shared / reference).read_text().strip()
    packed = (shared / "packed-refs").read_text().splitlines()
    return next((line.split()[0] for line in packed if line.endswith(f" {reference}")), UNKNOWN)
