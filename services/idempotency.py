"""Idempotency keys: the first request with a key is executed, and its repeats get the stored response.

All state is in the database: a repeat may reach another instance, or this one after a crash.
"""

import asyncio
import hmac
import json
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from core import clock
from core.errors import AnswerLost, InsufficientLevel, KeyInUse, KeyReused, StorageUnavailable
from services.background import Background
from storage import idempotency
from storage.database import Storage
from storage.idempotency import KeyState

LONGEST_WAIT = 5.0
"""Seconds that a repeat waits for the first request, before it gets 409 with Retry-After."""

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.4
PRUNING_SECONDS = 60.0
# Bytes: hashing more would block the event loop noticeably.
LARGE = 100_000
log = logging.getLogger(__name__)

# In the headers of a response that may contain a secret.
NO_STORE = (b"cache-control", b"no-store")


@dataclass(frozen=True, slots=True)
class Requester:
    """The caller who sends a key: the account (None without credentials) and access level; the administrator who
    impersonates the account, if any; and a name of the credential.
    """

    user_id: int | None
    level: int
    by: int | None = None
    credential: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The stored response to the first request; `body` is text in UTF-8."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    replayed: bool = False


class Idempotency:
    """Idempotency keys of one application."""

    def __init__(self, storage: Storage, background: Background, key: bytes) -> None:
        """`key` is that of the fingerprints, the same in every instance."""
        self._storage, self._background, self._key = storage, background, key

    async def once(
        self,
        key: str,
        requester: Requester,
        operation: str,
        arguments: dict[str, Any],
        carry_out: Callable[[], Awaitable[Answer]],
    ) -> Answer:
        """The answer of `carry_out`, which is called unless a request with this key was already answered with
        success.

        Raises KeyReused, KeyInUse, AnswerLost, InsufficientLevel, StorageUnavailable, and what `carry_out` raises.
        """
        # Keys of an impersonating administrator are not those of the owner, and their answers never meet.
        whose = requester.user_id if requester.by is None else [requester.user_id, requester.by]
        key_id = sha256(orjson.dumps([whose, operation, key])).hexdigest()
        attempt = clock.new_uuid()
        fingerprint = await self.fingerprint_of(key_id, key, arguments)
        kept = await self._reserved(key_id, requester.user_id, fingerprint, attempt)
        if kept is not None:
            return _replayed(kept, requester)
        try:
            with self._storage.with_first_write(
                partial(idempotency.mark_carried_out, key_id=key_id, attempt=attempt)
            ):
                answer = await carry_out()
        except Exception:
            await self._release(key_id, attempt)
            raise
        if 200 <= answer.status < 300:
            await self._keep(key_id, attempt, answer, requester)
        else:
            await self._release(key_id, attempt)
        return answer

    async def fingerprint_of(self, key_id: str, key: str, arguments: dict[str, Any]) -> str:
        """Return a keyed hash of a request. The key of the server is part of it: a stored one reveals no body."""
        try:
            canonical = orjson.dumps([key_id, key, arguments], default=_text_of, option=orjson.OPT_SORT_KEYS)
        except TypeError:
            # An integer of more than 64 bits. Whether there is one is the body's: the same takes the same way.
            canonical = await asyncio.to_thread(_canonical_with_large_integers, [key_id, key, arguments])
        if len(canonical) > LARGE:
            return (await asyncio.to_thread(hmac.digest, self._key, canonical, sha256)).hex()
        return hmac.digest(self._key, canonical, sha256).hex()

    async def _reserved(
        self, key_id: str, user_id: int | None, fingerprint: str, attempt: UUID
    ) -> dict[str, Any] | None:
        """None once the key is this attempt's; else the answer that was kept."""
        end = time.monotonic() + LONGEST_WAIT
        pause = FIRST_PAUSE
        while True:
            found = await self._storage.write(
                idempotency.reserve,
                key_id,
                user_id=user_id,
                fingerprint=fingerprint,
                attempt=attempt,
                now=clock.now(),
            )
            if found.state is KeyState.OTHER_REQUEST:
                raise KeyReused("The idempotency key was used with another path, other parameters or another body.")
            if found.state is KeyState.ANSWER_LOST:
                raise AnswerLost(
                    "The request was carried out, but its response is lost. Look for the record that it created."
                )
            if found.state is not KeyState.IN_USE:
                return found.answer
            if time.monotonic() + pause > end:
                raise KeyInUse("The first request with this idempotency key is in progress.")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _keep(self, key_id: str, attempt: UUID, answer: Answer, requester: Requester) -> None:
        kept = {
            "level": requester.level,
            "status": answer.status,
            "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in answer.headers],
            "body": answer.body.decode(),
        }
        if NO_STORE in answer.headers:
            kept["credential"] = requester.credential
        try:
            await self._storage.write(idempotency.keep, key_id, attempt, kept)
        except StorageUnavailable as error:
            # The request was executed, and its caller gets the response. A repeat will get `idempotencyAnswerLost`.
            log.warning("an answer could not be kept: %s", error.detail)

    async def _release(self, key_id: str, attempt: UUID) -> None:
        try:
            await self._storage.write(idempotency.release, key_id, attempt, clock.now())
        except StorageUnavailable as error:
            log.warning("a key is free only after its lease: %s", error.detail)

    async def run(self) -> None:
        """Prune expired keys once a minute, until cancelled."""
        await self._background.repeat(self._prune, seconds=PRUNING_SECONDS, what="removing old idempotency keys")

    async def _prune(self) -> None:
        await self._storage.write(idempotency.prune, clock.now())


def _text_of(file: bytes) -> str:
    """A file's bytes as text, each as a character."""
    return file.decode("latin-1")


def _canonical_with_large_integers(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _replayed(kept: dict[str, Any], requester: Requester) -> Answer:
    if requester.level < kept["level"]:
        # It may hold what the present credentials could not have asked for: the secret of a stronger key.
        raise InsufficientLevel(
            f"The first request had level {kept['level']}; these credentials have {requester.level}."
        )
    if kept.get("credential", requester.credential) != requester.credential:
        # It may hold a secret, which other credentials could not have asked for, or not for so long.
        raise InsufficientLevel("This response may have a secret. It is returned again only to the same credentials.")
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept["headers"]]
    return Answer(kept["status"], headers, kept["body"].encode(), replayed=True)
