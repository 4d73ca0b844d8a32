"""Images that were uploaded without credentials are removed after a while, and no others."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core import clock
from core.errors import NoSuchRecord
from services.images import record_images
from tests.handlers.test_images import picture

LIFETIME = record_images.ANONYMOUS_LIFETIME
A_MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["file", "memory"], autouse=True)
def configured(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """Images in a folder of its own, and in memory."""
    record_images.configure("memory:" if request.param == "memory" else f"file:{tmp_path}/images")
    yield
    record_images.configure("memory:")


async def publish(name: str, *, anonymous: bool) -> None:
    """Store an image under this name."""
    await record_images.publish(picture(), name, replace=False, anonymous=anonymous)


async def _expire() -> None:
    await record_images.expire(clock.now() + LIFETIME + A_MINUTE)  # where there are none
    await publish("support-anonymous", anonymous=True)
    await publish("support-of-an-account", anonymous=False)
    await record_images.expire(clock.now() + LIFETIME - A_MINUTE)
    assert await record_images.exists("support-anonymous")
    await record_images.expire(clock.now() + LIFETIME + A_MINUTE)
    assert await record_images.exists("support-of-an-account")
    with pytest.raises(NoSuchRecord):
        await record_images.find("support-anonymous")


def test_anonymous_images_expire_after_their_lifetime() -> None:
    asyncio.run(_expire())
