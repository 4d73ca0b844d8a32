"""A really running server, and the people who use it, for tests."""

import atexit
import contextlib
import os
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx2

from tests import templates
from tests.forges import Forge
from tests.forked import Forked

ROOT = Path(__file__).parent.parent
DOMAIN = "freesewing.dev"
PASSWORD = "correct horse battery staple"
FILE = {"Content-Type": "application/octet-stream"}
IMPORT_TOKEN = "token of the imports"
# Seconds after which a wait is in vain, however busy the machine is.
PATIENCE = 120.0
_numbers = count(1)
_held = contextlib.ExitStack()
atexit.register(_held.close)


def free_port() -> int:
    """Return a port that no process listens on. No other process is given it while this process lives.

    Several test runs share a machine: a port that is released may be used by another process a moment later. Linux
    assigns no port that a socket is bound to, but lets a server listen on it if both set SO_REUSEADDR.
    """
    return hold_port(0)


def free_port_with(*offsets: int) -> int:
    """Return a free port such that the ports at these distances from it are free, too."""
    while True:
        first = hold_port(0)
        with contextlib.suppress(OSError, OverflowError):
            for offset in offsets:
                hold_port(first + offset)
            return first


def hold_port(port: int) -> int:
    """Reserve a port, or any port for 0, for a server of this process; raise OSError if it is in use."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        holder.bind(("127.0.0.1", port))
    except BaseException:
        holder.close()
        raise
    found = int(holder.getsockname()[1])
    if sys.platform == "linux":
        _held.enter_context(holder)
    else:
        holder.close()
    return found


class Service:
    """The server as its operator starts it: migrated, then run, in a process of its own, on a port of its own."""

    # Whose `main` is forked (tests/forked.py); or the arguments of Python, for a process that is not forked.
    module = "tests.quick_server"
    arguments: tuple[str, ...] = ()
    program: tuple[str, ...] = ()

    def __init__(self, data: Path, *, database_url: str = "", **settings: str) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.outbox = data / "outbox"
        self.database_url = database_url or f"sqlite:///{data / 'freesewing.db'}"
        self.log = data / "server.log"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("FREESEWING_")},
            "FREESEWING_PORT": str(self.port),
            "FREESEWING_DATA_DIR": str(data),
            "FREESEWING_DATABASE_URL": self.database_url,
            "FREESEWING_TEST_MODE": "1",
            "FREESEWING_IMPORT_TOKEN": IMPORT_TOKEN,
            "FREESEWING_LIMITS": "off",
            **{f"FREESEWING_{name.upper()}": value for name, value in settings.items()},
        }
        self.forge: Forge | None = None
        self.process: subprocess.Popen[bytes] | Forked | None = None
        self.http = httpx2.Client(base_url=self.url, timeout=PATIENCE, trust_env=False)

    def start(self, *, migrate: bool = True) -> "Service":
        """Start it and wait until it answers."""
        if migrate:
            templates.prepare(self.database_url, self.environment)
        self.process = self._run_program() if self.program else self._fork()
        wait_until(lambda: self.is_alive() or self.has_ended(), f"the server to answer; see {self.log}")
        assert not self.has_ended(), self.log.read_text()
        return self

    def _fork(self) -> Forked:
        return Forked(self.module, *self.arguments, environment=self.environment, output=self.log)

    def _run_program(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            command = [sys.executable, *self.program]
            return subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)

    def has_ended(self) -> bool:
        """Whether its process has ended by itself."""
        return self.process is None or self.process.poll() is not None

    def is_alive(self) -> bool:
        """Whether it answers."""
        try:
            return self.http.get("/health").status_code == 200
        except httpx2.HTTPError:
            return False

    def stop(self, *, kill: bool = False) -> int:
        """End it, politely or not; its exit status."""
        assert self.process is not None
        if kill:
            self.process.kill()
        else:
            self.process.terminate()
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        """End it for good."""
        if self.process is not None and self.process.poll() is None:
            self.stop()
        self.http.close()

    def sign_up(self, role: str = "user", *, consent: int = 2, language: str = "en") -> "Person":
        """A new, confirmed, signed-in person of this role, with a password."""
        email = f"person{next(_numbers)}.{os.getpid()}@{DOMAIN}"
        body = {"email": email, "language": language, "test": True, "role": role}
        reply = self.http.post("/signup", json=body)
        assert reply.status_code == 201, reply.text
        reply = self.http.post(f"/confirm/signup/{reply.json()['confirmation']}", json={"consent": consent})
        assert reply.status_code == 200, reply.text
        session = reply.json()
        return Person(self, session["account"]["id"], email, session["token"])

    def mails(self) -> list[Path]:
        """Return the files of the mails in the outbox, oldest first."""
        return sorted(self.outbox.glob("*.eml"))


class ValidatedService(Service):
    """The server with Connexion's response validation."""

    module = "tests.validated"


