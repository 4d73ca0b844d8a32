"""The programs of the tour, as the page shows them, and what runs them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from tests.handlers.reading import link_in, mail_to, parts_of
from tests.service import PATIENCE, Credentials, Service
from tools.lint import lint

# The address that signs up in the tour.
EMAIL = "you@example.org"
# What each language needs: the program's file, the commands that it calls, and Debian's packages of these.
NEEDS = {
    "sh": ("tour.sh", ("curl", "jq"), "curl jq"),
    "python": ("tour.py", (), ""),
    "ts": ("tour.mts", (), ""),
    "r": ("tour.R", ("Rscript",), "r-base-core r-cran-httr2 r-cran-jsonlite"),
}


class Codes(HTMLParser):
    """The pieces of code of a page, one after the other, by language."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._language: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "code":
            self._language = (dict(attrs).get("class") or "").partition("language-")[2] or None

    def handle_endtag(self, tag: str) -> None:
        if tag == "code":
            self._language = None

    def handle_data(self, data: str) -> None:
        if self._language:
            self.found[self._language] = self.found.get(self._language, "") + data


def codes(page: str) -> dict[str, str]:
    """All code of a page, by language."""
    return Codes(page).found


def lacking(language: str) -> str:
    """What this machine lacks for the tour in this language, or nothing."""
    _, commands, packages = NEEDS[language]
    if all(map(shutil.which, commands)):
        return ""
    return f"the tour in {language} was NOT taken: it needs {' and '.join(commands)} (apt-get install {packages})"


def interpreter(language: str) -> str:
    """What runs a program of this language."""
    node = str(lint.node_command(lint.node_root()))
    return {"sh": "sh", "python": sys.executable, "ts": node, "r": "Rscript"}[language]


@dataclass(frozen=True)
class Tour:
    """A running program of the tour."""

    service: Service
    email: str
    process: subprocess.Popen[str]

    def open_mail(self) -> None:
        """Give the program the link that it asks for."""
        assert self.process.stdin is not None
        self.process.stdin.write(link_in(mail_to(self.service, self.email)) + "\n")
        self.process.stdin.flush()

    def finish(self) -> tuple[int, str]:
        """The program's status, and what it has printed since it asked for the link."""
        printed, _ = self.process.communicate(timeout=5 * PATIENCE)
        return self.process.returncode, printed.partition("The link in the mail: ")[2]

    def owner(self) -> Credentials:
        """The account of the tour, signed in with a link of its own."""
        self.service.http.post("/signinlink", json={"username": self.email})
        _, confirmation, check = parts_of(link_in(mail_to(self.service, self.email, number=2)))
        reply = self.service.http.post(f"/signinlink/{confirmation}", json={"check": check})
        return Credentials(self.service, f"Bearer {reply.json()['token']}")


@contextmanager
def started(service: Service, language: str, folder: Path) -> Iterator[Tour]:
    """Start the tour in this folder, with the code that the page shows."""
    email = f"tour-{language}@example.org"
    code = codes(service.http.get("/docs/start").text)[language]
    assert code.count(EMAIL) == 1
    program = folder / NEEDS[language][0]
    program.write_text(code.replace(EMAIL, email))
    # Whatever proxy this machine has is not for what runs on it.
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    command = [interpreter(language), program.name]
    piped: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=folder, env=environment, **piped) as process:
        yield Tour(service, email, process)
        process.kill()
