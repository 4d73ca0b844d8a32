"""Secrets, taken out of whatever is shown or kept."""

import re
from collections.abc import Iterable
from pathlib import Path

_SECRETS = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]+"  # tokens
    r"|fsk_\w+"  # secrets of keys
    r"|(?<=Basic )[A-Za-z0-9+/=%]{8,}|(?<=Bearer )[\w.~+/=-]{8,}"
    r"|(?<=/signup/)[0-9a-f-]{36}|(?<=/signinlink/)[0-9a-f-]{36}"
)
HIDDEN = "[hidden]"


def redacted(text: str, known: Iterable[str] = ()) -> str:
    """The text without anything that looks like credentials of ours, and without those that are `known`."""
    for secret in known:
        text = text.replace(secret, HIDDEN)
    return _SECRETS.sub(HIDDEN, text)


def redact_files(folder: Path, known: Iterable[str] = ()) -> None:
    """The same for every file of a folder that holds text."""
    for path in folder.rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            path.write_text(redacted(text, known), encoding="utf-8")