def confirmation_of(answer: dict[str, Any]) -> dict[str, str]:
    """The id and the check of the confirmation that test mode returned."""
    return {"id": answer["confirmation"], "check": answer["check"]}


@dataclass(frozen=True)
class Credentials:
    """An Authorization header, and requests made with it."""

    service: Service
    authorization: str = field(repr=False)

    def request(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """Any request, with these credentials."""
        headers = {"Authorization": self.authorization, **options.pop("headers", {})}
        return self.service.http.request(method, path, headers=headers, **options)

    def get(self, path: str) -> httpx2.Response:
        """GET."""
        return self.request("GET", path)

    def every(self, path: str, member: str) -> list[Any]:
        """All records of a list, page after page."""
        found: list[Any] = []
        while path:
            reply = self.get(path)
            assert reply.status_code == 200, reply.text
            found += reply.json()[member]
            path = reply.links.get("next", {}).get("url", "")
        return found

    def post(self, path: str, json: Any = None) -> httpx2.Response:
        """POST; with no body, and no Content-Type, unless one is given."""
        return self.request("POST", path, **({} if json is None else {"json": json}))

    def send_file(self, path: str, file: bytes, **query: str) -> httpx2.Response:
        """POST of a file as it is."""
        return self.request("POST", path, params=query, content=file, headers=FILE)

    def patch(self, path: str, json: Any) -> httpx2.Response:
        """PATCH."""
        return self.request("PATCH", path, json=json)

    def delete(self, path: str) -> httpx2.Response:
        """DELETE."""
        return self.request("DELETE", path)


class Person(Credentials):
    """An account, signed in with a token."""

    def __init__(self, service: Service, user_id: int, email: str, token: str) -> None:
        super().__init__(service, f"Bearer {token}")
        object.__setattr__(self, "id", user_id)
        object.__setattr__(self, "email", email)
        object.__setattr__(self, "token", token)

    id: int
    email: str
    token: str

    def new_key(self, level: int = 4, *, expires_in: int = 3600, name: str = "a key") -> "ApiKey":
        """A new API key of theirs."""
        reply = self.post("/apikeys", {"name": name, "level": level, "expiresIn": expires_in})
        assert reply.status_code == 201, reply.text
        made = reply.json()["apikey"]
        return ApiKey(self.service, made["key"], made["secret"])

    def new_set(self, **fields: Any) -> dict[str, Any]:
        """A new measurements set of theirs."""
        reply = self.post("/sets", {"name": "a set", "measies": {"chest": 900}, **fields})
        assert reply.status_code == 201, reply.text
        made: dict[str, Any] = reply.json()["set"]
        return made

    def new_suggestion(self, **fields: Any) -> dict[str, Any]:
        """One of their sets, suggested to the curators."""
        reply = self.post("/curated-sets/suggest", {"set": self.new_set()["id"], **fields})
        assert reply.status_code == 201, reply.text
        made: dict[str, Any] = reply.json()["submission"]
        return made

    def new_pattern(self, **fields: Any) -> dict[str, Any]:
        """A new pattern of theirs."""
        reply = self.post("/patterns", {"design": "aaron", "settings": {"sa": 10}, **fields})
        assert reply.status_code == 201, reply.text
        made: dict[str, Any] = reply.json()["pattern"]
        return made

    def new_bookmark(self, **fields: Any) -> dict[str, Any]:
        """A new bookmark of theirs."""
        reply = self.post("/bookmarks", {"type": "doc", "title": "a bookmark", "url": "/docs", **fields})
        assert reply.status_code == 201, reply.text
        made: dict[str, Any] = reply.json()["bookmark"]
        return made


class ApiKey(Credentials):
    """A script with an API key."""

    def __init__(self, service: Service, key: str, secret: str) -> None:
        super().__init__(service, "Basic " + b64encode(f"{key}:{secret}".encode()).decode())
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "secret", secret)

    key: str
    secret: str


def wait_until(happens: Callable[..., object], what: str, *, seconds: float = PATIENCE) -> None:
    """Poll a condition until it is true; raise AssertionError after `seconds`.

    The limit only ends a wait in vain: it must not depend on how fast the machine is. The last poll begins after the
    limit, so that a poll that takes long is not the last one.
    """
    end = time.monotonic() + seconds
    is_last = False
    while not happens():
        if is_last:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.02)
        is_last = time.monotonic() > end
