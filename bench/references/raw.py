"""Reference (b), the raw limit: Starlette, the database driver used directly, SQL, encryption and tokens by hand.

It makes the same look-ups as ours, one for the credentials and one for the record or list.
"""

import hmac
import os
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Boolean, Column, Table, Uuid
from starlette.applications import Starlette

import settings as configuration
from bench.references.drivers import Postgresql, Sqlite
from bench.references.records import COUNTED, members, snake
from bench.references.routes import MOST, SESSION_LEVEL, Authentication, application
from core import clock
from handlers.serializers.translations import members_of
from security import Caller
from services.auth.derivation import derive
from settings import Settings
from storage.schema.columns import PlainJson, UtcTime
from storage.schema.encryption import Encrypted
from storage.schema.tables import accounts, apikeys, curated_sets, patterns, sets

KEY = (
    "SELECT k.user_id, a.uuid, k.level, a.role, a.status, a.consent, k.secret_hash, k.expires_at, k.revoked_at"
    " FROM apikeys k JOIN accounts a ON a.id = k.user_id WHERE k.key = $1"
)
ACCOUNT = "SELECT uuid, role, status, consent, epoch FROM accounts WHERE id = $1"
Driver = Sqlite | Postgresql


class Values:
    """Stored values by column: read into JSON, and written; AES-256-GCM with the configured key."""

    def __init__(self, driver: Driver, key_id: str, key: bytes) -> None:
        self._driver, self._aes = driver, AESGCM(key)
        self._prefix = bytes([len(key_id)]) + key_id.encode()

    def reader(self, column: Column[Any]) -> Callable[[Any], Any] | None:
        """Return the function from a stored value to JSON; None where they are the same."""
        kind, decrypt, nonce = column.type, self._aes.decrypt, len(self._prefix)
        if isinstance(kind, Encrypted):
            text, place, loads = nonce + 12, kind.place.encode(), kind.loads
            return lambda stored: loads(decrypt(stored[nonce:text], stored[text:], place))
        readers = {UtcTime: self._driver.moment, Uuid: self._driver.uuid, Boolean: bool, PlainJson: orjson.loads}
        return readers.get(type(kind))

    def write(self, column: Column[Any], value: Any) -> Any:
        """Return the stored form of a value; uuids and moments are in it already."""
        if not isinstance(column.type, Encrypted):
            return value
        nonce, plain = os.urandom(12), column.type.dumps(value)
        return self._prefix + nonce + self._aes.encrypt(nonce, plain, column.type.place.encode())


class Form:
    """The columns of a record and how they are read: those of its members in the document, and `more`."""

    def __init__(self, values: Values, name: str, table: Table, alias: str, more: dict[str, Column[Any]]) -> None:
        """In a statement the table is `alias`; a column of another table is of its owner, `alias`o."""
        columns = {one: table.c[snake(one)] for one in members(name) if snake(one) in table.c and one not in COUNTED}
        columns |= more
        self.columns = ", ".join(
            f"{alias if column.table is table else alias + 'o'}.{column.name}" for column in columns.values()
        )
        self._readers = [(member, values.reader(column)) for member, column in columns.items()]
        self.width = len(columns)

    def read(self, row: Any) -> dict[str, Any]:
        """Return the record whose columns the row begins with."""
        pairs = zip(self._readers, row, strict=False)
        return {member: reader(value) if reader else value for (member, reader), value in pairs}


