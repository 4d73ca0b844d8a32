"""What the document promises in prose, sentence by sentence, and the check that holds a deployment to it.

The data is in `data/*.yaml`: lists of promises, each with its sentences and either the names of its `checks` in
`tests/contract/anywhere/`, or the `reason` why no check of a deployment can verify it. `nothing.yaml` lists the
sentences that promise nothing. `python -m tests.contract.promises` writes `docs/promises.md` from them.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

DATA = Path(__file__).parent / "data"
NOTHING = "nothing"


@dataclass(frozen=True)
class Promise:
    """A promise in plain words, where it is listed, the sentences that state it, and its checks or a reason."""

    text: str
    topic: str
    sentences: tuple[str, ...]
    checks: tuple[str, ...] = ()
    reason: str = ""


@cache
def load() -> tuple[Promise, ...]:
    """Every promise of `data/`; those of the topic NOTHING are none."""
    return tuple(
        Promise(
            text=entry["promise"],
            topic=path.stem,
            sentences=tuple(entry["sentences"]),
            checks=tuple(entry.get("checks", ())),
            reason=entry.get("reason", ""),
        )
        for path in sorted(DATA.glob("*.yaml"))
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))
    )


def of_check(name: str) -> list[str]:
    """The promises that a check (`module::function`) verifies, in plain words."""
    return [promise.text for promise in load() if name in promise.checks]
