"""The services of an application, without a server, on any storage or a stub of one."""

from typing import Any, cast

import settings
from services import container
from services.container import Services
from storage.database import Storage


def services_on(storage: object = None, **given: Any) -> Services:
    """Build services on this storage, without limits and with images in memory."""
    options = {"limits": "off", "images_url": "memory:", "secret_key": "s" * 43, **given}
    return container.of(settings.load(**options), cast(Storage, storage))