class Store:
    """What (b) does between route and reply."""

    def __init__(self, settings: Settings) -> None:
        self._secrets, self._signing = (derive(settings.secret_key, name) for name in ("api secrets", "tokens"))
        self._issuer = settings.public_url
        url, path = settings.database_url, settings.database_url.removeprefix("sqlite:///")
        self._driver: Any = Sqlite(path) if path != url else Postgresql(url, settings.database_pool)
        self.open, self.close = self._driver.open, self._driver.close
        self._values = Values(self._driver, *next(iter(configuration.parse_keys(settings.encryption_keys).items())))
        owner: dict[str, Column[Any]] = {"userUuid": accounts.c.uuid}
        self._set = Form(self._values, "MeasurementsSet", sets, "s", owner)
        self._pattern = Form(self._values, "Pattern", patterns, "p", owner)
        self._curated = Form(self._values, "CuratedSet", curated_sets, "c", {"texts": curated_sets.c.texts})
        self._key = Form(self._values, "ApiKeySelf", apikeys, "k", {})
        self._write_statements()

    def _write_statements(self) -> None:
        names = [column.name for column in sets.c if column.name != "id"]
        places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
        self._create_set = f"INSERT INTO sets ({', '.join(names)}) VALUES ({places}) RETURNING id"
        self._read_set = (
            f"SELECT {self._set.columns} FROM sets s JOIN accounts so ON so.id = s.user_id WHERE s.id = $1"
        )
        published = f"SELECT {self._curated.columns} FROM curated_sets c WHERE c.published"
        self._read_curated = f"{published} AND c.id = $1"
        self._list_curated = f"{published} ORDER BY c.id LIMIT {MOST}"
        # One statement, where ours takes one for each table; by hand, both take the same time.
        self._list_patterns = (
            f"SELECT {self._pattern.columns}, {self._set.columns}, {self._curated.columns}"
            " FROM patterns p JOIN accounts po ON po.id = p.user_id"
            " LEFT JOIN sets s ON s.id = p.set_id LEFT JOIN accounts so ON so.id = s.user_id"
            " LEFT JOIN curated_sets c ON c.id = p.cset_id"
            f" WHERE p.user_id = $1 ORDER BY p.id LIMIT {MOST}"
        )
        self._read_key = (
            f"SELECT {self._key.columns}, k.calls, (SELECT coalesce(sum(u.calls), 0) FROM usage_days u"
            " WHERE u.user_id = k.user_id AND u.at = $1 AND u.key_id = k.id)"
            " FROM apikeys k WHERE k.key = $2 AND k.removed_at IS NULL"
        )

    async def by_key(self, key: UUID, secret: str) -> Authentication | None:
        rows = await self._driver.fetch(KEY, self._driver.stored(key))
        if not rows:
            return None
        *record, stored, ends, revoked = rows[0]
        hashed = hmac.digest(self._secrets, secret.encode(), sha256).hex()
        valid = hmac.compare_digest(hashed, stored) and revoked is None and ends > self._driver.stored(clock.now())
        return Authentication(*record) if valid else None

    async def by_token(self, token: str) -> Authentication | None:
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(hmac.digest(self._signing, signed.encode(), sha256), _decoded(signature)):
            return None
        head, claims = (orjson.loads(_decoded(part)) for part in signed.split("."))
        of_ours = head["alg"] == "HS256" and claims["iss"] == claims["aud"] == self._issuer
        rows = await self._driver.fetch(ACCOUNT, claims["_id"])
        if not rows or not of_ours or not claims["iat"] <= time.time() < claims["exp"]:
            return None
        uuid, role, status, consent, epoch = rows[0]
        record = Authentication(claims["_id"], uuid, SESSION_LEVEL, role, status, consent)
        return record if epoch == claims["epoch"] else None

    async def read_set(self, caller: Caller, set_id: int) -> Any:
        shown = self._set.read((await self._driver.fetch(self._read_set, set_id))[0])
        return shown if shown["userId"] == caller.user_id else None

    async def create_set(self, caller: Caller, body: dict[str, Any]) -> Any:
        made, now = clock.new_uuid(), clock.now()
        uuid, at = self._driver.stored(made), self._driver.stored(now)
        fields = {**body, "uuid": uuid, "created_at": at, "updated_at": at, "user_id": caller.user_id}
        fields["img"] = "default-avatar"
        values = [self._values.write(column, fields[column.name]) for column in sets.c if column.name != "id"]
        rows = await self._driver.insert(self._create_set, *values)
        added = {"id": rows[0][0], "uuid": str(made), "createdAt": clock.iso(now), "updatedAt": clock.iso(now)}
        owner = {"userId": caller.user_id, "userUuid": self._driver.uuid(caller.user_uuid)}
        return {**body, **added, **owner, "img": "default-avatar"}

    async def update_set(self, caller: Caller, set_id: int, body: dict[str, Any]) -> Any:
        change = partial(self._change, caller.user_id, body)
        return await self._driver.change(self._read_set + self._driver.lock, set_id, change)

    def _change(self, user_id: int, body: dict[str, Any], row: Any) -> Any:
        """Merge measurements, of which null clears one. Return the statement, its values and the changed set."""
        shown, now = self._set.read(row), clock.now()
        if shown["userId"] != user_id:
            return None
        merged = {**shown["measies"], **body.get("measies", {})}
        changes = {**body, "measies": {name: value for name, value in merged.items() if value is not None}}
        values = {"updated_at": self._driver.stored(now)}
        values |= {snake(one): self._values.write(sets.c[snake(one)], value) for one, value in changes.items()}
        places = ", ".join(f"{name} = ${number}" for number, name in enumerate(values, 2))
        changed = {**shown, **changes, "updatedAt": clock.iso(now)}
        return f"UPDATE sets SET {places} WHERE id = $1", (shown["id"], *values.values()), changed

    async def list_curated(self) -> Any:
        return [self._with_texts(row) for row in await self._driver.fetch(self._list_curated)]

    async def read_curated(self, set_id: int) -> Any:
        rows = await self._driver.fetch(self._read_curated, set_id)
        return self._with_texts(rows[0]) if rows else None

    def _with_texts(self, row: Any) -> dict[str, Any]:
        shown = self._curated.read(row)
        texts = shown.pop("texts")
        return shown | members_of(texts)

    async def list_patterns(self, caller: Caller) -> Any:
        """A set of several patterns is decrypted once."""
        shown: list[dict[str, Any]] = []
        found: dict[tuple[str, int | None], Any] = {("set", None): None, ("cset", None): None}
        first, second = self._pattern.width, self._pattern.width + self._set.width
        for row in await self._driver.fetch(self._list_patterns, caller.user_id):
            one = self._pattern.read(row)
            of_set, of_curated = ("set", one["setId"]), ("cset", one["csetId"])
            if of_set not in found:
                one_set = self._set.read(row[first:second])
                found[of_set] = one_set if one_set["public"] or one_set["userId"] == caller.user_id else None
            if of_curated not in found:
                curated = self._with_texts(row[second:])
                found[of_curated] = curated if curated["published"] else None
            shown.append({**one, "set": found[of_set], "cset": found[of_curated]})
        return shown

    async def read_key(self, caller: Caller) -> Any:
        today = self._driver.stored(clock.day(clock.now()))
        rows = await self._driver.fetch(self._read_key, today, self._driver.stored(caller.key))
        usage = {"today": int(rows[0][-1]), "total": rows[0][-2]}
        return {**self._key.read(rows[0]), "usage": usage}


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "==")


def create_app(settings: Settings) -> Starlette:
    """Return the application."""
    return application(Store(settings))
