"""Checks of what the server depends on, for `python cli.py check`. They leave nothing behind."""

import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from core.errors import ImageStoreUnavailable
from services.file_urls import folder_of
from services.images.store import EncodedImage, new_image_id, open_store
from services.mail import delivery
from settings import Settings

# The library takes 9 MB, which only those that use Redis need.
if TYPE_CHECKING:
    from redis.asyncio import Redis

OK, WARNING, FAILED = "ok", "warning", "failed"
# Seconds that two clocks may differ. Tokens of a server whose clock is ahead are valid if it is 60 s at most.
CLOSE, FAR = 2.0, 60.0
REDIS_SECONDS = 5.0
# The smallest content that the image store takes for an image.
_PNG = EncodedImage(b"\x89PNG\r\n\x1a\n", "image/png")


class Finding(NamedTuple):
    """What a check found: OK, WARNING or FAILED, the setting to change (if any), and a sentence."""

    state: str
    check: str
    setting: str
    detail: str


class Clock(NamedTuple):
    """How far another clock is ahead of ours, in seconds, and how much of that may be the time of asking it."""

    name: str
    ahead: float
    uncertain: float


async def ask_clock(name: str, ask: Callable[[], Awaitable[float]]) -> Clock:
    """Compare a clock, which is asked for seconds since the epoch, with that of this machine."""
    begin = time.time()
    there = await ask()
    end = time.time()
    return Clock(name, there - (begin + end) / 2, (end - begin) / 2)


def clocks(found: list[Clock]) -> list[Finding]:
    """Return what the comparison of clocks means."""
    if not found:
        return [Finding(OK, "clock", "", "there is no other machine's clock to compare with")]
    return [_clock(one) for one in found]


def _clock(clock: Clock) -> Finding:
    difference = max(0.0, abs(clock.ahead) - clock.uncertain)
    state = OK if difference <= CLOSE else WARNING if difference <= FAR else FAILED
    if difference <= CLOSE:
        return Finding(OK, "clock", "", f"agrees with that of {clock.name}")
    direction = "behind" if clock.ahead > 0 else "ahead of"
    return Finding(
        state, "clock", "", f"is {difference:.0f} s {direction} that of {clock.name}: synchronize both (NTP)"
    )


async def redis(settings: Settings) -> tuple[Finding, Clock | None]:
    """Write to Redis as limits do, and compare its clock."""
    if not settings.redis_url:
        return _without_redis(settings), None
    from redis.asyncio import Redis
    from redis.exceptions import AuthenticationError, RedisError, ResponseError

    try:
        async with Redis.from_url(
            settings.redis_url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
        ) as client:
            key = f"freesewing:check:{uuid4()}"
            await client.set(key, 1, ex=10)
            await client.delete(key)
            clock = await ask_clock("Redis", lambda: _redis_time(client))
    except AuthenticationError:
        return _no_redis("Redis rejects the user or the password"), None
    except ResponseError as error:
        return _no_redis(f"Redis rejects the database or a write: {error}"), None
    except (RedisError, OSError, TimeoutError) as error:
        return _no_redis(f"Redis cannot be reached ({type(error).__name__})"), None
    return Finding(OK, "redis", "", "can be written to"), clock


async def _redis_time(client: "Redis") -> float:
    seconds, microseconds = await client.time()
    return seconds + microseconds / 1_000_000


def _no_redis(detail: str) -> Finding:
    return Finding(FAILED, "redis", "FREESEWING_REDIS_URL", detail)


def _without_redis(settings: Settings) -> Finding:
    if settings.workers > 1 and settings.limits == "on":
        detail = f"is not set: each of the {settings.workers} workers limits by itself"
        return Finding(WARNING, "redis", "FREESEWING_REDIS_URL", detail)
    return Finding(OK, "redis", "", "is not used: one process limits by itself")


async def mail(settings: Settings) -> Finding:
    """Sign in at the mail server, or write to the folder of mails. No mail is sent."""
    target = delivery.destination(settings.mail_url)
    if isinstance(target, delivery.Folder):
        return _folder("mail", "FREESEWING_MAIL_URL", target.path)
    try:
        await delivery.sign_in(target)
    except delivery.DeliveryFailed as failure:
        return Finding(FAILED, "mail", "FREESEWING_MAIL_URL", failure.detail)
    signed_in = "accepts the user and the password" if target.username else "answers; no user is set"
    return Finding(OK, "mail", "", f"{target.host} {signed_in}")


async def images(settings: Settings) -> Finding:
    """Write an image to the store, read it, and remove it."""
    name, setting = "images", "FREESEWING_IMAGES_URL"
    folder = folder_of(settings.images_url)
    if folder is not None and not folder.is_dir():
        return _folder(name, setting, folder)
    image_id = new_image_id("check")
    try:
        store = open_store(settings.images_url)
        # Without `replace`: the server needs conditional writes, too.
        await store.put(image_id, _PNG, replace=False)
        found = await store.get(image_id)
        await store.remove(image_id)
    except ValueError as unusable:
        return Finding(FAILED, name, setting, str(unusable))
    except ImageStoreUnavailable as failure:
        reason = type(failure.__cause__).__name__
        return Finding(FAILED, name, setting, f"the store rejects writing, reading or removing an image ({reason})")
    if found is None or found.content != _PNG.content:
        return Finding(FAILED, name, setting, "the store does not return the image that was written")
    return Finding(OK, name, "", "an image was written, read and removed")


def _folder(check: str, setting: str, folder: Path) -> Finding:
    """Whether files can be written to a folder, which the server makes if it is missing."""
    there = folder.absolute()
    while not there.exists():
        there = there.parent
    try:
        if there == folder.absolute():
            with tempfile.TemporaryFile(dir=there):
                return Finding(OK, check, "", f"{folder} can be written to")
    except OSError as error:
        return Finding(FAILED, check, setting, f"{folder} cannot be written to: {error.strerror}")
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return Finding(WARNING, check, setting, f"{folder} does not exist; the server makes it")
    return Finding(FAILED, check, setting, f"{folder} does not exist, and cannot be made in {there}")
