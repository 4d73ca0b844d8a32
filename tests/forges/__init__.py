"""Forges for tests: real HTTP servers on loopback that answer as GitHub's and Forgejo's APIs do.

A forge is the one thing that is played here: no test may write to a real one.
"""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, RLock, Thread
from typing import Any, ClassVar
from urllib.parse import unquote

TOKEN = "t0ken-of-the-operator"
REPOSITORY = "acme/site"
WHERE = f"/repos/{REPOSITORY}"


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Commit:
    """A commit: its message, all files at it, and who made it."""

    message: str
    files: dict[str, str]
    author: Any = None

    @property
    def id(self) -> str:
        return sha1(repr(self).encode()).hexdigest()


@dataclass(frozen=True)
class Answer:
    """What goes back; None as the value for no body."""

    status: int
    value: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Fault:
    """What goes wrong with such requests: another answer, or none (`hang`), be the deed done or not."""

    method: str
    path: str
    raw: bytes | None = None
    status: int = 500
    hang: bool = False
    done: bool = False
    headers: dict[str, str] = field(default_factory=dict)


class Forge(ABC):
    """A repository with a branch `main`, and the issues, pull requests and discussions in it."""

    kind: ClassVar[str]
    routes: ClassVar[list[tuple[str, str, str]]]
    authorization: ClassVar[str]
    # What the page of a pull request has in its address.
    pull_page: ClassVar[str]

    def __init__(self) -> None:
        first = Commit("first", {"markdown/org/blog/old/en.md": "An old post"})
        self.commits = {first.id: first}
        self.branches = {"main": first.id}
        self.issues: list[dict[str, Any]] = []
        self.discussions: list[dict[str, Any]] = []
        self.pulls: list[dict[str, Any]] = []
        self.asked: list[Asked] = []
        self.faults: list[Fault] = []
        self.lock = RLock()
        self.ended = Event()
        self.busy = self.busiest = 0
        self.url = ""

    def reset(self) -> None:
        """As in the beginning, for the next test; who waits is let go."""
        self.ended.set()
        url = self.url
        type(self).__init__(self)  # a running server keeps this very object
        self.url = url

    def fails(self, method: str, path: str, **how: Any) -> None:
        """From now on requests like these fail; `path` is an expression for what follows the repository."""
        self.faults.append(Fault(method, path, **how))

    def asked_for(self) -> list[str]:
        """The questions so far, in short."""
        return [f"{asked.method} {asked.path.removeprefix(WHERE)}" for asked in self.asked]

    def file_of(self, branch: str, path: str) -> str | None:
        """What a file of a branch holds."""
        return self.commits[self.branches[branch]].files.get(path)

    def remove_branch(self, branch: str) -> bool:
        """Whether there was such a branch; its pull request is closed by that."""
        for pull in self.pulls:
            if pull["head"]["ref"] == branch:
                pull["state"] = "closed"
        return self.branches.pop(branch, None) is not None

    def has_open_pull(self, branch: str) -> bool:
        """Whether the branch waits to be merged."""
        return any(pull["head"]["ref"] == branch and pull["state"] == "open" for pull in self.pulls)

    def add_commit(self, commit: Commit) -> str:
        self.commits[commit.id] = commit
        return commit.id

    def answer(self, asked: Asked) -> Answer:
        """What this forge answers to a request with the right token."""
        for method, pattern, name in self.routes:
            found = re.fullmatch(pattern, asked.path.partition("?")[0])
            if method == asked.method and found:
                act: Callable[..., Answer] = getattr(self, name)
                return act(asked, **{name: unquote(value) for name, value in found.groupdict().items()})
        return Answer(404, {"message": "Not Found"})

    def create_pull(self, asked: Asked) -> Answer:
        head, base = asked.body["head"], asked.body["base"]
        if head not in self.branches or base not in self.branches:
            return self.pull_lacks_branch()
        if self.has_open_pull(head):
            return self.pull_exists(head)
        number = 100 + len(self.pulls)
        made = {
            "number": number,
            "state": "open",
            "title": asked.body["title"],
            "body": asked.body["body"],
            "head": {"ref": head},
            "base": {"ref": base},
            "html_url": self.page_of(self.pull_page, number),
        }
        self.pulls.append(made)
        return Answer(201, made)

    @abstractmethod
    def pull_lacks_branch(self) -> Answer:
        """The refusal of a pull request from or into a branch that is not there."""

    @abstractmethod
    def pull_exists(self, head: str) -> Answer:
        """The refusal of a second pull request from the same branch."""

    def page_of(self, kind: str, number: int) -> str:
        return f"https://forge.example/{REPOSITORY}/{kind}/{number}"


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle(self) -> None:
        # The client may have closed the connection.
        with suppress(ConnectionError):
            super().handle()

    def _handle(self) -> None:
        forge = self.server.forge
        raw = self.rfile.read(int(self.headers["content-length"] or 0))
        asked = Asked(
            self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, _decoded(raw)
        )
        with forge.lock:
            forge.asked.append(asked)
            forge.busy += 1
            forge.busiest = max(forge.busy, forge.busiest)
            faults = [fault for fault in forge.faults if _fits(fault, asked)]
            ended = forge.ended
            if not faults or faults[0].done:
                answer = self._answer(asked)
        if faults and faults[0].hang:
            ended.wait(60)
            self.close_connection = True
        with forge.lock:
            forge.busy -= 1
        if self.close_connection:
            return
        if faults:
            self._send(faults[0].status, faults[0].raw or b'{"message": "no"}', faults[0].headers)
        else:
            body = b"" if answer.value is None else json.dumps(answer.value).encode()
            self._send(answer.status, body, answer.headers)

    def _answer(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != self.server.forge.authorization:
            return Answer(401, {"message": "Bad credentials"})
        return self.server.forge.answer(asked)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815 (names of the library)

    def log_message(self, format: str, *args: Any) -> None:
        return


class _Server(ThreadingHTTPServer):
    """The HTTP server of one forge."""

    request_queue_size = 100

    def __init__(self, forge: Forge) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.forge = forge


def settings_for(forge: Forge) -> dict[str, str]:
    """What an operator sets for this forge."""
    return {
        "forge": forge.kind,
        "forge_url": forge.url,
        "forge_repository": REPOSITORY,
        "forge_token": TOKEN,
    }


@contextmanager
def serving(forge: Forge) -> Iterator[Forge]:
    """Serve the forge at its `url`."""
    server = _Server(forge)
    forge.url = f"http://127.0.0.1:{server.server_address[1]}"
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield forge
    finally:
        forge.ended.set()
        server.shutdown()
        server.server_close()


def _fits(fault: Fault, asked: Asked) -> bool:
    path = asked.path.partition("?")[0].removeprefix(WHERE)
    return fault.method == asked.method and re.fullmatch(fault.path, path) is not None


def _decoded(raw: bytes) -> Any:
    return json.loads(raw) if raw else None
