"""The command lines of the benchmarks, and the files of their results."""

import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import orjson
import typer

from bench.databases import TITLES
from bench.load import LoadFailed

Engine = Literal["sqlite", "postgresql", "both"]


def chosen(engine: Engine) -> list[str]:
    """Return the engines that an option names: one of them, or both."""
    return list(TITLES) if engine == "both" else [engine]


def run(main: Callable[..., None]) -> None:
    """Run a benchmark as a program: its arguments are options. SIGTERM stops its servers, as Ctrl-C does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        typer.run(main)
    except LoadFailed as error:
        sys.exit(f"no results: {error}")


def load(file: Path) -> Any:
    """Return the results in a file; nothing if there is none."""
    return orjson.loads(file.read_bytes()) if file.exists() else {}


def save(file: Path | None, results: Mapping[str, Any]) -> None:
    """Put results into a file: members of the same names are replaced, at the second level too."""
    if file:
        former = load(file)
        for name, one in results.items():
            former[name] = {**former.get(name, {}), **one} if isinstance(one, dict) else one
        file.write_bytes(orjson.dumps(former, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
