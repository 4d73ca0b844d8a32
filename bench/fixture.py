"""What is measured, and the database that it is measured on: seeded through storage, so that all of it is real."""

import asyncio
import secrets
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

import settings as configuration
from core import clock, document
from services import container
from services.auth import api_secrets, tokens
from services.container import Services
from settings import Settings
from storage import accounts, apikeys, curated_sets, migrate, patterns, sessions, sets
from storage.database import Storage
from storage.schema import seed
from storage.schema.tables import Record
from storage.security_log import SYSTEM, Origin

SETS = 64
PATTERNS = 100
ANYONE = ""
MEASUREMENTS = 38


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of request; it goes to each of `paths` in turn, without credentials where they are the empty text."""

    name: str
    method: str
    paths: tuple[str, ...]
    authorization: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class Fixture:
    """A prepared database: whose it is, one account's credentials, the ids of its sets and of the curated ones."""

    settings: Settings
    by_key: str
    by_token: str
    set_ids: tuple[int, ...]
    curated_ids: tuple[int, ...]

    def environment(self) -> dict[str, str]:
        """The settings as a server finds them in its environment."""
        names = ("data_dir", "database_url", "public_url", "secret_key", "encryption_keys")
        return {f"FREESEWING_{name.upper()}": str(getattr(self.settings, name)) for name in names}


def prepare(data_dir: Path, database_url: str) -> Fixture:
    """Migrate the empty database at this address and fill it."""
    settings = configuration.load(
        data_dir=data_dir,
        database_url=database_url,
        # Who issued a token is checked: the same for all servers, whatever their ports.
        public_url="http://bench.test",
        secret_key=secrets.token_urlsafe(32),
        encryption_keys="1:" + b64encode(secrets.token_bytes(32)).decode(),
    )
    migrate.upgrade(database_url)
    return asyncio.run(_seed(settings))


async def _seed(settings: Settings) -> Fixture:
    services = container.of(settings)
    storage = services.storage
    await storage.open()
    try:
        account = await _account(storage)
        session = await _session(storage, account)
        key, secret = await _key(services, account["id"])
        own = [await _set(storage, account["id"], number) for number in range(SETS)]
        await storage.write(seed.seed, clock.now())
        curated = list(await storage.read(curated_sets.list_all))
        for number in range(PATTERNS):
            await _pattern(storage, account["id"], number, own, curated)
    finally:
        await storage.close()
    basic = b64encode(f"{key}:{secret}".encode()).decode()
    token = services.tokens.issue(account, session, clock.now())
    own_ids, curated_ids = (tuple(row["id"] for row in rows) for rows in (own, curated))
    return Fixture(settings, f"Basic {basic}", f"Bearer {token}", own_ids, curated_ids)


async def _account(storage: Storage) -> accounts.Account:
    made = await storage.write(
        accounts.create, email="bench@example.org", language="en", role="user", password="-", now=clock.now()
    )
    await storage.write(accounts.change, made["id"], status=accounts.ACTIVE, consent=2)
    return await storage.read(accounts.find, made["id"])


async def _session(storage: Storage, account: accounts.Account) -> UUID:
    now = clock.now()
    return await storage.write(sessions.begin, account, now=now, until=now + tokens.LIFETIME)


async def _key(services: Services, user_id: int) -> tuple[str, str]:
    secret = api_secrets.new_secret()
    now = clock.now()
    made = await services.storage.write(
        apikeys.create,
        user_id=user_id,
        name="benchmark",
        level=4,
        secret_hash=services.api_secrets.hash_of(secret),
        origin=Origin(SYSTEM),
        now=now,
        expires_at=now + timedelta(days=1),
    )
    return str(made["key"]), secret


async def _set(storage: Storage, user_id: int, number: int) -> Record:
    return await storage.write(
        sets.create, user_id=user_id, now=clock.now(), **{**new_set(f"Set {number}"), "img": "default-avatar"}
    )


async def _pattern(
    storage: Storage, user_id: int, number: int, own: Sequence[Record], curated: Sequence[Record]
) -> None:
    """Three of four are drafted from a set of the account's, the others from a curated one."""
    from_curated = number % 4 == 3
    await storage.write(
        patterns.create,
        user_id=user_id,
        now=clock.now(),
        design="aaron",
        name=f"Pattern {number}",
        notes="To be sewn of a stretchy fabric. " * 4,
        img="default-avatar",
        data={"version": "4.10.2"},
        settings={"sa": 10, "complete": True, "paperless": False, "units": "metric", "measurements": _measies()},
        public=False,
        set=None if from_curated else own[number % len(own)],
        cset=curated[number % len(curated)] if from_curated else None,
    )


def new_set(name: str) -> dict[str, Any]:
    """What a client sends to create a set: about 1 KB."""
    return {
        "name": name,
        "notes": "Measured over light clothing. " * 4,
        "measies": _measies(),
        "imperial": False,
        "public": False,
    }


def _measies() -> dict[str, float]:
    known = list(document.load()["components"]["schemas"]["Measurements"]["properties"])
    return {name: 400.5 + number for number, name in enumerate(known[:MEASUREMENTS])}


def scenarios(fixture: Fixture) -> tuple[Scenario, ...]:
    """What is measured."""
    each = tuple(f"/sets/{number}" for number in fixture.set_ids)
    curated = tuple(f"/curated-sets/{number}" for number in fixture.curated_ids)
    change = orjson.dumps({"name": "Changed", "measies": {"chest": 931.5, "waist": 771}}).decode()
    made = orjson.dumps(new_set("Made")).decode()
    return (
        Scenario("set read by key", "GET", each, fixture.by_key),
        Scenario("set read by JWT", "GET", each, fixture.by_token),
        Scenario("set create", "POST", ("/sets",), fixture.by_key, made),
        Scenario("set update", "PATCH", each, fixture.by_key, change),
        Scenario("whoami by key", "GET", ("/whoami",), fixture.by_key),
        Scenario("curated set list", "GET", ("/curated-sets",), ANYONE),
        Scenario("curated set read", "GET", curated, ANYONE),
        Scenario("pattern list", "GET", ("/patterns",), fixture.by_key),
    )
