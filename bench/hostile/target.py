"""The server under attack, a process of its own, and the accounts on it. All is arranged over HTTP.

So the code that is measured can be another checkout than the one that measures (`--root`).
"""

import secrets
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import create_server
from typing import Any

import jwt

from bench import databases, processors
from services.auth.derivation import derive
from tests.forges import REPOSITORY, TOKEN
from tests.service import ROOT, ApiKey, Person, Service

# Policies that stop an attack before it reaches what is measured. The others keep their quotas: they are the defence.
GENEROUS = ",".join(
    f"{policy}=1000000000"
    for policy in ("burst", "day", "account-burst", "account-day", "address-burst", "address-day")
)
ISSUER = "http://bench.test"
# A pattern of 2 x 190 kB, nearly the most that one may have.
MEMBERS = 13_000
# A little less than the usual quota of an account.
MOST_PATTERNS = 450


@dataclass(frozen=True, slots=True)
class Target:
    """What the attacker knows. Credentials are values of `Authorization`."""

    port: int
    issuer: str
    key: str
    # An account with hundreds of large patterns, by key, and its number.
    large: str
    large_id: int
    # An account that is removed during an attack, by token.
    leaving: str
    # Correctly signed tokens with claims of wrong types.
    malformed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Victim:
    """The other client: its key, a set of its own, a pattern of its own."""

    key: ApiKey
    set_id: int
    pattern_id: int


class Server(Service):
    """The server of a checkout, with limits on."""

    def __init__(self, root: Path, folder: Path, database_url: str, forge_port: int) -> None:
        self.root = root
        self.program = (str(root / "app.py"),)
        self.secret = secrets.token_urlsafe(32)
        super().__init__(
            folder,
            database_url=database_url,
            limits="on",
            quotas=GENEROUS,
            public_url=ISSUER,
            secret_key=self.secret,
            encryption_keys="1:" + b64encode(secrets.token_bytes(32)).decode(),
            log_level="error",
            forge="github",
            forge_url=f"http://127.0.0.1:{forge_port}",
            forge_repository=REPOSITORY,
            forge_token=TOKEN,
        )
        self.environment["PYTHONPATH"] = str(Path(__file__).with_name("slow_names"))

    def prepare(self) -> None:
        """Bring the empty database to the schema of the checkout."""
        for command in ("migrate", "seed"):
            subprocess.run(
                [sys.executable, str(self.root / "cli.py"), command], cwd=ROOT, env=self.environment, check=True
            )

    @contextmanager
    def running(self, *, generous: bool) -> Iterator[int]:
        """Run it as a fresh process on the server's processor, with generous or the usual quotas. Return its pid."""
        self.environment["FREESEWING_QUOTAS"] = GENEROUS if generous else ""
        self.start(migrate=False)
        assert self.process is not None
        processors.pin(self.process.pid, processors.SERVER)
        try:
            yield self.process.pid
        finally:
            self.stop(kill=True)


@contextmanager
def arranged(engine: str, root: Path) -> Iterator[tuple[Server, Target, Victim]]:
    """A server of this checkout on a new database, not running, with its accounts."""
    # A forge that takes connections and never answers.
    with databases.fresh(engine) as (folder, url), create_server(("127.0.0.1", 0), backlog=4096) as forge:
        server = Server(root, folder, url, forge.getsockname()[1])
        server.prepare()
        try:
            with server.running(generous=True):
                target, victim = _arrange(server)
            yield server, target, victim
        finally:
            server.close()


def _arrange(server: Server) -> tuple[Target, Victim]:
    attacker = server.sign_up()
    large = server.sign_up()
    key = large.new_key()
    _fill(key)
    other = server.sign_up()
    victim = Victim(other.new_key(), other.new_set()["id"], other.new_pattern()["id"])
    for _ in range(3):
        server.sign_up("admin")
    target = Target(
        port=server.port,
        issuer=ISSUER,
        key=attacker.new_key().authorization,
        large=key.authorization,
        large_id=large.id,
        leaving=server.sign_up().authorization,
        malformed=tuple(_malformed(server, attacker)),
    )
    return target, victim


def _fill(key: ApiKey) -> None:
    """Create large patterns, as many as the account may have."""
    members = {f"m{number}": number for number in range(MEMBERS)}
    reply = key.post("/patterns", {"design": "aaron", "settings": members, "data": members})
    assert reply.status_code == 201, reply.text
    path = f"/patterns/{reply.json()['pattern']['id']}/clone"
    for _ in range(MOST_PATTERNS - 1):
        if key.post(path).status_code != 200:
            break


def _malformed(server: Server, owner: Person) -> Iterator[str]:
    claims: dict[str, Any] = jwt.decode(owner.token, options={"verify_signature": False})
    signing = derive(server.secret, "tokens")
    wrong: tuple[dict[str, Any], ...] = (
        {"_id": True},
        {"_id": [1]},
        {"_id": float(owner.id)},
        {"_id": 10**30},
        {"exp": 9e18},
        {"epoch": [1]},
        {"epoch": True},
        {"by": [1]},
        {"iat": "x"},
    )
    for claim in wrong:
        yield "Bearer " + jwt.encode({**claims, **claim}, signing, algorithm="HS256")
