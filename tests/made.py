"""The services of an application that nobody serves, on any storage."""

from typing import Any, cast

import settings
from services import container
from services.container import Services
from storage.database import Storage


def services_on(storage: object = None, **given: Any) -> Services:
    """Make services on this storage, or on a stand-in for one: no limits, images in memory."""
    options = {"limits": "off", "images_url": "memory:", "secret_key": "s" * 43, **given}
    return container.of(settings.load(**options), cast(Storage, storage))
