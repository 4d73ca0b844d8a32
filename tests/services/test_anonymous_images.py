"""Images that were uploaded without credentials are removed after a while, and no others."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from core import clock
from core.errors import NoSuchRecord
from services.images import record_images
from services.images.record_images import Images
from tests.handlers.test_images import image
from tests.service_container import services_on

LIFETIME = record_images.ANONYMOUS_LIFETIME
A_MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["file", "memory"])
def images(request: pytest.FixtureRequest, tmp_path: Path) -> Images:
    """Images in a folder of its own, and in memory."""
    return services_on(images_url="memory:" if request.param == "memory" else f"file:{tmp_path}/images").images


async def publish(images: Images, name: str, *, anonymous: bool) -> None:
    """Store an image under this name."""
    await images.publish(image(), name, replace=False, anonymous=anonymous)


async def _expire(images: Images) -> None:
    await images.expire(clock.now() + LIFETIME + A_MINUTE)  # where there are none
    await publish(images, "support-anonymous", anonymous=True)
    await publish(images, "support-of-an-account", anonymous=False)
    await images.expire(clock.now() + LIFETIME - A_MINUTE)
    assert await images.exists("support-anonymous")
    await images.expire(clock.now() + LIFETIME + A_MINUTE)
    assert await images.exists("support-of-an-account")
    with pytest.raises(NoSuchRecord):
        await images.find("support-anonymous")


def test_anonymous_images_expire_after_their_lifetime(images: Images) -> None:
    asyncio.run(_expire(images))
