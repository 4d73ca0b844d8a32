"""The servers that are measured: each is a process of its own, on the CPU of the servers."""

import secrets
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx2

from bench import databases, processors
from services.limits.policies import DEFAULTS, STORAGE
from tests import templates
from tests.service import Service

OURS, STARLETTE, RAW, FASTAPI = "ours", "(a) Starlette", "(b) raw", "(c) FastAPI"
REFERENCES = (STARLETTE, RAW, FASTAPI)
UNCOUNTED = "ours, uncounted"
# Another checkout of this project, on the same database.
FORMER = "former"
# The most that uvicorn can do on this machine: how fast the machine is.
BARE = "bare uvicorn"
MODULES = {STARLETTE: "own", RAW: "raw", FASTAPI: "fastapi", BARE: "bare"}
UNLIMITED = ",".join(f"{name}=1000000000000" for name in (*(policy.name for policy in DEFAULTS), *STORAGE))


class Site(NamedTuple):
    """A migrated database, and the settings that its servers share."""

    folder: Path
    url: str
    settings: dict[str, str]


@contextmanager
def fresh_site(engine: str) -> Iterator[Site]:
    """Yield a new, migrated database with the seed data; remove it afterwards."""
    with databases.fresh(engine) as (folder, url):
        settings = {
            "database_url": url,
            "secret_key": secrets.token_urlsafe(32),
            "encryption_keys": "1:" + b64encode(secrets.token_bytes(32)).decode(),
            # The issuer of tokens: the same for all servers, whatever their ports.
            "public_url": "http://bench.test",
        }
        templates.prepare(url, {})
        yield Site(folder, url, settings)


class Server(Service):
    """A server on a site's database. Limits are on only in our server, with quotas that cannot be reached."""

    def __init__(
        self, name: str, site: Site, *, root: Path = Path(), on: Iterable[int] = processors.SERVER, **settings: str
    ) -> None:
        """`root` is the checkout that is served."""
        limits = {"limits": "on", "quotas": UNLIMITED} if name in (OURS, FORMER) else {"limits": "off"}
        super().__init__(site.folder, **{"log_level": "warning", **site.settings, **limits, **settings})
        self.name, self._on = name, on
        self.program = (str(root / "app.py"),)
        if name == UNCOUNTED:
            self.program = ("-m", "bench.uncounted")
        elif name in MODULES:
            self.program = ("-m", "bench.references.serve", MODULES[name])
        self.log = site.folder / f"{self.port}.log"

    @property
    def pid(self) -> int:
        """Its process."""
        assert self.process is not None
        return self.process.pid

    def is_alive(self) -> bool:
        """Return whether it is ready; the references have no `/ready`."""
        try:
            return self.http.get("/ready").status_code in (200, 404)
        except httpx2.HTTPError:
            return False

    def __enter__(self) -> "Server":
        with processors.pinned(self._on):
            self.start(migrate=False)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def running(site: Site, names: Iterable[str], former: Path | None = None) -> Iterator[list[Server]]:
    """Yield these servers, in their order, and the one of a former checkout."""
    with ExitStack() as stack:
        servers = [Server(name, site, test_mode="0") for name in names]
        servers += [Server(FORMER, site, root=former.resolve(), test_mode="0")] if former else []
        yield [stack.enter_context(server) for server in servers]
