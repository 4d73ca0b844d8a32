"""The promises in the descriptions of the document: each sentence with the check of a deployment that verifies it.

The data is in `data/*.yaml`: lists of promises. Each promise has its sentences and either the names of its `checks`
in `tests/contract/checks/` or the `reason` why no check can verify it. `nothing.yaml` lists the sentences that
promise nothing. `python -m tests.contract.promises` writes `docs/promises.md`.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

DATA = Path(__file__).parent / "data"
NOTHING = "nothing"


@dataclass(frozen=True)
class Promise:
    """A promise: its text, its topic (the file), the sentences that state it, and its checks or a reason."""

    text: str
    topic: str
    sentences: tuple[str, ...]
    checks: tuple[str, ...] = ()
    reason: str = ""


@cache
def load() -> tuple[Promise, ...]:
    """Return all promises of `data/`. Those of the topic NOTHING promise nothing."""
    return tuple(
        Promise(
            text=entry["promise"],
            topic=path.stem,
            sentences=tuple(entry["sentences"]),
            checks=tuple(entry.get("checks", ())),
            reason=entry.get("reason", ""),
        )
        for path in sorted(DATA.glob("*.yaml"))
        for entry in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    )


def of_check(name: str) -> list[str]:
    """Return the texts of the promises that a check (`module::function`) verifies."""
    return [promise.text for promise in load() if name in promise.checks]
