"""Reference (b) on SQLite: `sqlite3` with hand-written SQL.

Reads on the event loop; writes on one thread that commits durably what waits together. Of the four ways tried (on
the loop or on a thread, each write by itself or together) this one is the fastest, and the only fair limit for ours,
which shares commits too.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar
from uuid import uuid4

import orjson

from bench.raw_shapes import (
    IMG,
    LIST_CURATED,
    LIST_PATTERNS,
    MEASIES,
    NAME,
    NOTES,
    READ_CURATED,
    READ_SET,
    Shapes,
)
from bench.raw_values import ACCOUNT_STANDING, KEY_STANDING, Cipher, Standing, dashed, hex_of, merge

_LIST_PATTERNS = LIST_PATTERNS.format(user_id="?")
_CREATE_SET = (
    "INSERT INTO sets (uuid, created_at, updated_at, img, imperial, name, notes, user_id, measies, public)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_UPDATE_SET = (
    "UPDATE sets SET updated_at = ?, imperial = ?, name = ?, notes = ?, measies = ?, public = ? WHERE id = ?"
)
_READ_KEY = (
    "SELECT k.key, k.level, k.expires_at, k.name, k.user_id, k.calls,"
    " (SELECT coalesce(sum(u.calls), 0) FROM usage_days u"
    " WHERE u.user_id = k.user_id AND u.at = ? AND u.key_id = k.id)"
    " FROM apikeys k WHERE k.key = ? AND k.removed_at IS NULL"
)
Result = TypeVar("Result")
Execute = Callable[..., sqlite3.Cursor]
MOST_TOGETHER = 64


class Writer:
    """The thread that writes. If a write fails, its whole batch is undone and told so."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[tuple[Callable[[Execute], Any], asyncio.Future[Any]] | None] = SimpleQueue()
        self._thread = Thread(target=self._run)
        self._thread.start()

    async def write(self, work: Callable[[Execute], Result]) -> Result:
        """What `work` returns, once it is durable."""
        done: asyncio.Future[Result] = self._loop.create_future()
        self._queue.put((work, done))
        return await done

    async def close(self) -> None:
        """Finish what waits."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        ending = False
        while not ending:
            taken = [self._queue.get()]
            while not self._queue.empty() and len(taken) < MOST_TOGETHER:
                taken.append(self._queue.get())
            ending = None in taken
            jobs = [job for job in taken if job is not None]
            outcomes = self._commit([work for work, _ in jobs])
            self._loop.call_soon_threadsafe(_tell, [done for _, done in jobs], outcomes)

    def _commit(self, works: list[Callable[[Execute], Any]]) -> list[Any]:
        try:
            self._execute("BEGIN IMMEDIATE")
            outcomes = [work(self._execute) for work in works]
            self._execute("COMMIT")
        except Exception as error:
            self._execute("ROLLBACK")
            return [error] * len(works)
        return outcomes


def _tell(waiting: list[asyncio.Future[Any]], outcomes: list[Any]) -> None:
    for done, outcome in zip(waiting, outcomes, strict=True):
        if done.done():
            continue
        if isinstance(outcome, Exception):
            done.set_exception(outcome)
        else:
            done.set_result(outcome)


class SqliteStore:
    """One connection to read and one to write: the driver prepares each statement once and keeps it."""

    def __init__(self, path: str, cipher: Cipher) -> None:
        self._path = path
        self._cipher = cipher
        self._shapes = Shapes(cipher, dashed, _iso)

    async def open(self) -> None:
        self._reading, self._writing = _connect(self._path), _connect(self._path)
        self._execute = self._reading.execute
        self._writer = Writer(self._writing)

    async def close(self) -> None:
        await self._writer.close()
        self._reading.close()
        self._writing.close()

    async def key_standing(self, key: str) -> Standing | None:
        row = self._execute(KEY_STANDING + "?", (hex_of(key),)).fetchone()
        if row is None:
            return None
        expired = row[3] is not None or row[2] <= _now()
        return Standing(row[0], row[1], expired, *row[4:])

    async def account_standing(self, user_id: int) -> Standing | None:
        row = self._execute(ACCOUNT_STANDING + "?", (user_id,)).fetchone()
        return Standing(user_id, 9, False, "", *row) if row is not None else None

    async def read_set(self, set_id: int) -> dict[str, Any] | None:
        return self._find_set(self._execute, set_id)

    def _find_set(self, execute: Execute, set_id: int) -> dict[str, Any] | None:
        row = execute(READ_SET + "?", (set_id,)).fetchone()
        return self._shapes.measurements_set(row) if row is not None else None

    async def create_set(self, owner: Standing, body: Mapping[str, Any]) -> dict[str, Any]:
        uuid, now, lock = uuid4().hex, _now(), self._cipher.lock
        row = (
            *(uuid, now, now, lock(b"default-avatar", IMG), body["imperial"], lock(body["name"].encode(), NAME)),
            *(lock(body["notes"].encode(), NOTES), owner.user_id, lock(orjson.dumps(body["measies"]), MEASIES)),
            body["public"],
        )
        return {
            "id": await self._writer.write(lambda execute: execute(_CREATE_SET, row).lastrowid),
            "uuid": dashed(uuid),
            "createdAt": _iso(now),
            "updatedAt": _iso(now),
            "img": "default-avatar",
            "userId": owner.user_id,
            "userUuid": dashed(owner.user_uuid),
            **body,
        }

    async def update_set(self, set_id: int, user_id: int, body: Mapping[str, Any]) -> dict[str, Any] | None:
        return await self._writer.write(lambda execute: self._change(execute, set_id, user_id, body))

    def _change(self, execute: Execute, set_id: int, user_id: int, body: Mapping[str, Any]) -> dict[str, Any] | None:
        shown = self._find_set(execute, set_id)
        if shown is None or shown["userId"] != user_id:
            return None
        now, lock = _now(), self._cipher.lock
        new = merge(shown, body)
        new["updatedAt"] = _iso(now)
        name, notes = lock(new["name"].encode(), NAME), lock(new["notes"].encode(), NOTES)
        measies = lock(orjson.dumps(new["measies"]), MEASIES)
        execute(_UPDATE_SET, (now, new["imperial"], name, notes, measies, new["public"], set_id))
        return new

    async def list_curated(self) -> list[dict[str, Any]]:
        return [self._shapes.curated_set(row) for row in self._execute(LIST_CURATED)]

    async def read_curated(self, set_id: int) -> dict[str, Any] | None:
        row = self._execute(READ_CURATED + "?", (set_id,)).fetchone()
        return self._shapes.curated_set(row) if row is not None else None

    async def list_patterns(self, user_id: int) -> list[dict[str, Any]]:
        return self._shapes.patterns(self._execute(_LIST_PATTERNS, (user_id,)).fetchall())

    async def read_key(self, key: str) -> dict[str, Any] | None:
        row = self._execute(_READ_KEY, (f"{datetime.now(UTC):%Y-%m-%d} 00:00:00.000000", hex_of(key))).fetchone()
        return self._shapes.api_key(row) if row is not None else None


def _connect(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _now() -> str:
    """The present as the tables hold it: `2026-01-31 12:00:00.123000`."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "000"


def _iso(text: str) -> str:
    return f"{text[:10]}T{text[11:23]}Z"
