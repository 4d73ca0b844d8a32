"""The server under attack, a process of its own, and the accounts on it, created over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_server
from typing import Any, NamedTuple

import jwt

from bench.servers import OURS, Server, Site, fresh_site
from services.auth.derivation import derive
from tests.forges import REPOSITORY, TOKEN
from tests.service import ApiKey

# Policies that stop an attack before it reaches measured code. The others keep their quotas: they are the defence.
POLICIES = ("burst", "day", "account-burst", "account-day", "address-burst", "address-day")
GENEROUS = ",".join(f"{policy}=1000000000" for policy in POLICIES)
# A pattern of 2 x 190 kB, nearly the largest one, and a little less than the quota of an account.
MEMBERS, MOST_PATTERNS = 13_000, 450
MALFORMED = {"_id": (True, [1], 1.0, 10**30), "exp": (9e18,), "epoch": ([1], True), "by": ([1],), "iat": ("x",)}


class Target(NamedTuple):
    """What the attacker knows. Credentials are values of `Authorization`."""

    port: int
    issuer: str
    key: str
    # An account with hundreds of large patterns, by key, and its number.
    large: str
    large_id: int
    # An account that is removed during an attack, by token.
    removed: str
    # Correctly signed tokens with claims of wrong types.
    malformed: list[str]


class Victim(NamedTuple):
    """The other client: its key, a set of its own, a pattern of its own."""

    key: ApiKey
    set_id: int
    pattern_id: int


class AttackedServer(Server):
    """The server, with a forge that takes connections and never answers."""

    def __init__(self, site: Site, forge_port: int) -> None:
        forge: Any = {"forge": "github", "forge_repository": REPOSITORY, "forge_token": TOKEN}
        super().__init__(OURS, site, log_level="error", **forge)
        self.environment["FREESEWING_FORGE_URL"] = f"http://127.0.0.1:{forge_port}"
        self.environment["PYTHONPATH"] = str(Path(__file__).with_name("slow_names"))

    @contextmanager
    def running(self, *, generous: bool) -> Iterator[None]:
        """Run it as a fresh process, with generous or the usual quotas."""
        self.environment["FREESEWING_QUOTAS"] = GENEROUS if generous else ""
        self.__enter__()
        try:
            yield
        finally:
            self.stop(kill=True)


@contextmanager
def arranged(engine: str) -> Iterator[tuple[AttackedServer, Target, Victim]]:
    """Yield a server on a new database, not running, with its accounts."""
    with fresh_site(engine) as site, create_server(("127.0.0.1", 0), backlog=4096) as forge:
        server = AttackedServer(site, forge.getsockname()[1])
        try:
            with server.running(generous=True):
                target, victim = _arrange(server, site)
            yield server, target, victim
        finally:
            server.close()


def _arrange(server: AttackedServer, site: Site) -> tuple[Target, Victim]:
    attacker, large, other, removed = (server.sign_up() for _ in range(4))
    for _ in range(3):
        server.sign_up("admin")
    key = large.new_key()
    _fill(key)
    signing = derive(site.settings["secret_key"], "tokens")
    claims = jwt.decode(attacker.token, options={"verify_signature": False})
    wrong = [{**claims, claim: value} for claim, values in MALFORMED.items() for value in values]
    tokens = ["Bearer " + jwt.encode(one, signing, algorithm="HS256") for one in wrong]
    credentials = (attacker.new_key().authorization, key.authorization, large.id, removed.authorization)
    target = Target(server.port, site.settings["public_url"], *credentials, tokens)
    return target, Victim(other.new_key(), other.new_set()["id"], other.new_pattern()["id"])


def _fill(key: ApiKey) -> None:
    """Create large patterns, as many as the account may have."""
    members = {f"m{number}": number for number in range(MEMBERS)}
    response = key.post("/patterns", {"design": "aaron", "settings": members, "data": members})
    assert response.status_code == 201, response.text
    path = f"/patterns/{response.json()['pattern']['id']}/clone"
    for _ in range(MOST_PATTERNS - 1):
        if key.post(path).status_code != 200:
            break
